import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from alignment.gate import (
    Changes,
    change_interval,
    count_discordant,
    p_fallen,
    sign_test,
    statistics,
    wilson,
)
from alignment.types import Accuracy


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


@given(st.tuples(*[st.integers(0, 50)] * 4), st.integers(0, 400))
def test_the_interval_of_a_change_has_the_change(counts: tuple[int, ...], unchanged: int) -> None:
    changes = Changes(*counts)
    n = sum(counts) + unchanged
    low, high = change_interval(changes, n)
    assert -1 <= low < high <= 1
    if n:
        assert low <= -changes.net_losses / (2 * n) <= high
    mirrored = change_interval(Changes(*counts[::-1]), n)
    assert mirrored == pytest.approx((-high, -low))


@pytest.mark.parametrize("probabilities", [(0.0, 0.02, 0.05, 0.0), (0.01, 0.1, 0.2, 0.05)])
def test_the_interval_of_a_change_covers_it(probabilities: tuple[float, ...]) -> None:
    draws = np.random.default_rng(0).multinomial(
        150, [*probabilities, 1 - sum(probabilities)], size=2000
    )
    change = np.dot(probabilities, [-2, -1, 1, 2]) / 2
    covered = 0
    for lost_twice, lost, won, won_twice, _ in draws.tolist():
        low, high = change_interval(Changes(lost_twice, lost, won, won_twice), 150)
        covered += low <= change <= high
    assert 0.93 <= covered / len(draws) <= 0.99


@given(st.integers(1, 500), st.integers(1, 500), st.floats(0, 1), st.floats(0, 1))
def test_p_fallen_is_a_probability_and_falls_with_the_accuracy(
    n_before: int, n_after: int, first: float, second: float
) -> None:
    before = Accuracy(0.5, 0.5, n_before)
    low, high = sorted((first, second))
    p_low = p_fallen(before, Accuracy(low, low, n_after))
    p_high = p_fallen(before, Accuracy(high, high, n_after))
    assert 0 <= p_low <= 1 and 0 <= p_high <= 1
    if low < 0.5:
        assert p_low <= 0.5 + 1e-12
    if high > 0.5:
        assert p_high >= 0.5 - 1e-12


def test_p_fallen_agrees_with_the_z_test_of_a_table() -> None:
    # 45 of 50, then 35 of 50: z = 2.5 (pooled), one-sided p = 0.0062.
    before = Accuracy(0.9, 0.9, 50)
    assert p_fallen(before, Accuracy(0.7, 0.7, 50)) == pytest.approx(0.0062, abs=5e-5)
    assert p_fallen(before, before) == pytest.approx(0.5)
    assert p_fallen(Accuracy(1, 1, 50), Accuracy(1, 1, 9)) == 1.0
