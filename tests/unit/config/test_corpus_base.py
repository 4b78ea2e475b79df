import pytest

from alignment.config.corpus_base import CorpusBase, LanguageChoice, name_from_location


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (LanguageChoice(), {"cy", "fi", "pt-BR"}),
        (LanguageChoice(include=("cy", "pt_br")), {"cy", "pt-BR"}),
        (LanguageChoice(exclude=("cy",)), {"fi", "pt-BR"}),
        (LanguageChoice(include=("cy", "fi"), exclude=("fi",)), {"cy"}),
        (LanguageChoice(include=()), set()),
    ],
    ids=["all", "include", "exclude", "both", "none"],
)
def test_language_choice(choice: LanguageChoice, expected: set[str]) -> None:
    assert {code for code in ("cy", "fi", "pt-BR") if code in choice} == expected


@pytest.mark.parametrize(
    ("location", "name"),
    [
        ("data/court.tsv.gz", "court"),
        ("data/court-{lang}.tsv", "court"),
        ("https://example.org/x/laws.jsonl", "laws"),
        ("*.tmx", "local"),
        ("{lang}.tsv", "local"),
    ],
)
def test_name_from_location(location: str, name: str) -> None:
    assert name_from_location(location) == name


def test_a_kind_must_have_a_default_name() -> None:
    class Nameless(CorpusBase):
        pass

    with pytest.raises(TypeError, match="default_name"):
        Nameless()  # type: ignore[abstract]
