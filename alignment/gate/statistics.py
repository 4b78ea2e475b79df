"""The gate's statistics: a confidence interval for an accuracy, and a paired exact test."""

from __future__ import annotations

import math
from collections.abc import Sequence

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
