"""The gate's statistics: confidence intervals, and a paired exact test."""

from __future__ import annotations

import math
from collections.abc import Sequence

from alignment.gate.outcomes import Changes
from alignment.types import Accuracy

Z95 = 1.959963984540054


def wilson(successes: float, n: int) -> tuple[float, float]:
    """The 95% Wilson score interval of a proportion (Wilson 1927).

    Returns (low, high) in [0, 1], and (0, 1) for n = 0.

    Examples:
        >>> low, high = wilson(45, 50)
        >>> f"{low:.3f} to {high:.3f}"
        '0.786 to 0.957'
    """
    if n == 0:
        return 0.0, 1.0
    p = successes / n
    z2 = Z95**2
    center = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, center - half), min(1.0, center + half)


def change_interval(changes: Changes, n: int) -> tuple[float, float]:
    """The 95% interval of the change in accuracy over `n` pairs, (low, high) in [-1, 1].

    Wald's interval of a mean of paired differences, with half a pair added that loses both answers
    and half a pair that wins both, so that it does not shrink to a point where few pairs changed
    (Agresti and Min 2005, "Simple improved confidence intervals for comparing matched
    proportions"). The unit is the pair, as in the tests.

    Examples:
        >>> low, high = change_interval(Changes(lost=10, won=30), n=200)
        >>> f"{low:.3f} to {high:.3f}"
        '0.018 to 0.081'
        >>> low, high = change_interval(Changes(), n=200)
        >>> f"{low:.3f} to {high:.3f}"
        '-0.010 to 0.010'
    """
    total = n + 2
    mean = -changes.net_losses / (2 * total)
    squares = changes.ones + 4 * changes.twos + 4
    variance = squares / (4 * total) - mean**2
    half = Z95 * math.sqrt(max(0.0, variance) / total)
    return max(-1.0, mean - half), min(1.0, mean + half)


def sign_test(wins: int, losses: int) -> float:
    """The one-sided p-value for "the candidate is worse", in [0, 1].

    P(at least `losses` of the `wins + losses` discordant queries), if winning and losing one are
    equally likely: the exact McNemar test, a binomial test with p = 1/2 (McNemar 1947).

    Examples:
        >>> sign_test(wins=0, losses=5)
        0.03125
        >>> sign_test(wins=5, losses=0)
        1.0
    """
    n = wins + losses
    tail = sum(math.comb(n, k) for k in range(losses, n + 1))
    return float(tail / 2**n)


def p_fallen(before: Accuracy, after: Accuracy) -> float:
    """The one-sided p-value for "the accuracy has not fallen", in [0, 1], of separate samples.

    The score test of two proportions (Pearson 1900), with the pair as the unit: the two directions
    of a pair depend on each other. It is for two measurements whose queries cannot be paired;
    paired ones see much smaller changes.

    Examples:
        >>> before = Accuracy(forward=0.9, backward=0.9, n=400)
        >>> round(p_fallen(before, Accuracy(forward=0.88, backward=0.88, n=400)), 2)
        0.18
        >>> round(p_fallen(before, Accuracy(forward=0.8, backward=0.8, n=400)), 5)
        4e-05
    """
    total = before.n + after.n
    pooled = (before.mean * before.n + after.mean * after.n) / total
    variance = pooled * (1 - pooled) * (1 / before.n + 1 / after.n)
    if variance <= 0:  # all right, or all wrong, in both
        return 1.0
    z = (before.mean - after.mean) / math.sqrt(variance)
    return 0.5 * math.erfc(z / math.sqrt(2))


def count_discordant(reference: Sequence[bool], candidate: Sequence[bool]) -> tuple[int, int]:
    """Wins and losses: queries that only the candidate, or only the reference, got right.

    Both sequences have one entry per query, in the same order.

    Raises:
        ValueError: if they differ in length.

    Examples:
        >>> count_discordant(reference=[True, False, False], candidate=[False, True, True])
        (2, 1)
    """
    wins = 0
    losses = 0
    for before, after in zip(reference, candidate, strict=True):
        wins += bool(after) and not before
        losses += bool(before) and not after
    return wins, losses
