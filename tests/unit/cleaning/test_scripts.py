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
    ],
)
def test_script_share(text: str, language: str, share: float) -> None:
    assert script_share(columns.from_strings([text]), language).tolist() == pytest.approx([share])


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
