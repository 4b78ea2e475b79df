"""Outcomes of bitext retrieval from the nearest neighbors, without another product of all texts.

`alignment.retrieval.metrics.retrieve` says what is right; this is the same from one exact search.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alignment.retrieval.neighbors import Neighbors

TIE = 1e-6  # equal vectors may differ by this much after a float32 matrix product
BLOCK = 1024
_PRODUCTS = 2**16
"""Pairs of vectors that are multiplied at once: 200 MB with 384 dimensions."""


class Outcomes(NamedTuple):
    """Results of one direction of retrieval; each array has one entry per query (n,)."""

    correct: NDArray[np.bool_]
    """Whether the query found its translation."""
    gold: NDArray[np.float32]
    """Score of its translation."""
    best_wrong: NDArray[np.float32]
    """Score of the best candidate that is not its translation."""

    @property
    def accuracy(self) -> float:
        """Share of correct queries, 0 to 1; NaN if there are none."""
        return float(self.correct.mean()) if len(self.correct) else math.nan


def text_numbers(texts: Sequence[str]) -> NDArray[np.int64]:
    """A number for each text (n,); equal texts have the same number."""
    numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    return np.array([numbers[text] for text in texts], np.int64)


def outcomes_of(
    neighbors: Neighbors,
    queries: NDArray[np.float32],
    candidates: NDArray[np.float32],
    texts: NDArray[np.int64],
) -> Outcomes:
    """The outcomes of cosine retrieval, from the nearest candidates of each query.

    The nearest wrong text is among the k nearest candidates, unless all of these have the
    translation's text; the translation is either there or too far away to win. What is missing is
    computed for these queries alone.

    Args:
        neighbors: The k nearest candidates of each query, k at least 1.
        queries: Unit rows (n, dim); the translation of query i is candidate i.
        candidates: Unit rows (n, dim).
        texts: Numbers of the candidates' texts (n,), equal for equal texts.
    """
    is_gold = texts[neighbors.indices] == texts[:, None]  # (n, k)
    gold = np.where(is_gold, neighbors.similarities, -np.inf).max(axis=1)
    best_wrong = np.where(is_gold, -np.inf, neighbors.similarities).max(axis=1)
    is_far = ~is_gold.any(axis=1)
    gold[is_far] = _gold(queries, candidates, texts, np.flatnonzero(is_far))
    if neighbors.indices.shape[1] < len(candidates):
        is_hidden = is_gold.all(axis=1)
        rows = np.flatnonzero(is_hidden)
        best_wrong[is_hidden] = _best_wrong(queries, candidates, texts, rows)
    # Comparisons with NaN are false, so a query that has one is wrong.
    return Outcomes(gold - best_wrong > TIE, gold, best_wrong)


def _gold(
    queries: NDArray[np.float32],
    candidates: NDArray[np.float32],
    texts: NDArray[np.int64],
    rows: NDArray[np.int64],
) -> NDArray[np.float32]:
    """The best score of a candidate with the translation's text, for some of the queries."""
    order = np.argsort(texts, kind="stable")
    first = np.searchsorted(texts[order], texts[rows], "left")
    counts = np.searchsorted(texts[order], texts[rows], "right") - first
    query = np.repeat(rows, counts)
    starts = np.cumsum(counts) - counts
    place = np.arange(len(query)) - np.repeat(starts, counts) + np.repeat(first, counts)
    candidate = order[place]
    scores = np.empty(len(query), np.float32)
    for start in range(0, len(query), _PRODUCTS):
        part = slice(start, start + _PRODUCTS)
        scores[part] = np.einsum("nd,nd->n", queries[query[part]], candidates[candidate[part]])
    if not len(rows):
        return scores
    best: NDArray[np.float32] = np.maximum.reduceat(scores, starts)
    return best


def _best_wrong(
    queries: NDArray[np.float32],
    candidates: NDArray[np.float32],
    texts: NDArray[np.int64],
    rows: NDArray[np.int64],
) -> NDArray[np.float32]:
    """The best score of a candidate with another text, for some of the queries."""
    best = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), BLOCK):
        part = rows[start : start + BLOCK]
        scores = queries[part] @ candidates.T  # (block, n)
        is_gold = texts[part, None] == texts[None, :]
        best[start : start + BLOCK] = np.where(is_gold, -np.inf, scores).max(axis=1)
    return best
