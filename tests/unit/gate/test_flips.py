import itertools

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from alignment.gate import Changes, p_as_bad, p_no_better, p_worse
from alignment.gate.flips import flip_tail


def brute_force(changes: Changes, threshold: int) -> float:
    """Every combination of signs."""
    sizes = [1] * changes.ones + [2] * changes.twos
    sums = [
        sum(sign * size for sign, size in zip(signs, sizes, strict=True))
        for signs in itertools.product((-1, 1), repeat=len(sizes))
    ]
    return sum(total >= threshold for total in sums) / len(sums)


@pytest.mark.parametrize(
    "changes", [Changes(), Changes(1, 2, 3, 2), Changes(0, 5, 1, 0), Changes(4)]
)
def test_the_tail_equals_every_combination_of_signs(changes: Changes) -> None:
    for threshold in range(-14, 15):
        assert flip_tail(changes, threshold) == brute_force(changes, threshold)


@pytest.mark.parametrize(("lost", "won"), [(5, 0), (12, 3), (30, 31), (700, 600)])
def test_single_changes_without_a_margin_are_mcnemars_test(lost: int, won: int) -> None:
    expected = binomtest(lost, lost + won, 0.5, alternative="greater").pvalue
    assert p_worse(Changes(lost=lost, won=won), 0) == pytest.approx(expected)


def test_both_directions_of_a_pair_count_once() -> None:
    assert p_worse(Changes(lost_twice=5), 0) == p_worse(Changes(lost=5), 0) == 1 / 32
    assert p_worse(Changes(lost=10), 0) == 1 / 1024  # what the queries alone would say


def test_a_margin_forgives_losses() -> None:
    changes = Changes(lost=30, won=4)
    p_values = [p_worse(changes, allowed) for allowed in (0, 5, 10, 26, 60)]
    assert p_values == sorted(p_values)
    assert p_values[0] < 1e-5
    assert p_values[3] > 0.5


def test_numbers_of_numpy_do_not_overflow() -> None:
    changes = Changes(lost=np.int64(400), won=np.int64(300))  # type: ignore[arg-type]
    assert p_worse(changes, 0) == p_worse(Changes(lost=400, won=300), 0)


def test_rounding_does_not_shrink_the_margin() -> None:
    changes = Changes(lost=29)
    assert p_worse(changes, 0.29 * 100) == p_worse(changes, 29)
    assert p_worse(changes, 28.9) == p_worse(changes, 28)


def test_a_gain_is_a_loss_of_the_other() -> None:
    changes = Changes(1, 4, 9, 6)
    swapped = Changes(*changes[::-1])
    assert p_no_better(changes, 3) == p_worse(swapped, 3)


def test_a_candidate_without_changes_proves_little_on_a_small_suite() -> None:
    assert p_as_bad(Changes(), loss=4, n=50) == pytest.approx(binom.cdf(0, 50, 0.04))
    assert p_as_bad(Changes(), loss=80, n=1000) < 1e-15


def test_a_proof_holds_its_level_for_a_model_that_only_loses() -> None:
    """Losses of whole pairs, no wins: the spread of the changed pairs alone is too small."""
    n, share, level = 1000, 0.04, 0.01
    passed = 0.0
    for lost in range(n + 1):
        if p_as_bad(Changes(lost_twice=lost), 2 * share * n, n) >= level:
            break
        passed += float(binom.pmf(lost, n, share))
    assert 0 < passed <= level


def test_a_proof_needs_fewer_losses() -> None:
    assert p_as_bad(Changes(lost=20, won=10), 80, 1000) < 0.001
    assert p_as_bad(Changes(lost=85, won=10), 80, 1000) > 0.3
