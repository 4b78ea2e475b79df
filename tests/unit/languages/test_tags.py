import pytest

from alignment.languages.tags import Tag, parse


def parsed(spelling: str) -> Tag:
    tag = parse(spelling)
    assert tag is not None
    return tag


@pytest.mark.parametrize(
    ("spelling", "language", "script", "region"),
    [
        ("zh_Hant_TW", "zh", "Hant", "TW"),
        ("zh-TW", "zh", "Hant", "TW"),
        ("zh_cn", "zh", "Hans", "CN"),
        ("cmn_hans_cn", "cmn", "Hans", "CN"),
        ("sr_RS.UTF-8@latin", "sr", "Latn", "RS"),
        ("sr@Latn", "sr", "Latn", None),
        ("b+sr+Latn", "sr", "Latn", None),
        ("zh-rTW", "zh", "Hant", "TW"),
        ("uz@cyrillic", "uz", "Cyrl", None),
        ("de@euro", "de", "Latn", None),
        ("GER", "de", "Latn", None),
        ("bat-smg", "sgs", "Latn", None),
        ("zh-classical", "lzh", "Hans", None),
        ("jpn_Jpan", "ja", "Jpan", None),
        ("fa_AF", "prs", "Arab", None),
        ("azb", "azb", "Arab", None),
        ("tok", "tok", "Latn", None),
        ("kxh", "kxh", None, None),
    ],
)
def test_parse(spelling: str, language: str, script: str | None, region: str | None) -> None:
    tag = parsed(spelling)
    assert (tag.language, tag.script, tag.region) == (language, script, region)


@pytest.mark.parametrize(
    ("spelling", "variants"),
    [
        ("ca@valencia", {"valencia"}),
        ("ca_valencia", {"valencia"}),
        ("be-x-old", {"tarask"}),
        ("sr@ijekavianlatin", {"ijekavsk"}),
        ("simple", {"simple"}),
        ("de@euro", set()),
    ],
)
def test_variants(spelling: str, variants: set[str]) -> None:
    assert parsed(spelling).variants == variants


@pytest.mark.parametrize(
    "spelling",
    ["", " ", "English", "Norwegian (Bokmal)", "ze_en", "x-test", "qqq", "und", "en_XA", "a", "@x"],
)
def test_what_is_no_language_code(spelling: str) -> None:
    assert parse(spelling) is None
