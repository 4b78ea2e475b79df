import doctest

import pytest

from alignment.config import Gate
from alignment.errors import DataError
from alignment.gate import PairedOutcomes, SuiteOutcomes, decide, judge, rules
from alignment.types import Approved, Rejected

RULES = Gate(floor=0.5, min_queries=4)


def outcomes(reference: str, candidate: str, language: str = "cy") -> SuiteOutcomes:
    """One digit per query, 1 for a right answer; the same in both directions."""
    paired = PairedOutcomes(
        [digit == "1" for digit in reference], [digit == "1" for digit in candidate]
    )
    return SuiteOutcomes(language, "heldout", paired, paired)


def test_better_passes() -> None:
    finding = judge(outcomes("00001111", "11111111"), RULES, "v1")
    assert finding.passed
    assert finding.reason == "50.0% -> 100.0%, floor 50%, 8 won, 0 lost"
    assert (finding.wins, finding.losses, finding.after.n) == (8, 0, 8)


def test_significantly_worse_fails() -> None:
    finding = judge(outcomes("1" * 20, "1" * 12 + "0" * 8), RULES, "v1")
    assert not finding.passed
    assert "worse than v1: 100.0% -> 60.0%, 16 lost against 0 won" in finding.reason


def test_loss_within_chance_passes() -> None:
    assert judge(outcomes("1" * 20, "1" * 19 + "0"), RULES, "v1").passed


def test_below_the_floor_fails() -> None:
    finding = judge(outcomes("0000", "1000"), RULES, "v1")
    assert not finding.passed
    assert finding.reason == "accuracy 25.0% is below the floor 50.0%"


def test_directions_are_averaged_for_the_floor() -> None:
    right = PairedOutcomes([False] * 4, [True] * 4)
    wrong = PairedOutcomes([False] * 4, [False] * 4)
    finding = judge(SuiteOutcomes("cy", "heldout", right, wrong), RULES, "v1")
    assert finding.passed
    assert (finding.after.forward, finding.after.backward) == (1.0, 0.0)


def test_one_language_rejects_all() -> None:
    good = outcomes("0000", "1111")
    bad = outcomes("1" * 20, "1" * 11 + "0" * 9, "de")
    by_language = {"cy": RULES, "de": RULES}
    verdict = decide([good, bad], by_language, "v1")
    assert isinstance(verdict, Rejected)
    assert [finding.language for finding in verdict.failed] == ["de"]
    assert isinstance(decide([good], by_language, "v1"), Approved)


def test_languages_have_their_own_rules() -> None:
    verdict = decide([outcomes("0000", "1110")], {"cy": Gate(floor=0.8, min_queries=4)}, "v1")
    assert isinstance(verdict, Rejected)


def test_too_few_pairs() -> None:
    with pytest.raises(DataError, match="has 3 pairs, but the gate needs 4") as caught:
        judge(outcomes("111", "111"), RULES, "v1")
    assert caught.value.where == "languages.cy"
    assert "gate.min_queries" in str(caught.value.hint)


def test_examples_of_the_docstrings() -> None:
    result = doctest.testmod(rules)
    assert result.attempted >= 6
    assert result.failed == 0
