"""Nearest vectors by cosine: exactly, or by HNSW (Malkov and Yashunin 2018) with faiss."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from alignment.errors import Corrupt
from alignment.extras import require

HNSW_FROM = 100_000
"""Documents from which `auto` takes HNSW. With fewer, an exact search takes about 0.1 s or less."""
HNSW_LINKS = 32
"""Links per document and layer; twice as many in the lowest layer."""
HNSW_BUILD = 200
"""Candidates that are kept while a document is linked."""
HNSW_SEARCH = 1024
"""Candidates that are kept while a query is answered, at least; more for more matches."""
_ROWS = 65_536


class Nearest(NamedTuple):
    """Documents of each query, best first."""

    rows: NDArray[np.int64]
    """(queries, k)"""
    scores: NDArray[np.float32]
    """Cosines in [-1, 1], (queries, k)."""


class VectorSearch(Protocol):
    """Finds the nearest of the vectors that it has."""

    def nearest(self, queries: NDArray[np.float32], k: int) -> Nearest:
        """The `k` vectors of highest cosine for each unit query (n, dim)."""
        ...


class ExactSearch:
    """Compares every query with every vector (n, dim), which may be mapped from a file."""

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self.vectors = vectors

    def nearest(self, queries: NDArray[np.float32], k: int) -> Nearest:
        """The `k` vectors of highest cosine; ties go to the lower row."""
        best = Nearest(
            np.empty((len(queries), 0), np.int64), np.empty((len(queries), 0), np.float32)
        )
        for start, block in blocks(self.vectors):
            scores = queries @ block.T  # (queries, rows of the block)
            rows = np.broadcast_to(np.arange(start, start + len(block)), scores.shape)
            rows = np.concatenate([best.rows, rows], axis=1)
            scores = np.concatenate([best.scores, scores], axis=1)
            best = _best(rows, scores, k)
        return best


class HnswSearch:
    """A graph of neighbors that faiss wrote to a file; vectors are float16 there.

    Raises:
        ConfigError: if faiss is not installed.
        Corrupt: if faiss cannot read the file.
    """

    def __init__(self, path: Path) -> None:
        faiss: Any = require("faiss", "search", "an index with HNSW")
        try:
            self._graph = faiss.read_index(str(path))
        except RuntimeError as error:
            raise Corrupt(f"faiss cannot read the graph ({error})", where=str(path)) from error
        self._parameters = faiss.SearchParametersHNSW
        self.shape = (self._graph.ntotal, self._graph.d)

    def nearest(self, queries: NDArray[np.float32], k: int) -> Nearest:
        """Nearly always the `k` vectors of highest cosine."""
        k = min(k, self._graph.ntotal)
        parameters = self._parameters(efSearch=max(HNSW_SEARCH, 2 * k))
        scores, rows = self._graph.search(queries, k, params=parameters)
        return Nearest(rows, scores)


def build_hnsw(vectors: NDArray[np.float32], path: Path) -> None:
    """Link unit vectors (n, dim) and write the graph to a file.

    Raises:
        ConfigError: if faiss is not installed.
    """
    faiss: Any = require("faiss", "search", "an index with HNSW")
    half = faiss.ScalarQuantizer.QT_fp16
    product = faiss.METRIC_INNER_PRODUCT
    graph = faiss.IndexHNSWSQ(vectors.shape[1], half, HNSW_LINKS, product)
    graph.hnsw.efConstruction = HNSW_BUILD
    graph.train(np.ascontiguousarray(vectors[:1]))  # float16 has nothing to learn
    for _, block in blocks(vectors):
        graph.add(np.ascontiguousarray(block))
    faiss.write_index(graph, str(path))


def blocks(vectors: NDArray[np.float32]) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """First row and vectors of one block after another."""
    for start in range(0, len(vectors), _ROWS):
        yield start, vectors[start : start + _ROWS]


def _best(rows: NDArray[np.int64], scores: NDArray[np.float32], k: int) -> Nearest:
    """The `k` highest of each line, best first; of equal ones the lower row."""
    k = min(k, scores.shape[1])
    at = scores.shape[1] - k
    # Everything that ties with the k-th is compared, so that the lower row wins.
    kth = np.partition(scores, at, axis=1)[:, at]
    best = Nearest(np.empty((len(rows), k), np.int64), np.empty((len(rows), k), np.float32))
    for line, lowest in enumerate(kth):
        chosen = np.flatnonzero(scores[line] >= lowest)
        order = np.lexsort((rows[line, chosen], -scores[line, chosen]))[:k]
        best.rows[line] = rows[line, chosen[order]]
        best.scores[line] = scores[line, chosen[order]]
    return best
