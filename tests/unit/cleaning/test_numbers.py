import pytest

from alignment.cleaning import columns, number_columns
from alignment.cleaning.normalize import normalize
from alignment.config import Clean
from tests.unit.cleaning.number_pairs import RIGHT, WRONG

LIMIT = Clean().max_numbers


def texts(text: str) -> columns.Texts:
    return columns.from_strings([normalize(text)])


def score(language: str, source: str, target: str) -> float:
    return float(number_columns.unmatched(texts(source), texts(target), "en", language)[0])


@pytest.mark.parametrize(("language", "source", "target"), RIGHT)
def test_numbers_written_differently(language: str, source: str, target: str) -> None:
    assert LIMIT is not None
    assert score(language, source, target) <= LIMIT


@pytest.mark.parametrize(("language", "source", "target"), WRONG)
def test_wrong_numbers(language: str, source: str, target: str) -> None:
    assert LIMIT is not None
    assert score(language, source, target) > LIMIT


def test_a_language_without_numerals_in_the_tables_may_spell_out() -> None:
    """But not in a short text, and not a number that nobody spells out."""
    assert score("lb", "It takes 11 days", "Et dauert eelef Deeg") == 0.5
    assert score("lb", "It takes 11 days", "Dauer") > 0.6
    assert score("lb", "It was in 1945", "Et war laang hir") > 0.6
    assert score("lb", "Take 11 of 15 days", "Et dauert eelef Deeg") > 0.6


def test_many_numbers_of_which_one_is_missing() -> None:
    assert score("de", "1945, 1967, 1989 and 2011", "1945, 1967, 1989 und") < 0.3
