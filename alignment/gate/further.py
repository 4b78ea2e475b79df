"""Further measurements of a language: mixed pool, hard pool, and queries to documents.

Their tests are exact and belong to the family of all tests. The unit is a query, or a pair in the
hard pool; its score is rounded to hundredths, so that the distribution of the net losses under
random signs can be computed (Fisher 1935; Smucker, Allan and Carterette 2007 for retrieval).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alignment.config import Gate, PoolRule
from alignment.types import FurtherRule, RuleResult, Trial

HUNDREDTHS = 100
_ROUNDING = 1e-9
_LABELS = {"ndcg@10": "nDCG@10", "recall@100": "recall@100", "mrr@10": "MRR@10"}
_POOLS: Mapping[FurtherRule, str] = {"mixed_pool": "mixed pool", "hard_pool": "hard pool"}


class Further(NamedTuple):
    """Scores of both encoders on the same units, in the same order, each in [0, 1]."""

    rule: FurtherRule
    suite: str
    """What was measured; retrieval suites are named as well."""
    reference: Sequence[float]
    candidate: Sequence[float]
    metric: str = ""
    """Of a retrieval suite."""
    leaked: int = 0
    """Queries of a retrieval suite that the candidate was trained on."""

    @property
    def subject(self) -> str:
        """What was measured, in words."""
        if self.rule == "retrieval":
            return f"{_LABELS[self.metric]} on {self.suite}"
        return f"accuracy in the {_POOLS[self.rule]}"


@dataclass
class FurtherTest:
    """One further measurement, tested."""

    outcomes: Further
    asked: PoolRule
    p: float
    must_hold: bool = False
    """Whether no loss beyond the margin may be seen, because an earlier candidate had one."""
    p_adjusted: float = 1.0
    power: float = 1.0
    """Probability that the test sees the drop that it must see, in [0, 1]."""

    @property
    def queries(self) -> int:
        """What was scored."""
        return len(self.outcomes.candidate)

    @property
    def before(self) -> float:
        """Mean score of the reference."""
        return _mean(self.outcomes.reference)

    @property
    def after(self) -> float:
        """Mean score of the candidate."""
        return _mean(self.outcomes.candidate)


def asked_of(rules: Gate, rule: FurtherRule) -> PoolRule | None:
    """What a language must reach; None if nothing is asked."""
    asked: PoolRule | None = getattr(rules, rule)
    return asked


def further_test(outcomes: Further, asked: PoolRule) -> FurtherTest:
    """Test one measurement.

    Raises:
        ValueError: if the encoders have different numbers of scores, or there is none.
    """
    allowed = asked.margin * HUNDREDTHS * len(outcomes.candidate)
    p = p_lost(outcomes.reference, outcomes.candidate, allowed)
    return FurtherTest(outcomes, asked, p)


def further_result(test: FurtherTest, rules: Gate, reference: str, trial: Trial) -> RuleResult:
    """The rule: the floor is reached, and no test says that more than the margin is lost.

    A test that could not see such a drop is named, or refused if `gate.underpowered` says so; these
    tests are not pooled.

    Monotone: a higher score of the candidate never turns a pass into a failure.
    """
    asked, subject = test.asked, test.outcomes.subject
    loss = test.before - test.after
    numbers = {
        "before": test.before,
        "after": test.after,
        "floor": asked.floor,
        "margin": asked.margin,
        "p": test.p,
        "p_adjusted": test.p_adjusted,
        "level": trial.level,
        "queries": float(test.queries),
        "power": test.power,
        "leaked": float(test.outcomes.leaked),
    }
    change = f"{test.before:.1%} -> {test.after:.1%}"
    problems = []
    if test.outcomes.leaked:
        noun = "query" if test.outcomes.leaked == 1 else "queries"
        problems.append(
            f"trained on {test.outcomes.leaked:,} {noun} of the suite {test.outcomes.suite}"
        )
    if test.after < asked.floor - _ROUNDING:
        problems.append(f"{subject} {test.after:.1%} is below the floor {asked.floor:.1%}")
    points = f"{100 * asked.margin:.3g} points"
    if test.p_adjusted < trial.level:
        name = "p" if trial.tests == 1 else "adjusted p"
        p = f"{name} = {test.p_adjusted:.2g} < {trial.level:.2g}"
        problems.append(f"{subject}: worse than {reference} by more than {points}: {change} ({p})")
    elif test.must_hold and loss > asked.margin + _ROUNDING:
        problems.append(
            f"{subject}: lost more than {points}, after an earlier model was refused as worse: "
            f"{change}"
        )
    reasons = problems or [f"{subject} {change}, floor {asked.floor:.0%}"]
    is_small = test.power < rules.power
    if is_small:
        reasons.append(_too_few(test, rules))
    passed = not problems and not (is_small and rules.underpowered == "refuse")
    warning = passed and is_small
    return RuleResult(test.outcomes.rule, passed, "; ".join(reasons), numbers, warning=warning)


def _too_few(test: FurtherTest, rules: Gate) -> str:
    points = f"{100 * (test.asked.margin + rules.detect):.3g} points"
    return (
        f"{test.queries:,} queries are too few to judge: they show a drop of {points} with "
        f"probability {test.power:.0%}, asked {rules.power:.0%}"
    )


def p_lost(reference: Sequence[float], candidate: Sequence[float], allowed: float) -> float:
    """The p-value of "the candidate loses no more than `allowed` hundredths in sum".

    If both encoders are equally good, each difference is as likely as its opposite, so the net
    losses have the distribution of a sum with random signs, which is exact but for rounding.

    Examples:
        >>> round(p_lost([1.0] * 5, [0.0] * 5, allowed=0), 5)
        0.03125
        >>> round(p_lost([0.9, 0.5], [0.4, 0.7], allowed=0), 5)
        0.5

    Raises:
        ValueError: if the lengths differ, or there is no score.
    """
    if not 0 < len(reference) == len(candidate):
        raise ValueError(
            f"both encoders need scores, got {len(reference)} and {len(candidate)} of them"
        )
    losses = _hundredths(reference) - _hundredths(candidate)
    threshold = int(losses.sum()) - math.floor(allowed + _ROUNDING)
    sizes = Counter(np.abs(losses[losses != 0]).tolist())
    return _sign_tail(sizes, threshold)


def _sign_tail(sizes: Mapping[int, int], threshold: int) -> float:
    """P(S >= threshold) of the sum S of sizes with random signs; `sizes` has how many of each."""
    unit = math.gcd(*sizes) if sizes else 1
    total = sum(size * count for size, count in sizes.items()) // unit
    # What the sizes with a positive sign must sum to.
    least = _half_up(-(-threshold // unit) + total)
    if least <= 0:
        return 1.0
    if least > total:
        return 0.0
    # The distribution of that sum, from its characteristic function at the roots of unity.
    length = total + 1
    angles = 2 * np.pi * np.arange(length // 2 + 1) / length
    transform = np.ones(len(angles), np.complex128)
    for size, count in sizes.items():
        transform *= ((1 + np.exp(-1j * angles * (size // unit))) / 2) ** count
    probabilities = np.fft.irfft(transform, length)
    return float(np.clip(probabilities[least:].sum(), 0.0, 1.0))


def _half_up(number: int) -> int:
    return (number + 1) // 2


def _hundredths(scores: Sequence[float]) -> NDArray[np.int64]:
    """Rounded; a score that is not finite counts as 0."""
    values = np.nan_to_num(np.asarray(scores, np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    rounded: NDArray[np.int64] = np.rint(values * HUNDREDTHS).astype(np.int64)
    return rounded


def _mean(scores: Sequence[float]) -> float:
    values = np.nan_to_num(np.asarray(scores, np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    return float(values.mean())
