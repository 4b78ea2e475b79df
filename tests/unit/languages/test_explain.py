import pytest

from alignment import languages


@pytest.mark.parametrize(
    ("wanted", "offered", "doubt"),
    [
        ("pt-BR", {"pt", "pt_BR"}, None),
        ("zh", {"zh_CN", "zh_TW"}, None),
        ("cy", {"fi"}, None),
        ("pt-PT", {"pt_BR"}, "pt_BR is read for pt-PT"),
        ("ca", {"ca@valencia"}, "ca@valencia is read for ca"),
        ("es", {"es_AR", "es_MX"}, "es_MX is read for es; es_AR is as near and left out"),
        ("fi", {"fin", "FIN"}, "FIN is read for fi; fin is as near and left out"),
        ("als", {"als", "de"}, "its als probably is gsw (Swiss German), as in Wikipedia"),
    ],
)
def test_doubt(wanted: str, offered: set[str], doubt: str | None) -> None:
    assert languages.doubt(wanted, frozenset(offered)) == doubt


@pytest.mark.parametrize(
    ("wanted", "offered", "reason"),
    [
        ("cy", {"fi", "*"}, None),
        ("zh", {"zh_TW"}, "zh_TW is in another script (Hant): configure zh-TW"),
        ("sr-Latn", {"sr"}, "sr is in another script (Cyrl): configure sr-Cyrl"),
        ("uz", {"uz@cyrillic"}, "uz@cyrillic is in another script (Cyrl): configure uz-Cyrl"),
        ("sq", {"als", "de"}, "als is Swiss German here, as in Wikipedia"),
        ("ar", {"arz"}, "arz is Egyptian Arabic, another language"),
        ("nb", {"English"}, None),
        (
            "kxh",
            {"kxh_Ethi", "kxh_Latn"},
            "kxh_Ethi, kxh_Latn are in different scripts: configure one of them",
        ),
    ],
)
def test_absence(wanted: str, offered: set[str], reason: str | None) -> None:
    assert languages.absence(wanted, frozenset(offered)) == reason


def test_absence_because_of_another_language() -> None:
    reason = languages.absence("pt", frozenset({"pt_BR"}), frozenset({"pt-BR"}))
    assert reason == "pt_BR is read for another language of the configuration"


@pytest.mark.parametrize(
    ("offered", "sentence"),
    [
        ({"de", "zho_Hans"}, None),
        ({"English", "de"}, "'English' is no language code"),
        ({"Norsk", "x-test"}, "'Norsk', 'x-test' are no language codes"),
    ],
)
def test_unreadable(offered: set[str], sentence: str | None) -> None:
    assert languages.unreadable(frozenset(offered)) == sentence
