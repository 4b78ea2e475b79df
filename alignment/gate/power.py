"""How well a suite can see a drop: the power of the paired test, before it is made.

The power depends on the suite and the reference, not on the candidate's answers alone, because a
suite that counts as large enough for one candidate and not for the next would make the decision
erratic, and one more right answer could refuse a model.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

AGREEMENT = 0.75
"""Share of its chance disagreement that an equally good model does not show: with accuracy a, a
share 2a(1-a)(1-AGREEMENT) of the queries changes. Measured: see docs/method.md."""
PAIRED = 1.25
"""Sum of d² per changed query: 1 if the two directions never change together, 2 if they always do.
Measured: see docs/method.md."""
SURE = 4.0
"""Standard errors by which an equally good model must clear a proof that is asked of it: over 40
languages and 30 attempts, 4 leave a chance of 4% that it fails one."""
LIKELY = 1.0
"""The same where an earlier model was refused: five equally good models in six clear it."""


class Design(NamedTuple):
    """What a test can see, of one suite or of several that are tested together."""

    pairs: int
    allowed: float
    """Net losses that the margin allows."""
    drop: float
    """Net losses that the test should see."""
    churn: float
    """Expected sum of d² of two equally good models."""


NOTHING = Design(0, 0.0, 0.0, 0.0)


def design(pairs: int, accuracy: float, margin: float, detect: float) -> Design:
    """The design of one suite.

    Args:
        pairs: Pairs of the suite.
        accuracy: Of the reference, in [0, 1].
        margin: Share of the queries that may be lost.
        detect: Drop beyond the margin that the test should see, as a share of the queries.
    """
    queries = 2 * pairs
    churn = PAIRED * queries * 2 * accuracy * (1 - accuracy) * (1 - AGREEMENT)
    return Design(pairs, margin * queries, (margin + detect) * queries, churn)


def pooled(one: Design, other: Design) -> Design:
    """Two suites in one test."""
    return Design(
        one.pairs + other.pairs,
        one.allowed + other.allowed,
        one.drop + other.drop,
        one.churn + other.churn,
    )


def power(of: Design, level: float) -> float:
    """Probability that a drop of `of.drop` is called worse at this level, in [0, 1].

    The normal approximation for paired proportions (Miettinen 1968; Connor 1987): the net losses
    have the mean `drop` and, as sum(d²) says, the variance V - drop² / pairs. V is that of two
    equally good models plus what the drop itself adds, since a model cannot lose without changing.

    Examples:
        >>> enough = design(1000, accuracy=0.95, margin=0.01, detect=0.03)
        >>> f"{power(enough, 0.05 / 40):.2f}"
        '0.96'
        >>> small = design(100, accuracy=0.95, margin=0.01, detect=0.03)
        >>> f"{power(small, 0.05 / 40):.2f}"
        '0.06'
    """
    if of.pairs == 0:
        return 0.0
    changed = of.churn + PAIRED * of.drop
    excess = of.drop - math.floor(of.allowed + 1e-9)
    return _power(of.pairs, changed, of.drop, excess, level)


def power_of_scores(queries: int, mean: float, margin: float, detect: float, level: float) -> float:
    """As `power`, for one score in [0, 1] per query, such as nDCG@10.

    A score varies no more than right and wrong answers of the same mean, so the power of graded
    scores is rather higher than this.

    Examples:
        >>> round(power_of_scores(3000, mean=0.6, margin=0.01, detect=0.03, level=0.01), 2)
        0.96
        >>> round(power_of_scores(50, mean=0.6, margin=0.01, detect=0.03, level=0.01), 2)
        0.04

    Args:
        queries: That were scored.
        mean: Of the reference.
        margin: That may be lost, in points of the score.
        detect: Drop beyond the margin that the test should see, likewise.
        level: Of the test.
    """
    churn = 2 * mean * (1 - mean) * (1 - AGREEMENT) * queries
    drop = (margin + detect) * queries
    return _power(queries, churn + drop, drop, detect * queries, level)


def _power(units: int, changed: float, drop: float, excess: float, level: float) -> float:
    """That net losses of mean `drop` exceed the critical value.

    `changed` is the expected sum of squared changes of the units, `excess` what the drop has
    beyond the margin.
    """
    variance = max(changed - drop**2 / units, 1e-9)
    critical = _quantile(level) * math.sqrt(changed)
    return NormalDist().cdf((excess - critical) / math.sqrt(variance))


def provable_level(of: Design, clear_by: float) -> float:
    """The strictest level at which an equally good model shows that it loses less, in (0, 1].

    It shows it with `clear_by` standard errors to spare. `flips.p_as_bad` takes the larger of two
    spreads: of the pairs that change, and of a model that loses `of.drop` answers in whole pairs.
    No level is stricter than the one that a model without a single changed answer reaches.

    Examples:
        >>> provable_level(design(1000, accuracy=0.95, margin=0.01, detect=0.03), SURE) < 0.001
        True
        >>> provable_level(design(200, accuracy=0.95, margin=0.01, detect=0.03), SURE) > 0.3
        True
    """
    spread = math.sqrt(max(of.churn, 2 * of.drop, 1e-9))
    level = 1 - NormalDist().cdf((of.drop - clear_by * math.sqrt(of.churn)) / spread)
    unchanged = (1 - min(1.0, of.drop / (2 * of.pairs))) ** of.pairs
    return max(level, unchanged * (1 + 1e-9))


def _quantile(level: float) -> float:
    """Standard errors above which a share `level` of a normal distribution is."""
    return -NormalDist().inv_cdf(level)
