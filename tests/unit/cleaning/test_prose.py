import pytest

from alignment.cleaning.prose import without_markup, without_names


@pytest.mark.parametrize(
    ("text", "prose"),
    [
        ("包含 %(name)s 的 {count} 个", "包含 的 个"),
        ("请 <strong>保存</strong> 页面", "请 保存 页面"),
        ("参见 https://example.org/a?b=c 的页面", "参见 的页面"),
        ("请访问https://example.org。谢谢", "请访问 。谢谢"),
        ("写信给 someone@example.org 吧", "写信给 吧"),
        ("运行 `pip install foo` 命令", "运行 命令"),
        ("运行 <code>make all</code> 命令", "运行 命令"),
        ("见www.example.org 页", "见 页"),
        ("nothing to remove", "nothing to remove"),
    ],
)
def test_without_markup(text: str, prose: str) -> None:
    assert " ".join(without_markup(text).split()) == prose


@pytest.mark.parametrize(
    ("text", "translation", "prose"),
    [
        ("用 Firefox 打开", "Open in Firefox", "用 打开"),
        ("用 firefox 打开", "Open in Firefox", "用 firefox 打开"),
        ("Save the 页面", "Save the page", "the 页面"),
        ("下载 PDF 和 MP3 文件", "Download", "下载 和 文件"),
        ("编辑 settings.py 和 a_b", "Edit", "编辑 和"),
        ("使用 --verbose 选项", "Use", "使用 选项"),
        ("登录 GitHub 或 iPhone", "Log in", "登录 或"),
        ("well-known", "", "well-known"),
    ],
)
def test_without_names(text: str, translation: str, prose: str) -> None:
    assert " ".join(without_names(text, translation).split()) == prose
