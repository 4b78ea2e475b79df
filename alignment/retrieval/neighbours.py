"""Nearest neighbours by cosine, exact, block by block."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def nearest(
    queries: NDArray[np.float32], candidates: NDArray[np.float32], k: int, *, block: int = 1024
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Indices and cosines, both (n, min(k, m)), best first; ties by the lower index.

    `queries` (n, dim) and `candidates` (m, dim) are unit rows.
    """
    k = min(k, len(candidates))
    indices = np.empty((len(queries), k), np.int64)
    scores = np.empty((len(queries), k), np.float32)
    for start in range(0, len(queries), block):
        rows = slice(start, start + block)
        similarity = queries[rows] @ candidates.T  # (block, m)
        order = np.argsort(-similarity, axis=1, kind="stable")[:, :k]
        indices[rows] = order
        scores[rows] = np.take_along_axis(similarity, order, axis=1)
    return indices, scores
