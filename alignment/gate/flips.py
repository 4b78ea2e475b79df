"""The gate's paired tests: exact, one-sided, with the pair as the unit.

If two encoders are equally good, each difference d of a pair is as likely as -d. So the net losses
-sum(d) have the distribution of a sum of |d| with random signs (Fisher's randomization test,
*The Design of Experiments*, 1935, section 21): two binomial distributions, one of the pairs with
|d| = 1 and one of those with |d| = 2. With |d| = 1 only, this is the exact McNemar test.

A margin shifts the threshold, as in tests of non-inferiority (Wellek, *Testing Statistical
Hypotheses of Equivalence and Noninferiority*, 2010).

The tests are monotone: one more right answer of the candidate never lowers `p_worse` and never
raises `p_as_bad` or `p_no_better`. Given the signs of the other pairs, the sign of pair i adds
|d| + d or -|d| + d to what is compared with the threshold, and neither falls if d rises by 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from alignment.gate.outcomes import Changes

_ROUNDING = 1e-9  # 0.29 * 100 is 28.999999999999996


def p_worse(changes: Changes, allowed: float) -> float:
    """The p-value of "the candidate loses no more than `allowed` right answers".

    A small value means that it is worse by more than that. `allowed` is the margin times the
    queries of both directions.

    Examples:
        >>> p_worse(Changes(lost=5), 0)
        0.03125
        >>> p_worse(Changes(lost_twice=5), 0)
        0.03125
        >>> p_worse(Changes(lost=5), 2)
        0.1875
    """
    return flip_tail(changes, changes.net_losses - math.floor(allowed + _ROUNDING))


def p_no_better(changes: Changes, asked: float) -> float:
    """The p-value of "the candidate gains no more than `asked` right answers".

    A small value means that it is better by more than that.

    Examples:
        >>> p_no_better(Changes(won=5), 0)
        0.03125
    """
    return flip_tail(changes, -changes.net_losses - math.floor(asked + _ROUNDING))


def p_as_bad(changes: Changes, loss: float, n: int) -> float:
    """The p-value of "the candidate loses `loss` right answers or more", of `n` pairs.

    A small value means that it loses fewer. The larger of two exact p-values: that of the random
    signs, whose spread comes from the pairs that changed, and that of a candidate which loses
    `loss` answers of whole pairs and wins none. The second one matters if few pairs changed: no
    spread is then seen, although a candidate that loses as much has one.

    Examples:
        >>> f"{p_as_bad(Changes(lost=2, won=2), loss=80, n=1000):.1e}"
        '1.9e-18'
        >>> p_as_bad(Changes(), loss=2.4, n=30) > 0.05
        True
    """
    excess = changes.net_losses - math.ceil(loss - _ROUNDING)
    signs = flip_tail(changes, -excess)  # the distribution is symmetric
    return max(signs, _binomial_cdf(math.floor(changes.net_losses / 2), n, loss / (2 * n)))


def flip_tail(changes: Changes, threshold: int) -> float:
    """P(S >= threshold) of the sum S of |d| with random signs, exact but for one rounding.

    Examples:
        >>> flip_tail(Changes(lost=1, won_twice=1), 1)
        0.5
    """
    ones = int(changes.ones)  # those of NumPy overflow
    twos = int(changes.twos)
    # S = (2a - ones) + 2 (2b - twos), where a and b are the numbers of positive signs.
    least = (int(threshold) + ones + 2 * twos + 1) // 2  # of a + 2b
    ways = 0
    ways_of_ones = 0  # with at least `a` positive signs
    a = ones + 1
    choices = _binomials(ones)
    for b, choice in enumerate(_binomials(twos)):
        while a > max(least - 2 * b, 0):
            a -= 1
            ways_of_ones += next(choices)
        ways += choice * ways_of_ones
    return float(ways / 2 ** (ones + twos))


def _binomials(n: int) -> Iterator[int]:
    """The binomial coefficients of n, from n over 0; n over n - k is n over k."""
    value = 1
    for k in range(n + 1):
        yield value
        value = value * (n - k) // (k + 1)


def _binomial_cdf(k: int, n: int, p: float) -> float:
    """P(X <= k) of a binomial distribution."""
    if k < 0:
        return 0.0
    if k >= n or p <= 0.0:
        return 1.0
    if p >= 1.0:
        return 0.0
    terms = []
    for i in range(k + 1):
        choices = math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1)
        terms.append(math.exp(choices + i * math.log(p) + (n - i) * math.log1p(-p)))
    return min(1.0, math.fsum(terms))
