"""Mean cosine of a text and its nearest neighbors: the denominator of the ratio margin."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from alignment.retrieval.neighbors import nearest

NEIGHBORS = 4
"""k, as in LASER."""


def neighbor_means(
    queries: NDArray[np.float32],
    candidates: NDArray[np.float32],
    candidate_texts: NDArray[np.integer[Any]],
    *,
    device: str = "cpu",
) -> NDArray[np.float32]:
    """Mean cosine of each query and its nearest candidates (n,), for the ratio margin.

    The ratio margin of a pair is its cosine over the mean of both sides' means (Artetxe and
    Schwenk 2019, "Margin-based Parallel Corpus Mining with Multilingual Sentence Embeddings").

    Args:
        queries: Unit rows (n, dim).
        candidates: Unit rows (m, dim).
        candidate_texts: A number for each candidate (m,); of equal ones only the first counts.
        device: Where torch searches.
    """
    _, distinct = np.unique(candidate_texts, return_index=True)
    neighbors = nearest(queries, candidates[np.sort(distinct)], NEIGHBORS, device=device)
    means: NDArray[np.float32] = neighbors.similarities.mean(axis=1)
    return means
