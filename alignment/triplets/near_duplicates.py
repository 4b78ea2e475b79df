"""The guard against negatives that say the same as the true translation: the sentence chrF of the two, as sacreBLEU has it."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping
from typing import Any

ORDERS = 6  # of the n-grams that chrF compares


def chrf_above(candidate: str, translation: str, limit: float) -> float | None:
    """The chrF of the two, or None as soon as it is clear that it is at most the limit.

    chrF (Popovic 2015) is the F score, recall weighing twice as much, of precision and recall that are means over n = 1
    to 6 of the character n-grams that match. No more of them match than of any shorter grams.
    """
    hypothesis, reference = "".join(candidate.split()), "".join(translation.split())
    h, r = len(hypothesis) + 1, len(reference) + 1  # less n: how many n-grams
    orders = range(1, min(ORDERS, h - 1, r - 1) + 1)  # those that both have
    matches = dict.fromkeys(orders, min(h, r) - 1)
    score = 0.0
    for n in (3, 4, 2, 5, 6, 1):  # where unlike texts are told apart soonest
        if n not in matches:
            continue
        found = _matches(hypothesis, reference, n)
        matches |= {m: min(found, matches[m]) for m in range(n, orders[-1] + 1)}
        if (score := _f_score(matches, h, r)) <= limit:
            return None
    return score


def _matches(hypothesis: str, reference: str, n: int) -> int:
    """N-grams of the one text that stand in the other, each as often as in both."""
    grams = [hypothesis[i : i + n] for i in range(len(hypothesis) - n + 1)]
    known = [reference[i : i + n] for i in range(len(reference) - n + 1)]
    once, known_once = set(grams), set(known)
    shared = once & known_once
    if len(once) == len(grams) or len(known_once) == len(known):
        return len(shared)
    counts, known_counts = Counter(grams), Counter(known)
    return sum([min(counts[gram], known_counts[gram]) for gram in shared])


def _f_score(matches: Mapping[int, int], h: int, r: int) -> float:
    """In percent, of the matches by n; step by step as sacreBLEU adds up, so that the last digit agrees."""
    precision = recall = 0.0
    for n, found in matches.items():
        precision += found / (h - n)
        recall += found / (r - n)
    precision, recall = precision / len(matches), recall / len(matches)
    return 100 * (5 * precision * recall / (4 * precision + recall)) if recall else 0.0


def near_duplicate_score(candidate: str, translation: str) -> float:
    """SacreBLEU's sentence chrF of the candidate against the true translation, 0 to 100."""
    return float(_chrf().sentence_score(candidate, [translation]).score)


@functools.cache
def _chrf() -> Any:
    from sacrebleu.metrics.chrf import CHRF

    return CHRF()
