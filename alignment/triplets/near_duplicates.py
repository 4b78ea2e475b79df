"""The guard against negatives that say the same as the true translation: sacreBLEU's sentence chrF of the two."""

from __future__ import annotations

import functools
from typing import Any

ORDERS = 6  # of the n-grams that chrF compares


def chrf_above(candidate: str, translation: str, limit: float) -> float | None:
    """The chrF of the two, or None where a bound that costs a fraction of it shows that it is at most the limit.

    chrF is the mean over n = 1 to 6 of the F score of character n-grams. There are no more matches than n-grams
    of the one text that the other has at all, nor more of n-grams than of any shorter grams.
    """
    hypothesis, reference = "".join(candidate.split()), "".join(translation.split())
    h, r = len(hypothesis) + 1, len(reference) + 1  # less n: how many n-grams
    orders = range(1, min(ORDERS, h - 1, r - 1) + 1)  # sacreBLEU averages those that both have
    bounds = dict.fromkeys(orders, 1.0)
    for n in (3, 4, 2, 5, 6):  # where unlike texts are told apart soonest
        if n not in bounds:
            continue
        known = {reference[i : i + n] for i in range(r - n)}
        matches = sum([hypothesis[i : i + n] in known for i in range(h - n)])
        for m in range(n, orders[-1] + 1):
            # Recall weighs twice as much: (1 + 2^2) matches / (2^2 |reference| + |hypothesis|).
            bounds[m] = min(bounds[m], 5 * matches / (4 * (r - m) + h - m))
        if 100 * sum(bounds.values()) <= limit * len(bounds):
            return None
    return near_duplicate_score(candidate, translation)


def near_duplicate_score(candidate: str, translation: str) -> float:
    """SacreBLEU's sentence chrF of the candidate against the true translation, 0 to 100."""
    return float(_chrf().sentence_score(candidate, [translation]).score)


@functools.cache
def _chrf() -> Any:  # noqa: ANN401 - sacrebleu's metric, loaded once
    from sacrebleu.metrics.chrf import CHRF

    return CHRF()
