"""An index that can be queried."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alignment.arrays import map_array
from alignment.errors import ConfigError, Corrupt
from alignment.search.documents import Document, DocumentFile
from alignment.search.manifest import (
    AGAIN,
    DOCUMENTS,
    GRAPH,
    OFFSETS,
    VECTORS,
    IndexManifest,
    IndexModel,
    read_index_manifest,
)
from alignment.search.methods import ExactSearch, HnswSearch, VectorSearch

FLOAT_BYTES = 4
MAX_MATCHES = 1000


class Match(NamedTuple):
    """A document that answers a query."""

    rank: int
    """From 1."""
    score: float
    """Cosine of query and document, in [-1, 1]."""
    row: int
    """Number of the document in the index, from 0."""
    document: Document


class SearchIndex:
    """A directory that `build_index` wrote."""

    def __init__(
        self, path: Path, manifest: IndexManifest, documents: DocumentFile, search: VectorSearch
    ) -> None:
        self.path = path
        self.manifest = manifest
        self.documents = documents
        self._search = search

    @classmethod
    def open(cls, path: Path) -> SearchIndex:
        """Open an index, after a check of its files.

        Raises:
            Missing: if there is no such index.
            Corrupt: if a file is damaged.
            ConfigError: if it needs faiss, which is not installed.
        """
        manifest = read_index_manifest(path)
        offsets = map_array(path / OFFSETS, "<i8")
        if len(offsets) != manifest.documents + 1:
            raise Corrupt(
                f"got {len(offsets) - 1} documents, expected {manifest.documents}",
                where=str(path),
                hint=AGAIN,
            )
        documents = DocumentFile(path / DOCUMENTS, offsets)
        return cls(path, manifest, documents, _open_search(path, manifest))

    @property
    def model(self) -> IndexModel:
        """What encoded the documents and must encode the queries."""
        return self.manifest.model

    @property
    def documents_digest(self) -> str:
        """Identifies the documents: ranks in indexes with other documents cannot be compared."""
        return str(self.manifest.files[DOCUMENTS]["sha256"])

    def matches(self, queries: NDArray[np.float32], k: int) -> list[list[Match]]:
        """The `k` nearest documents of each query, best first; fewer if there are fewer.

        Args:
            queries: Unit vectors (n, dim) of the index's model.
            k: From 1 to `MAX_MATCHES`.

        Raises:
            ConfigError: if `k` is outside of its range, or the vectors have another dimension.
        """
        if not 1 <= k <= MAX_MATCHES:
            raise ConfigError(f"got {k} matches, expected 1 to {MAX_MATCHES}", where="k")
        if queries.ndim != 2 or queries.shape[1] != self.manifest.dim:
            raise ConfigError(
                f"got vectors of shape {queries.shape}, expected (n, {self.manifest.dim})",
                where=str(self.path),
                hint=f"Encode the queries with {self.model.name}, as the documents were.",
            )
        nearest = self._search.nearest(np.ascontiguousarray(queries, np.float32), k)
        return [
            self._matches(rows.tolist(), scores.tolist())
            for rows, scores in zip(nearest.rows, nearest.scores, strict=True)
        ]

    def _matches(self, rows: list[int], scores: list[float]) -> list[Match]:
        pairs = [(row, score) for row, score in zip(rows, scores, strict=True) if row >= 0]
        return [
            Match(rank, score, row, self.documents[row])
            for rank, (row, score) in enumerate(pairs, start=1)
        ]


def _open_search(path: Path, manifest: IndexManifest) -> VectorSearch:
    shape = (manifest.documents, manifest.dim)
    if manifest.method == "hnsw":
        graph = HnswSearch(path / GRAPH)
        if graph.shape != shape:
            raise _other_shape(path / GRAPH, str(graph.shape), shape)
        return graph
    size = (path / VECTORS).stat().st_size
    if size != FLOAT_BYTES * manifest.documents * manifest.dim:
        raise _other_shape(path / VECTORS, f"{size} bytes", shape)
    return ExactSearch(np.memmap(path / VECTORS, np.float32, "r", shape=shape))


def _other_shape(path: Path, got: str, expected: tuple[int, int]) -> Corrupt:
    message = f"got {got}, expected vectors of shape {expected}"
    return Corrupt(message, where=str(path), hint=AGAIN)
