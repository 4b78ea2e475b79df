import pytest

from alignment import languages


@pytest.mark.parametrize(
    ("code", "expected"),
    [("cy", "cy"), ("pt_br", "pt-BR"), ("iw", "he"), ("ZH-hant", "zh-Hant"), ("eng", "en")],
)
def test_canonical(code: str, expected: str) -> None:
    assert languages.canonical(code) == expected


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("e", "'e' is not a BCP-47 language code"),
        ("qqx1", "'qqx1' is not a known language code"),
        ("welsh", "did you mean 'cy'"),
        ("", "'' is not a"),
    ],
)
def test_unknown_code(code: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        languages.canonical(code)


@pytest.mark.parametrize(
    ("wanted", "offered", "best"),
    [
        ("he", {"he_IL", "en"}, "he_IL"),
        ("he", {"he_IL", "he"}, "he"),
        ("fi", {"fin", "est"}, "fin"),
        ("lv", {"lvs"}, "lvs"),
        ("pt", {"pt_BR", "pt"}, "pt"),
        ("zh-Hant", {"zh_Hans"}, None),
        ("sr-Latn", {"sr"}, None),
        ("cy", {"en", "ga"}, None),
        ("nb", {"no"}, "no"),
        ("cy", {"not a code", "cym"}, "cym"),
        ("cy", set(), None),
    ],
)
def test_best_match(wanted: str, offered: set[str], best: str | None) -> None:
    assert languages.best_match(wanted, frozenset(offered)) == best


@pytest.mark.parametrize(
    ("first", "second", "other"),
    [("en", "cy", "cy"), ("cym", "eng", "cym"), ("cy", "fi", None), ("en_GB", "cy", "cy")],
)
def test_non_pivot_side(first: str, second: str, other: str | None) -> None:
    assert languages.non_pivot_side("en", first, second) == other


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("zh", "cmn", True),
        ("zh", "zh-Hans", True),
        ("no", "nb", True),
        ("pt", "pt-BR", True),
        ("zh", "zh-Hant", False),
        ("no", "nn", False),
    ],
)
def test_language_and_script(first: str, second: str, same: bool) -> None:
    equal = languages.language_and_script(first) == languages.language_and_script(second)
    assert equal is same


def test_name() -> None:
    assert languages.name("cy") == "Welsh"


@pytest.mark.parametrize(
    ("code", "expected"), [("ja", True), ("th", True), ("zh", True), ("ko", False), ("en", False)]
)
def test_spaceless(code: str, expected: bool) -> None:
    assert languages.spaceless(code) is expected
