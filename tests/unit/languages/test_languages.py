import pytest

from alignment import languages


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("cy", "cy"),
        ("pt_br", "pt-BR"),
        ("iw", "he"),
        ("ZH-hant", "zh-Hant"),
        ("eng", "en"),
        ("sr@latin", "sr-Latn"),
        ("ca@valencia", "ca-valencia"),
        ("zh-min-nan", "nan"),
        ("roa-rup", "rup"),
        ("de_DE.UTF-8", "de-DE"),
        ("pt-rBR", "pt-BR"),
    ],
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
        ("pt-BR", {"pt", "pt_BR"}, "pt_BR"),
        ("pt-PT", {"pt", "pt_BR"}, "pt"),
        ("pt-BR", {"PT-br", "pt_BR", "pt-BR"}, "pt-BR"),
        ("no", {"nb", "no"}, "no"),
        ("nb", {"nn", "no"}, "no"),
        ("nn", {"nb", "no"}, None),
        ("zh", {"cmn", "zh"}, "zh"),
        ("zh", {"cmn", "zho"}, "zho"),
        ("zh", {"zh_TW", "zh_CN"}, "zh_CN"),
        ("zh", {"ze_zh", "ze_en"}, None),
        ("zh-TW", {"zh_HK", "zh-Hant"}, "zh-Hant"),
        ("sr-Latn", {"sr_Latn", "sh"}, "sr_Latn"),
        ("sr-Latn", {"sh", "sr"}, "sh"),
        ("sr-Latn", {"sr@latin", "sr"}, "sr@latin"),
        ("sr-Latn", {"sr-el", "sr-ec"}, "sr-el"),
        ("uz-Cyrl", {"uz", "uz@cyrillic"}, "uz@cyrillic"),
        ("uz", {"uz@cyrillic"}, None),
        ("ca", {"ca@valencia", "ca"}, "ca"),
        ("be-tarask", {"be", "be-x-old"}, "be-x-old"),
        ("fil", {"tgl_Latn"}, "tgl_Latn"),
        ("ko", {"kor_Hang"}, "kor_Hang"),
        ("azb", {"azb_Arab", "azj_Latn"}, "azb_Arab"),
        ("az", {"azb_Arab"}, None),
        ("ar", {"arb", "ar_EG"}, "arb"),
        ("ar", {"arz", "ary"}, None),
        ("fa", {"prs", "pes"}, "pes"),
        ("fa", {"prs_Arab"}, None),
        ("fa-AF", {"pes", "prs"}, "prs"),
        ("tw", {"aka", "twi"}, "twi"),
        ("mnk", {"emk"}, None),
        ("en", {"simple", "en_GB"}, "en_GB"),
        ("en", {"en_XA", "en@piglatin", "en_UD"}, None),
        ("nap", {"roa-tara"}, None),
        ("es", {"es_AR", "es_MX", "es_CR"}, "es_MX"),
        ("ar", {"ar_SY", "ar_EG", "ar_TN"}, "ar_EG"),
        ("nan", {"zh-min-nan", "zh"}, "zh-min-nan"),
        ("ja", {"jp"}, "jp"),
        ("el", {"gre"}, "gre"),
    ],
)
def test_best_match(wanted: str, offered: set[str], best: str | None) -> None:
    assert languages.best_match(wanted, frozenset(offered)) == best


@pytest.mark.parametrize(
    ("wanted", "offered", "best"),
    [
        ("sq", {"als", "sq"}, "sq"),
        ("sq", {"als_Latn", "eng_Latn"}, "als_Latn"),
        ("sq", {"als", "deu", "fra"}, "als"),
        ("sq", {"als", "de", "fr"}, None),
        ("sq", {"als", "de", "gsw"}, "als"),
        ("gsw", {"als", "de", "sq"}, "als"),
        ("gsw", {"als", "deu", "sqi"}, None),
        ("nrf", {"nrm", "fr"}, "nrm"),
        ("nrf", {"nrm", "fra"}, None),
    ],
)
def test_a_code_with_two_meanings(wanted: str, offered: set[str], best: str | None) -> None:
    assert languages.best_match(wanted, frozenset(offered)) == best


def test_a_language_whose_likely_script_is_that_of_inscriptions() -> None:
    assert languages.script("grc") == "Grek"
    assert languages.best_match("grc", frozenset({"grc_Grek"})) == "grc_Grek"


