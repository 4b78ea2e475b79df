"""Candidates on their way from mining to the choice: a column at a time, since a million pairs have a hundred million."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from alignment import tables
from alignment.triplets.negatives import Candidates
from alignment.types import Direction, Strategy

Key = tuple[int, Direction, Strategy]
"""Row of the pair, direction, strategy."""


class Mined(NamedTuple):
    """The candidates of one pair, direction and strategy, best first, as `tables.CANDIDATES` has them."""

    positive_similarity: float | None
    candidates: Sequence[int]
    scores: Sequence[float]
    similarities: Sequence[float] | None


class Lookup(Protocol):
    """Where the choice finds the candidates of a pair."""

    def get(self, key: Key, /) -> Mined | None:
        """None where the strategy was not mined."""
        ...


class Vectors(NamedTuple):
    """Unit vectors (n, dim) of the anchors, of their true translations and of the texts that candidates name."""

    anchors: NDArray[np.float32]
    positives: NDArray[np.float32]
    pool: NDArray[np.float32]


def batches(
    direction: Direction, strategy: Strategy, mined: Candidates, vectors: Vectors | None
) -> Iterator[pa.RecordBatch]:
    """The rows of `tables.CANDIDATES` of one direction and strategy; without vectors the similarities are null."""
    for first in range(0, len(mined.rows), tables.ROWS_PER_BATCH):
        part = slice(first, first + tables.ROWS_PER_BATCH)
        rows, scores = mined.rows[part], mined.scores[part]
        kept = rows >= 0
        starts = pa.array(np.concatenate([[0], kept.sum(axis=1).cumsum()]), pa.int32())
        n = len(rows)
        if vectors is None:
            positive, similarities = pa.nulls(n, pa.float32()), pa.nulls(n, pa.list_(pa.float32()))
        else:
            anchors = vectors.anchors[part]
            positive = pa.array(np.einsum("nd,nd->n", anchors, vectors.positives[part]))
            cosines = pa.array(_cosines(anchors, vectors.pool, rows)[kept])
            similarities = pa.ListArray.from_arrays(starts, cosines)
        yield pa.RecordBatch.from_arrays(
            [
                pa.array(np.arange(first, first + n, dtype=np.int32)),
                pa.repeat(direction, n),
                pa.repeat(strategy, n),
                positive,
                pa.ListArray.from_arrays(starts, pa.array(rows[kept])),
                pa.ListArray.from_arrays(starts, pa.array(scores[kept])),
                similarities,
            ],
            schema=tables.CANDIDATES,
        )


def _cosines(
    anchors: NDArray[np.float32], pool: NDArray[np.float32], rows: NDArray[np.int32]
) -> NDArray[np.float32]:
    """Of each anchor with its candidates: (n, k)."""
    found = np.empty(rows.shape, np.float32)
    for first in range(0, len(rows), 512):  # gathered vectors are k times the anchors
        part = slice(first, first + 512)
        found[part] = np.einsum("nkd,nd->nk", pool[rows[part]], anchors[part])
    return found


class _Block(NamedTuple):
    """All pairs' candidates of one direction and strategy."""

    positive: pa.Array
    starts: NDArray[np.int32]
    candidates: NDArray[np.int32]
    scores: NDArray[np.float32]
    similarities: NDArray[np.float32] | None


class MinedTable:
    """The `candidates.parquet` of some pairs of one language in memory, about 12 bytes for each candidate."""

    def __init__(self, path: Path, rows: range) -> None:
        self._blocks: dict[tuple[str, str], _Block] = {}
        self._first = rows.start
        inside = [("pair", ">=", rows.start), ("pair", "<", rows.stop)]
        table = pq.read_table(path, filters=inside, use_threads=False)
        pairs = len(rows)
        for first in range(0, len(table), pairs or 1):
            part = table.slice(first, pairs).combine_chunks()
            candidates, scores, similarities = (
                part[name].chunk(0) for name in ("candidates", "scores", "similarities")
            )
            self._blocks[part["direction"][0].as_py(), part["strategy"][0].as_py()] = _Block(
                part["positive_similarity"].chunk(0),
                candidates.offsets.to_numpy() - candidates.offsets[0].as_py(),
                candidates.flatten().to_numpy(),
                scores.flatten().to_numpy(),
                None if similarities.null_count else similarities.flatten().to_numpy(),
            )

    def get(self, key: Key, /) -> Mined | None:
        """None where the strategy was not mined."""
        row, direction, strategy = key
        if (block := self._blocks.get((direction, strategy))) is None:
            return None
        row -= self._first
        own = slice(block.starts[row], block.starts[row + 1])
        cosines = block.similarities
        return Mined(
            block.positive[row].as_py(),
            block.candidates[own].tolist(),
            block.scores[own].tolist(),
            None if cosines is None else cosines[own].tolist(),
        )
