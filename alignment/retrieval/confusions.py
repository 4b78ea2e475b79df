"""The clearest wrong answers of retrieval: which text was found instead of the translation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alignment.retrieval.metrics import Outcomes, text_numbers

WORST = 10


class Confusion(NamedTuple):
    """One query with the wrong text that is nearest to it."""

    query: int
    """Row of the query, which is the row of its translation as well."""
    retrieved: int
    """Row of the nearest wrong candidate."""
    similarity: float
    """Cosine of the query and that candidate."""
    gold_similarity: float
    """Cosine of the query and its translation."""

    @property
    def gap(self) -> float:
        """How much nearer the wrong text is; 0 if both are equally near."""
        return self.similarity - self.gold_similarity


def worst_confusions(
    queries: NDArray[np.float32],
    candidates: NDArray[np.float32],
    texts: Sequence[str],
    outcomes: Outcomes,
    *,
    count: int = WORST,
) -> list[Confusion]:
    """The wrong answers with the largest gap between the wrong text and the translation.

    The largest gap comes first, and of equal gaps the first query. Queries whose scores are not
    finite are left out.

    Examples:
        >>> import numpy as np
        >>> from alignment.retrieval.metrics import retrieve
        >>> queries = np.array([[0, 1], [1, 0]], np.float32)
        >>> candidates = np.array([[0.6, 0.8], [0, 1]], np.float32)
        >>> outcomes = retrieve(queries, candidates, ["te", "llaeth"])
        >>> confusions = worst_confusions(queries, candidates, ["te", "llaeth"], outcomes)
        >>> [(confusion.query, confusion.retrieved) for confusion in confusions]
        [(1, 0), (0, 1)]

    Args:
        queries: Unit rows (n, dim).
        candidates: Unit rows (n, dim).
        texts: The candidates' texts (n); those with the text of the translation are not wrong.
        outcomes: What `retrieve` says of the same arguments.
        count: How many to return at most.
    """
    gaps = outcomes.best_wrong.astype(np.float64) - outcomes.gold
    is_shown = ~outcomes.correct & np.isfinite(gaps)
    wrong = np.flatnonzero(is_shown)
    rows = wrong[np.argsort(-gaps[wrong], kind="stable")][:count]
    numbers = text_numbers(texts)
    is_gold = numbers[rows, None] == numbers[None, :]
    scores = np.where(is_gold, -np.inf, queries[rows] @ candidates.T)  # (count, n)
    nearest = scores.argmax(axis=1) if len(rows) else rows
    confusions = []
    for row, retrieved in zip(rows.tolist(), nearest.tolist(), strict=True):
        similarity = float(outcomes.best_wrong[row])
        confusions.append(Confusion(row, retrieved, similarity, float(outcomes.gold[row])))
    return confusions
