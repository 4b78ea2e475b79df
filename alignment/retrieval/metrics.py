"""Accuracy@1 of bitext retrieval, by cosine or by ratio margin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alignment.retrieval.neighbors import nearest
from alignment.retrieval.outcomes import BLOCK as BLOCK
from alignment.retrieval.outcomes import TIE as TIE
from alignment.retrieval.outcomes import Outcomes as Outcomes
from alignment.retrieval.outcomes import outcomes_of
from alignment.retrieval.outcomes import text_numbers as text_numbers

SEARCHED_FROM = 16_384
"""Candidates from which the exact search of `nearest` is faster than a product of all texts."""
NEIGHBORS = 4
"""Candidates per query in that search: a wrong text is among them, unless the translation's text
has as many copies."""


class PairOutcomes(NamedTuple):
    """Results of both directions over the same pairs."""

    forward: Outcomes
    """From each source to the targets."""
    backward: Outcomes
    """From each target to the sources."""

    @property
    def accuracy(self) -> float:
        """Mean accuracy of both directions, 0 to 1; NaN if there are no pairs."""
        return (self.forward.accuracy + self.backward.accuracy) / 2


def evaluate_pairs(
    source_vectors: NDArray[np.float32],
    target_vectors: NDArray[np.float32],
    source_texts: Sequence[str],
    target_texts: Sequence[str],
    *,
    margin: int = 0,
    block: int = BLOCK,
) -> PairOutcomes:
    """Retrieve translations in both directions; row i of each argument belongs to pair i.

    Examples:
        >>> import numpy as np
        >>> sources = np.array([[1, 0], [0.6, 0.8]], np.float32)
        >>> targets = np.array([[0.8, 0.6], [0, 1]], np.float32)
        >>> result = evaluate_pairs(sources, targets, ["tea", "milk"], ["te", "llaeth"])
        >>> result.forward.accuracy, result.backward.accuracy, result.accuracy
        (0.5, 0.5, 0.5)

    Args:
        source_vectors: Unit rows (n, dim) of the source side.
        target_vectors: Unit rows (n, dim) of the target side.
        source_texts: The sources; equal texts count as the same sentence.
        target_texts: The targets, likewise.
        margin: Neighbors of the ratio margin, as for `retrieve`; 0 is the cosine.
        block: Queries that are compared at once, which bounds the memory.

    Raises:
        ValueError: if the lengths differ.
    """
    forward = retrieve(source_vectors, target_vectors, target_texts, margin=margin, block=block)
    backward = retrieve(target_vectors, source_vectors, source_texts, margin=margin, block=block)
    return PairOutcomes(forward, backward)


def retrieve(
    queries: NDArray[np.float32],
    candidates: NDArray[np.float32],
    texts: Sequence[str],
    *,
    margin: int = 0,
    block: int = BLOCK,
) -> Outcomes:
    """Retrieve the translation of each query; that of query i is candidate i.

    A query is correct only if its translation scores strictly higher than every other text. Ties
    are wrong, so that an encoder that maps everything to one point scores 0. A candidate with the
    same text as the translation counts as the translation.

    The ratio margin divides the cosine by the mean of two values: the mean cosine of the query to
    its k nearest candidates, and of the candidate to its k nearest queries (Artetxe and Schwenk
    2019; LASER takes k = 4). It holds back a text that is near everything. Such a score depends on
    all texts that are searched, which that of a vector index does not.

    Many candidates are searched by `nearest`, which gives the same answers; a score may then differ
    in its last bit.

    Examples:
        >>> import numpy as np
        >>> vectors = np.array([[1, 0], [0, 1], [0.6, 0.8]], np.float32)
        >>> retrieve(vectors, vectors[[0, 2, 1]], ["te", "llaeth", "llefrith"]).correct.tolist()
        [True, False, False]
        >>> retrieve(vectors, vectors[[0, 2, 1]], ["te", "llaeth", "llaeth"]).accuracy
        1.0

    Args:
        queries: Unit rows (n, dim).
        candidates: Unit rows (n, dim).
        texts: The candidates' texts (n).
        margin: Neighbors k of the ratio margin; 0 scores by the cosine.
        block: Queries that are compared at once; memory is bounded by `block` times n.

    Raises:
        ValueError: if the lengths differ.
    """
    n = len(queries)
    if not n == len(candidates) == len(texts):
        raise ValueError(
            f"queries, candidates and texts must have the same length, "
            f"got {n} queries, {len(candidates)} candidates, {len(texts)} texts"
        )
    text_ids = text_numbers(texts)
    if n >= SEARCHED_FROM and not margin:
        found = nearest(queries, candidates, NEIGHBORS, block=block)
        return outcomes_of(found, queries, candidates, text_ids)
    if margin:
        query_means = _mean_knn_similarity(queries, candidates, margin, block)
        candidate_means = _mean_knn_similarity(candidates, queries, margin, block)
    gold = np.empty(n, np.float32)
    best_wrong = np.empty(n, np.float32)
    for start in range(0, n, block):
        rows = slice(start, start + block)
        scores = queries[rows] @ candidates.T  # (block, n)
        if margin:
            scores /= (query_means[rows, None] + candidate_means[None, :]) / 2
        is_gold = text_ids[rows, None] == text_ids[None, :]
        gold[rows] = np.where(is_gold, scores, -np.inf).max(axis=1)
        best_wrong[rows] = np.where(is_gold, -np.inf, scores).max(axis=1)
    return Outcomes(gold - best_wrong > TIE, gold, best_wrong)


def _mean_knn_similarity(
    x: NDArray[np.float32], y: NDArray[np.float32], k: int, block: int
) -> NDArray[np.float32]:
    """Mean cosine of each row of x to its k nearest rows of y (n,); to all rows if y has fewer."""
    k = min(k, len(y))
    means = np.empty(len(x), np.float32)
    for start in range(0, len(x), block):
        rows = slice(start, start + block)
        nearest = np.partition(x[rows] @ y.T, -k, axis=1)[:, -k:]
        means[rows] = nearest.mean(axis=1)
    return means
