import pytest
from scipy.stats import binomtest

from alignment.config import Gate
from alignment.errors import DataError
from alignment.gate import Measured, Paired, gate, judge, sign_test
from alignment.types import Approved, Rejected

RULES = Gate(floor=0.5, min_queries=4)


def measured(reference: str, candidate: str, language: str = "cy") -> Measured:
    def paired(text: str) -> list[bool]:
        return [char == "1" for char in text]

    both = Paired(paired(reference), paired(candidate))
    return Measured(language, "heldout", both, both)


@pytest.mark.parametrize(("wins", "losses"), [(0, 0), (3, 1), (0, 5), (12, 30), (200, 180)])
def test_sign_test_is_the_one_sided_exact_binomial(wins: int, losses: int) -> None:
    n = wins + losses
    expected = binomtest(losses, n, 0.5, alternative="greater").pvalue if n else 1.0
    assert sign_test(wins, losses) == pytest.approx(expected)


def test_better_passes_worse_is_refused_with_numbers() -> None:
    assert judge(measured("00001111", "11111111"), RULES, "v1").passed
    worse = judge(measured("1" * 20, "1" * 12 + "0" * 8), RULES, "v1")
    assert (
        not worse.passed
        and "worse than v1: 100.0% -> 60.0%" in worse.reason
        and "16 lost against 0 won" in worse.reason
    )


def test_a_small_loss_that_may_be_chance_passes() -> None:
    assert judge(measured("1" * 20, "1" * 19 + "0"), RULES, "v1").passed


def test_below_the_floor_is_refused() -> None:
    finding = judge(measured("0000", "1000"), RULES, "v1")
    assert not finding.passed and "below the floor 50.0%" in finding.reason


def test_one_language_refuses_all() -> None:
    good, bad = measured("0000", "1111"), measured("1" * 20, "1" * 11 + "0" * 9, "de")
    verdict = gate([good, bad], {"cy": RULES, "de": RULES}, "v1")
    assert isinstance(verdict, Rejected) and [f.language for f in verdict.failed] == ["de"]
    assert isinstance(gate([good], {"cy": RULES}, "v1"), Approved)


def test_too_few_pairs_cannot_be_judged() -> None:
    with pytest.raises(DataError, match="has 3 pairs, the gate needs 4"):
        judge(measured("111", "111"), RULES, "v1")


def test_an_approval_cannot_be_forged() -> None:
    bad = judge(measured("0000", "1000"), RULES, "v1")
    with pytest.raises(ValueError, match="every one of them passed"):
        Approved((bad,), "v1")
    with pytest.raises(ValueError, match="did not pass"):
        Rejected((), "v1")
