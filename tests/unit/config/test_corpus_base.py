from typing import Any

import pytest

from alignment.config.base import Section
from alignment.config.corpus_base import (
    Columns,
    CorpusBase,
    LanguageChoice,
    TripletColumns,
    name_from_location,
)


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


@pytest.mark.parametrize(
    ("settings", "columns"),
    [
        ({"source": 1, "target": 2}, Columns(source=1, target=2)),
        ({"source": "1", "target": "2"}, Columns(source="1", target="2")),
        ({"source": 2, "target": 1, "language": 3}, Columns(source=2, target=1, language=3)),
    ],
)
def test_columns_by_name_or_number(settings: dict[str, Any], columns: Columns) -> None:
    assert Columns.model_validate(settings) == columns


@pytest.mark.parametrize(
    ("section", "settings", "message"),
    [
        (Columns, {"source": 1}, "by name or all by number, got 1, target"),
        (Columns, {"source": 1, "target": 2, "language": "lang"}, "by name or all by number"),
        (Columns, {"source": 0, "target": 1}, "greater than or equal to 1"),
        (Columns, {"source": True, "target": 1}, "valid"),
        (TripletColumns, {"anchor": 1, "positive": 2}, "got 1, 2, negative"),
    ],
)
def test_columns_that_are_refused(
    section: type[Section], settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        section.model_validate(settings)
