import pytest

from alignment.cleaning import columns
from alignment.cleaning.batch import Context
from alignment.cleaning.scripts import script_share, scripts_of
from tests.unit.cleaning.rows import cleaned, row


@pytest.mark.parametrize(
    ("language", "scripts"),
    [
        ("fi", {"Latn"}),
        ("ja", {"Hani", "Hira", "Kana"}),
        ("sr", {"Cyrl", "Latn"}),
        ("sr-Latn", {"Latn"}),
        ("uz", {"Latn", "Cyrl"}),
        ("zh-Hans", {"Hani", "Bopo"}),
    ],
)
def test_scripts_of(language: str, scripts: set[str]) -> None:
    assert scripts_of(language) == scripts


@pytest.mark.parametrize(
    ("text", "language", "share"),
    [
        ("hello", "fi", 1.0),
        ("helло", "fi", 0.6),
        ("где", "fi", 0.0),
        ("12 ?!", "fi", 1.0),  # no letters
        ("\U00020001漢", "ja", 1.0),  # a rare ideograph, past the table
        ("où", "xx", 1.0),  # CLDR does not know the language
        ("где", "kxh", 1.0),
        ("где", "nog", 1.0),
        ("where", "nog", 0.0),
        ("包含 %(model_name)s", "zh", 1.0),
        ("%(model_name)s", "zh", 1.0),  # no letters
        ("FILE NOT FOUND", "zh", 0.0),  # nothing but abbreviations is text
    ],
)
def test_script_share(text: str, language: str, share: float) -> None:
    assert script_share(columns.from_strings([text]), language).tolist() == pytest.approx([share])


def test_names_that_both_sides_have_do_not_count() -> None:
    texts = columns.from_strings(["使用 Kubernetes 吧", "使用 Kubernetes 吧", "Save the 页"])
    translations = columns.from_strings(["Use Kubernetes", "Use it", "Save the page"])
    shares = script_share(texts, "zh", translations)
    assert shares.tolist() == pytest.approx([1.0, 3 / 13, 1 / 4])


@pytest.mark.parametrize(
    ("language", "target"),
    [
        ("ja", "ニュースを見る"),
        ("ko", "뉴스를 봅니다"),
        ("sr", "Sačuvaj stranicu"),
        ("sr", "Сачувај страницу"),
        ("hi", "\u0915\u093e\u0928"),
    ],
    ids=["Japanese", "Korean", "Serbian in Latin", "Serbian in Cyrillic", "Hindi"],
)
def test_text_in_its_own_script_is_kept(language: str, target: str) -> None:
    assert cleaned([row("See the news", target)], context=Context("en", language))[0]
