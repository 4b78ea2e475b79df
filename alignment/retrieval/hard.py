"""Retrieval from a hard pool: the candidates, and altered copies of them that are all wrong.

Such a pool separates encoders that a pool of unrelated texts calls equally good (Chen et al. 2023,
"xSIM++", arXiv 2306.12907).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alignment.retrieval.margins import NEIGHBORS
from alignment.retrieval.measures import xsim_error
from alignment.retrieval.metrics import TIE, retrieve, text_numbers
from alignment.retrieval.neighbors import nearest

OTHER_TEXT = "other_text"
"""The winner of a query that found another text of the pool, altered or not."""


class Copies(NamedTuple):
    """Altered copies of the candidates; all have m entries."""

    vectors: NDArray[np.float32]
    """Unit rows (m, dim)."""
    originals: NDArray[np.int64]
    """Index of the candidate that each is a copy of."""
    kinds: Sequence[str]
    """What was altered."""


class HardOutcomes(NamedTuple):
    """One direction of retrieval over n queries in the hard pool."""

    correct: NDArray[np.bool_]
    """Whether the translation is strictly nearer than every other text and every copy (n,)."""
    plain_correct: NDArray[np.bool_]
    """The same without the copies (n,)."""
    winners: list[str]
    """Of each query (n): the kind of the nearest wrong text, if it is an altered copy of the
    translation; `OTHER_TEXT`, if it is not; empty if the query found its translation."""
    copies: int
    """Altered copies in the pool."""
    xsim_error: float
    """xsim++: share of errors by ratio margin; NaN without queries."""

    @property
    def accuracy(self) -> float:
        """Share of right queries, in [0, 1]; NaN without queries."""
        return float(self.correct.mean()) if len(self.correct) else math.nan

    @property
    def plain_accuracy(self) -> float:
        """The same without the copies, which is never lower."""
        return float(self.plain_correct.mean()) if len(self.correct) else math.nan

    def errors(self) -> dict[str, float]:
        """Share of all queries by the kind that won; the sum is 1 - accuracy."""
        wrong = [winner for winner in self.winners if winner]
        kinds = sorted(set(wrong))
        return {kind: wrong.count(kind) / len(self.winners) for kind in kinds}


def search_hard(
    queries: NDArray[np.float32],
    candidates: NDArray[np.float32],
    texts: Sequence[str],
    copies: Copies,
    *,
    k: int = NEIGHBORS,
) -> HardOutcomes:
    """Retrieve translations among the candidates and their altered copies.

    Examples:
        >>> import numpy as np
        >>> vectors = np.eye(3, dtype=np.float32)
        >>> copies = Copies(vectors[[0]], np.array([0]), ["number"])
        >>> result = search_hard(vectors, vectors, ["2 cats", "tea", "milk"], copies)
        >>> round(result.plain_accuracy, 2), round(result.accuracy, 2), result.errors()
        (1.0, 0.67, {'number': 0.3333333333333333})

    Args:
        queries: Unit rows (n, dim).
        candidates: Unit rows (n, dim); candidate i translates query i.
        texts: The candidates' texts (n); equal texts count as one.
        copies: What the pool has besides.
        k: Neighbors of the margin score of xsim++.

    Raises:
        ValueError: if the lengths differ, or a copy has no original.
    """
    _check(copies, len(texts))
    plain = retrieve(queries, candidates, texts)
    n = len(queries)
    if n == 0:
        return HardOutcomes(plain.correct, plain.correct, [], len(copies.kinds), math.nan)
    best_copy = np.full(n, -np.inf, np.float32)
    kinds = np.full(n, OTHER_TEXT, object)
    if len(copies.kinds):
        neighbors = nearest(queries, copies.vectors, 1)
        best_copy = neighbors.similarities[:, 0]
        copy = neighbors.indices[:, 0]
        numbers = text_numbers(texts)
        is_own = numbers[copies.originals[copy]] == numbers
        kinds = np.where(is_own, np.array(copies.kinds, object)[copy], OTHER_TEXT)
    correct = plain.correct & (plain.gold - best_copy > TIE)
    winner = np.where(best_copy > plain.best_wrong, kinds, OTHER_TEXT)
    return HardOutcomes(
        correct=correct,
        plain_correct=plain.correct,
        winners=np.where(correct, "", winner).tolist(),
        copies=len(copies.kinds),
        xsim_error=_margin_error(queries, np.concatenate([candidates, copies.vectors]), k),
    )


def _margin_error(queries: NDArray[np.float32], pool: NDArray[np.float32], k: int) -> float:
    """Xsim's error by ratio margin, where the first n of the pool are the translations."""
    return xsim_error(nearest(queries, pool, k), nearest(pool, queries, k), "ratio", k)


def _check(copies: Copies, candidates: int) -> None:
    if not len(copies.vectors) == len(copies.originals) == len(copies.kinds):
        raise ValueError(
            f"the copies' columns must have the same length, got {len(copies.vectors)} vectors, "
            f"{len(copies.originals)} originals, {len(copies.kinds)} kinds"
        )
    if len(copies.originals) and not 0 <= copies.originals.min() <= copies.originals.max() < (
        candidates
    ):
        raise ValueError(f"a copy names an original that is not one of the {candidates} candidates")
