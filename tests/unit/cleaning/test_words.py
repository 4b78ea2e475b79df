import pytest

from alignment.cleaning import columns
from alignment.cleaning.batch import Context
from alignment.cleaning.words import count_words
from tests.unit.cleaning.rows import cleaned, row


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("hello", 1),
        ("hello, world", 2),
        ("여기서 이십 년 살았다", 4),
        ("你好。", 1),
        ("保存页面", 3),
        ("使用 GitHub 登录", 4),
        ("\U00020001\U00020002\U00020003", 2),  # rare ideographs, past the table
        ("12:30", 1),
        ("English, then 日本語です", 5),
    ],
)
def test_count_words(text: str, words: int) -> None:
    assert count_words(columns.from_strings(["x", text, "x y"])).tolist() == [1, words, 2]


@pytest.mark.parametrize(
    ("language", "text", "least", "most"),
    [
        ("ja", "一番近い駅はどこですか。", 4, 8),
        ("zh", "我们明天早上九点开会讨论这个问题。", 8, 12),
        ("th", "เด็กๆ กำลังเล่นอยู่ข้างนอก", 4, 8),
        ("lo", "ເດັກນ້ອຍກຳລັງຫຼິ້ນຢູ່ຂ້າງນອກ", 3, 8),
        ("km", "ក្មេងៗកំពុងលេងនៅខាងក្រៅ", 4, 8),
        ("my", "ကလေးများ အပြင်မှာ ကစားနေကြသည်။", 4, 9),
        ("bo", "བྱིས་པ་ཚོ་ཕྱི་ལོགས་ལ་རྩེད་མོ་རྩེ་གི་འདུག", 5, 12),
        ("ii", "ꀉꂿꊈꆪꌠꊇꐯꂷ", 4, 7),
    ],
)
def test_scripts_without_spaces(language: str, text: str, least: int, most: int) -> None:
    assert least <= count_words(columns.from_strings([text]))[0] <= most
    kept, _ = cleaned([row(text, "The children are playing outside")], context=Context(language))
    assert kept


def test_a_single_word_is_too_few() -> None:
    _, dropped = cleaned([row("你好", "Hello there, friend")], context=Context("zh", "en"))
    assert dropped["too_few_words"] == 1
