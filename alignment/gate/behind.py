"""Which of several encoders are clearly behind the best one, by their answers to the same pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

from alignment.gate.family import holm
from alignment.gate.further import HUNDREDTHS, p_lost


class Behind(NamedTuple):
    """How far one encoder is behind the best one."""

    best: str
    """Name of the encoder with the highest mean."""
    gap: float
    """Mean of the best less the mean of this one, in [0, 1]."""
    p: float
    """Adjusted p-value of "it is behind by no more than the margin", in [0, 1]."""


def behind_best(
    scores: Mapping[str, Sequence[float]],
    *,
    means: Mapping[str, float] | None = None,
    margin: float = 0.0,
) -> dict[str, Behind]:
    """Compare each encoder with the best one, in a paired test that is exact but for rounding.

    The unit is a pair, and every pair counts the same, whatever its language. Its score is the
    share of right answers over both directions and all seeds. The p-values are corrected for the
    number of encoders (Holm), and, because the best one is chosen by the same pairs, multiplied
    by the number of encoders that could have been it (Bonferroni).

    Args:
        scores: By name of the encoder, one score in [0, 1] per pair (pairs,), in the same order.
        means: What the best one is the best by, and gaps are measured in, such as means in which
            every language counts the same; by default the means of `scores`.
        margin: How much an encoder may be behind, as a share of the answers.

    Returns:
        All but the best encoder, in the order of `scores`. Of equal means, the first is the best.

    Raises:
        ValueError: if the encoders have different numbers of scores, or there is none.

    Examples:
        >>> scores = {"a": [1.0] * 20, "b": [1.0] * 8 + [0.0] * 12, "c": [1.0] * 19 + [0.5]}
        >>> for name, behind in behind_best(scores, margin=0.05).items():
        ...     print(name, behind.best, f"{behind.gap:.3f}", f"{behind.p:.4f}")
        b a 0.600 0.0015
        c a 0.025 1.0000
    """
    if means is None:
        means = {name: fmean(values) for name, values in scores.items()}
    best = max(scores, key=means.__getitem__)
    others = [name for name in scores if name != best]
    p_values = []
    for name in others:
        allowed = margin * HUNDREDTHS * len(scores[name])
        p_values.append(p_lost(scores[best], scores[name], allowed))
    behind = {}
    for name, p in zip(others, holm(p_values), strict=True):
        behind[name] = Behind(best, means[best] - means[name], min(1.0, len(scores) * p))
    return behind
