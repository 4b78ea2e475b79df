"""Nearest neighbors by cosine."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Neighbors(NamedTuple):
    """Nearest candidates of each query, best first; ties go to the lower index.

    Equal candidates tie, unless the CPU adds up their products in another order because they
    are at another place.
    """

    indices: NDArray[np.int64]
    """(n, min(k, m))"""
    similarities: NDArray[np.float32]
    """(n, min(k, m))"""


def nearest(
    queries: NDArray[np.float32],
    candidates: NDArray[np.float32],
    k: int,
    *,
    block: int = 1024,
    device: str = "cpu",
) -> Neighbors:
    """Find the `k` candidates of highest cosine for each query, exactly.

    Args:
        queries: Unit rows (n, dim).
        candidates: Unit rows (m, dim).
        k: Neighbors per query.
        block: Queries that are compared at once on a CPU.
        device: Where to search, "cpu" or "cuda". Products are float32 on both.

    Examples:
        >>> import numpy as np
        >>> candidates = np.array([[1, 0], [0, 1], [0.6, 0.8]], np.float32)
        >>> neighbors = nearest(np.array([[0.8, 0.6]], np.float32), candidates, k=2)
        >>> neighbors.indices.tolist()
        [[2, 0]]
        >>> neighbors.similarities.round(2)
        array([[0.96, 0.8 ]], dtype=float32)
    """
    # Imported here because it loads torch, which takes seconds; many modules need only the types.
    from alignment.retrieval.exact_search import search

    return search(queries, candidates, min(k, len(candidates)), block=block, device=device)
