"""Retrieval from one pool of many languages, as in a knowledge base that has them all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alignment.retrieval.metrics import TIE
from alignment.retrieval.neighbors import nearest

RECALL_AT = 10
SPARE = 22
"""Neighbors beyond `RECALL_AT` that are searched: texts of the query's own meaning take places."""


class MixedPool(NamedTuple):
    """The texts that are searched, and what is known of each. All have m entries."""

    vectors: NDArray[np.float32]
    """Unit rows (m, dim)."""
    meanings: NDArray[np.int64]
    """Texts of one meaning translate each other."""
    languages: Sequence[str]


class MixedResult(NamedTuple):
    """How the queries of one language do in the mixed pool; NaN if there are none."""

    language: str
    queries: int
    accuracy: float
    """Share of queries that are strictly nearer to a translation than to every wrong text."""
    recall: float
    """Share of queries with a translation among the first 10 texts."""
    wrong_in_own_language: float
    """Share of the wrong first answers that are in the query's language; NaN without any."""
    share_of_pool: float
    """Share of the pool's wrong texts that are in the query's language."""

    @property
    def bias(self) -> float:
        """How much more often a wrong answer is in the query's language than chance has it."""
        if not self.share_of_pool:
            return math.nan
        return self.wrong_in_own_language / self.share_of_pool


class MixedOutcomes(NamedTuple):
    """The queries of one language in the mixed pool, by row of the pool; all have q entries."""

    rows: NDArray[np.int64]
    correct: NDArray[np.bool_]
    """Whether a translation is strictly nearer than every wrong text."""
    recalled: NDArray[np.bool_]
    """Whether a translation is among the first 10 texts."""
    own_language: NDArray[np.bool_]
    """Whether the nearest wrong text is in the query's language."""


def search_mixed(pool: MixedPool, language: str) -> MixedResult:
    """Search every text of one language among all other texts of the pool.

    A query never finds itself. Queries without a translation in the pool are left out. A tie of a
    translation with a wrong text is wrong.

    Examples:
        >>> import numpy as np
        >>> angles = np.array([0.0, 0.1, 0.15, 1.0])
        >>> vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
        >>> pool = MixedPool(vectors, np.array([0, 0, 1, 1]), ["cy", "en", "cy", "en"])
        >>> search_mixed(pool, "cy").accuracy
        0.5

    Raises:
        ValueError: if the pool's columns differ in length.
    """
    return summarize(pool, language, mixed_outcomes(pool, language))


def summarize(pool: MixedPool, language: str, outcomes: MixedOutcomes) -> MixedResult:
    """The result of one language, from the outcomes of its queries."""
    rows, correct = outcomes.rows, outcomes.correct
    if not len(rows):
        return MixedResult(language, 0, math.nan, math.nan, math.nan, math.nan)
    is_own = _is_in(pool, language)
    wrong_texts = len(is_own) - _texts_of_meaning(pool)[rows]
    own_wrong_texts = is_own.sum() - _own_texts_of_meaning(pool, is_own)[rows]
    is_searched = wrong_texts > 0
    answers = outcomes.own_language[~correct]
    return MixedResult(
        language=language,
        queries=len(rows),
        accuracy=float(correct.mean()),
        recall=float(outcomes.recalled.mean()),
        wrong_in_own_language=float(answers.mean()) if len(answers) else math.nan,
        share_of_pool=_mean_share(own_wrong_texts[is_searched], wrong_texts[is_searched]),
    )


def mixed_outcomes(pool: MixedPool, language: str) -> MixedOutcomes:
    """As `search_mixed`, query by query.

    Raises:
        ValueError: if the pool's columns differ in length.
    """
    if not len(pool.vectors) == len(pool.meanings) == len(pool.languages):
        raise ValueError(
            f"the pool's columns must have the same length, got {len(pool.vectors)} vectors, "
            f"{len(pool.meanings)} meanings, {len(pool.languages)} languages"
        )
    is_own = _is_in(pool, language)
    texts_of_meaning = _texts_of_meaning(pool)
    rows = np.flatnonzero(is_own & (texts_of_meaning > 1))
    if not len(rows):
        none = np.zeros(0, bool)
        return MixedOutcomes(rows, none, none, none)
    depth = int(texts_of_meaning[rows].max()) + RECALL_AT + SPARE
    neighbors = nearest(pool.vectors[rows], pool.vectors, depth)
    is_self = neighbors.indices == rows[:, None]
    is_right = (pool.meanings[neighbors.indices] == pool.meanings[rows, None]) & ~is_self
    is_wrong = ~is_right & ~is_self
    best_right = _best(neighbors.similarities, is_right)
    best_wrong = _best(neighbors.similarities, is_wrong)
    wrong_before = (is_wrong & (neighbors.similarities >= best_right[:, None] - TIE)).sum(axis=1)
    return MixedOutcomes(
        rows=rows,
        correct=best_right - best_wrong > TIE,
        recalled=np.isfinite(best_right) & (wrong_before < RECALL_AT),
        own_language=_answers_in_own_language(neighbors.indices, is_wrong, is_own),
    )


def _is_in(pool: MixedPool, language: str) -> NDArray[np.bool_]:
    """Whether each text is in the language (m,)."""
    return np.array([each == language for each in pool.languages], bool)


def _texts_of_meaning(pool: MixedPool) -> NDArray[np.int64]:
    """How many texts of any language have each text's meaning (m,)."""
    counts: NDArray[np.int64] = np.bincount(pool.meanings)[pool.meanings]
    return counts


def _best(similarities: NDArray[np.float32], where: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The highest similarity of each row among the marked ones; -inf without any."""
    best: NDArray[np.float32] = np.where(where, similarities, -np.inf).max(axis=1)
    return best


def _answers_in_own_language(
    indices: NDArray[np.int64], is_wrong: NDArray[np.bool_], is_own: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Whether the nearest wrong text of each query is in the query's language."""
    first_wrong = is_wrong.argmax(axis=1)
    nearest_wrong = np.take_along_axis(indices, first_wrong[:, None], axis=1)[:, 0]
    answers: NDArray[np.bool_] = is_own[nearest_wrong]
    return answers


def _own_texts_of_meaning(pool: MixedPool, is_own: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many texts of the language have each text's meaning (m,)."""
    counts = np.bincount(pool.meanings[is_own], minlength=int(pool.meanings.max()) + 1)
    own_counts: NDArray[np.int64] = counts[pool.meanings]
    return own_counts


def _mean_share(parts: NDArray[np.int64], wholes: NDArray[np.int64]) -> float:
    return float((parts / wholes).mean()) if len(wholes) else math.nan
