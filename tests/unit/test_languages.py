import pytest

from alignment import languages


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
    ],
)
def test_best_match(wanted: str, offered: set[str], best: str | None) -> None:
    assert languages.best_match(wanted, frozenset(offered)) == best


def test_names_and_scripts() -> None:
    assert languages.name("cy") == "Welsh"
    assert languages.spaceless("ja") and languages.spaceless("th") and not languages.spaceless("ko")
