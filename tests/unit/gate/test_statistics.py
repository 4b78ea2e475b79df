import doctest

import pytest
from scipy.stats import binomtest

from alignment.gate import count_discordant, sign_test, statistics, wilson


@pytest.mark.parametrize(("wins", "losses"), [(0, 0), (3, 1), (0, 5), (12, 30), (200, 180)])
def test_sign_test_equals_scipy(wins: int, losses: int) -> None:
    n = wins + losses
    expected = binomtest(losses, n, 0.5, alternative="greater").pvalue if n else 1.0
    assert sign_test(wins, losses) == pytest.approx(expected)


@pytest.mark.parametrize(("successes", "n"), [(0, 10), (10, 10), (45, 50), (1, 2000)])
def test_wilson_equals_scipy(successes: int, n: int) -> None:
    interval = binomtest(successes, n).proportion_ci(method="wilson")
    assert wilson(successes, n) == pytest.approx((interval.low, interval.high), abs=1e-12)


def test_wilson_of_no_queries() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def test_discordant_queries() -> None:
    reference = [True, True, False, False, False]
    candidate = [True, False, True, True, False]
    assert count_discordant(reference, candidate) == (2, 1)
    assert count_discordant(candidate, reference) == (1, 2)


def test_discordant_needs_equal_lengths() -> None:
    with pytest.raises(ValueError, match="shorter"):
        count_discordant([True, True], [True])


def test_examples_of_the_docstrings() -> None:
    result = doctest.testmod(statistics)
    assert result.attempted >= 5
    assert result.failed == 0
