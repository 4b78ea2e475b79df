"""Confidence intervals of means over languages, by resampling pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000


class Interval(NamedTuple):
    """An estimate with its 95% interval."""

    estimate: float
    low: float
    high: float


def paired_bootstrap(
    before: Sequence[NDArray[np.float64]],
    after: Sequence[NDArray[np.float64]],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Interval:
    """The mean over languages of `after - before`, with its 95% percentile interval.

    The pairs of each language are drawn with replacement; the languages are fixed, and each counts
    once. Both encoders are drawn on the same pairs (Koehn 2004; Efron and Tibshirani 1993).

    Examples:
        >>> import numpy as np
        >>> change = paired_bootstrap([np.zeros(50)], [np.ones(50)])
        >>> change
        Interval(estimate=1.0, low=1.0, high=1.0)

    Args:
        before: Of each language, the score of each pair (n_language,), such as the mean of its two
            directions.
        after: The same of the other encoder, in the same order.
        seed: Of the draws.
        resamples: How often to draw.

    Raises:
        ValueError: if there is no language, a language has no pairs, or the lengths differ.
    """
    if not before:
        raise ValueError("there is no language to compare")
    rng = np.random.default_rng(seed)
    means = np.zeros(resamples)
    estimate = 0.0
    for of_reference, of_candidate in zip(before, after, strict=True):
        if not 0 < len(of_reference) == len(of_candidate):
            raise ValueError(
                "both encoders need scores of the same pairs, "
                f"got {len(of_reference)} and {len(of_candidate)}"
            )
        values, counts = np.unique(of_candidate - of_reference, return_counts=True)
        # Drawing pairs with replacement is drawing how often each value comes.
        drawn = rng.multinomial(len(of_reference), counts / counts.sum(), size=resamples)
        means += drawn @ values / len(of_reference)
        estimate += float((of_candidate - of_reference).mean())
    low, high = np.quantile(means / len(before), [0.025, 0.975])
    return Interval(estimate / len(before), float(low), float(high))