def test_an_unknown_script_may_be_any_but_not_two() -> None:
    assert languages.best_match("kxh", frozenset({"kxh_Ethi"})) == "kxh_Ethi"
    assert languages.best_match("kxh", frozenset({"kxh_Ethi", "kxh_Latn"})) is None
    assert languages.best_match("kxh", frozenset({"kxh", "kxh_Latn"})) == "kxh"


@pytest.mark.parametrize(
    ("wanted", "others", "best"),
    [
        ("pt", {"pt-BR"}, None),
        ("pt", {"pt-BR", "pt"}, None),
        ("pt", {"fi"}, "pt_BR"),
        ("pt-BR", {"pt"}, "pt_BR"),
    ],
)
def test_what_is_nearer_to_another_language(
    wanted: str, others: set[str], best: str | None
) -> None:
    offered = frozenset({"pt_BR", "fi"})
    assert languages.best_match(wanted, offered, frozenset(others)) == best


def test_another_language_leaves_what_it_does_not_need() -> None:
    offered = frozenset({"pt", "pt_BR"})
    both = frozenset({"pt-PT", "pt-BR"})
    assert languages.best_match("pt-PT", offered, both) == "pt"
    assert languages.best_match("pt-BR", offered, both) == "pt_BR"


COLUMN = frozenset({"de", "DE", "de-DE", "ger", "de-AT", "fr", "pt", "pt-BR", "PT_br", "Deutsch"})


@pytest.mark.parametrize(
    ("wanted", "others", "spellings"),
    [
        ("de", set(), {"de", "DE", "de-DE", "ger", "de-AT"}),
        ("de", {"de-AT"}, {"de", "DE", "de-DE", "ger"}),
        ("de-CH", set(), {"de", "DE", "ger"}),
        ("pt", set(), {"pt", "pt-BR", "PT_br"}),
        ("pt", {"pt-BR"}, {"pt"}),
        ("pt-BR", {"pt"}, {"pt-BR", "PT_br"}),
        ("pt-PT", {"pt-BR"}, {"pt"}),
        ("es", set(), set()),
    ],
)
def test_spellings_of(wanted: str, others: set[str], spellings: set[str]) -> None:
    assert languages.spellings_of(wanted, COLUMN, frozenset(others)) == spellings


@pytest.mark.parametrize(
    ("first", "second", "other"),
    [
        ("en", "cy", "cy"),
        ("cym", "eng", "cym"),
        ("cy", "fi", None),
        ("en_GB", "cy", "cy"),
        ("en_GB", "en", "en_GB"),
    ],
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
    ("code", "expected"),
    [
        ("ja", True),
        ("th", True),
        ("zh", True),
        ("ko", False),
        ("en", False),
        ("dz", True),
        ("yue", True),
        ("azb", False),
    ],
)
def test_spaceless(code: str, expected: bool) -> None:
    assert languages.spaceless(code) is expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("azb", {"Arab"}),
        ("xal", {"Cyrl"}),
        ("crh", {"Cyrl", "Latn"}),
        ("crh-Latn", {"Latn"}),
        ("kmr", {"Latn", "Arab", "Cyrl"}),
        ("ms", {"Latn", "Arab"}),
        ("cnr", {"Latn", "Cyrl"}),
        ("azj", {"Latn", "Cyrl"}),
        ("pa-PK", {"Arab", "Guru"}),
        ("grc", {"Grek", "Cprt"}),  # CLDR names the script of inscriptions only
        ("non", {"Latn", "Runr"}),
        ("mww", {"Latn", "Hmng", "Hmnp"}),
        ("qya", set()),
    ],
)
def test_scripts(code: str, expected: set[str]) -> None:
    assert expected <= languages.scripts(code)
    assert bool(languages.scripts(code)) is bool(expected)


@pytest.mark.parametrize(
    ("spelling", "offered", "code"),
    [
        ("pt_br", {"pt_br"}, "pt-BR"),
        ("als", {"als", "de"}, "gsw"),
        ("als", {"als", "deu"}, "als"),
        ("English", {"English"}, None),
        ("cb", {"cb"}, None),
    ],
)
def test_code_of(spelling: str, offered: set[str], code: str | None) -> None:
    assert languages.code_of(spelling, frozenset(offered)) == code


@pytest.mark.parametrize(
    ("code", "named", "plain"),
    [
        ("sr-Latn", True, "sr"),
        ("zho_Hans", True, "zh"),
        ("zh-TW", False, "zh"),
        ("fi", False, "fi"),
    ],
)
def test_names_script(code: str, named: bool, plain: str) -> None:
    assert languages.names_script(code) is named
    assert languages.without_script(code) == plain
