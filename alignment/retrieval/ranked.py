"""The nearest documents of each query, where the documents come in blocks."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from alignment.retrieval.neighbors import Neighbors, nearest

DEPTH = 100
"""Documents per query: as deep as recall@100 looks."""


def rank_documents(
    queries: NDArray[np.float32], blocks: Iterable[NDArray[np.float32]], depth: int = DEPTH
) -> Neighbors:
    """The `depth` documents of highest cosine for each query, best first, exactly.

    As `nearest` over all blocks together; only one block is in memory. Ties go to the document
    that comes first.

    Examples:
        >>> import numpy as np
        >>> blocks = [np.array([[0.6, 0.8]], np.float32), np.eye(2, dtype=np.float32)]
        >>> rank_documents(np.array([[1, 0]], np.float32), blocks, depth=2).indices.tolist()
        [[1, 0]]

    Args:
        queries: Unit rows (n, dim).
        blocks: Unit rows of the documents (m_block, dim), in their order.
        depth: Documents per query.

    Returns:
        Numbers of the documents over all blocks (n, min(depth, m)), and their cosines.
    """
    n = len(queries)
    best = Neighbors(np.empty((n, 0), np.int64), np.empty((n, 0), np.float32))
    first = 0
    for block in blocks:
        in_block = nearest(queries, block, depth)
        best = _merged(best, Neighbors(in_block.indices + first, in_block.similarities), depth)
        first += len(block)
    return best


def _merged(best: Neighbors, later: Neighbors, depth: int) -> Neighbors:
    """The best of both; the stable sort leaves ties to the earlier documents."""
    indices = np.hstack([best.indices, later.indices])
    similarities = np.hstack([best.similarities, later.similarities])
    order = np.argsort(-similarities, axis=1, kind="stable")[:, :depth]
    return Neighbors(
        np.take_along_axis(indices, order, axis=1),
        np.take_along_axis(similarities, order, axis=1),
    )
