"""A guard against negatives that say the same as the true translation: sentence chrF of the two.

The values are those of sacreBLEU.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping
from typing import Any

MAX_ORDER = 6  # of the n-grams that chrF compares
_FASTEST_FIRST = (3, 4, 2, 5, 6, 1)  # trigrams tell unlike texts apart soonest


def chrf_above(candidate: str, translation: str, limit: float) -> float | None:
    """The chrF of the two in [0, 100], or None as soon as it is certain to be at most `limit`.

    chrF (Popovic 2015) is the F score, with recall weighing twice as much, of precision and recall
    that are means over the character n-grams of n = 1 to 6. No more n-grams match than shorter
    ones do, which bounds the orders that are not counted yet.
    """
    hypothesis = "".join(candidate.split())
    reference = "".join(translation.split())
    h = len(hypothesis) + 1  # h - n is the number of n-grams
    r = len(reference) + 1
    highest = min(MAX_ORDER, h - 1, r - 1)  # order that both texts have
    matches = dict.fromkeys(range(1, highest + 1), min(h, r) - 1)
    score = 0.0
    for n in _FASTEST_FIRST:
        if n > highest:
            continue
        count = _matches(hypothesis, reference, n)
        for order in range(n, highest + 1):
            matches[order] = min(count, matches[order])
        score = _f_score(matches, h, r)
        if score <= limit:
            return None
    return score


def _matches(hypothesis: str, reference: str, n: int) -> int:
    """N-grams of one text that occur in the other, each as often as in both."""
    grams = _ngrams(hypothesis, n)
    reference_grams = _ngrams(reference, n)
    distinct = set(grams)
    reference_distinct = set(reference_grams)
    shared = distinct & reference_distinct
    # Where one text has no n-gram twice, each shared one matches once: the usual case, and fast.
    if len(distinct) == len(grams) or len(reference_distinct) == len(reference_grams):
        return len(shared)
    counts = Counter(grams)
    reference_counts = Counter(reference_grams)
    return sum([min(counts[gram], reference_counts[gram]) for gram in shared])


def _ngrams(text: str, n: int) -> list[str]:
    return [text[i : i + n] for i in range(len(text) - n + 1)]


def _f_score(matches: Mapping[int, int], h: int, r: int) -> float:
    """The F score in percent of the matches by order.

    It adds up in sacreBLEU's order, so that the last digit agrees.
    """
    precision = 0.0
    recall = 0.0
    for n, count in matches.items():
        precision += count / (h - n)
        recall += count / (r - n)
    precision /= len(matches)
    recall /= len(matches)
    if not recall:
        return 0.0
    return 100 * (5 * precision * recall / (4 * precision + recall))


def near_duplicate_score(candidate: str, translation: str) -> float:
    """SacreBLEU's sentence chrF of the candidate against the true translation, in [0, 100]."""
    return float(_chrf().sentence_score(candidate, [translation]).score)


@functools.cache
def _chrf() -> Any:
    from sacrebleu.metrics.chrf import CHRF

    return CHRF()
