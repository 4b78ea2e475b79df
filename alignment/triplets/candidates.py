"""Candidates for negatives, from mining to the choice, as columns.

A million pairs have a hundred million candidates, so none of them is a Python object for long.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from alignment import tables
from alignment.types import Direction, Strategy

Key = tuple[int, Direction, Strategy]
"""Row of the pair, direction, strategy."""

_ANCHORS_AT_ONCE = 512  # gathered candidate vectors take k times the memory of the anchors


class Candidates(NamedTuple):
    """For each row of one language's pairs, other rows in a strategy's order of preference."""

    rows: NDArray[np.int32]
    """Best first (n, k); -1 where a row has fewer than k."""
    scores: NDArray[np.float32]
    """The strategy's own score of each (n, k)."""


class PairCandidates(NamedTuple):
    """The candidates of one pair, direction and strategy, best first."""

    positive_similarity: float | None
    """Cosine of anchor and positive under the base encoder."""
    candidates: Sequence[int]
    """Rows of the pairs that have them."""
    scores: Sequence[float]
    similarities: Sequence[float] | None
    """Cosines of the anchor and each candidate under the base encoder."""


class Lookup(Protocol):
    """Where the choice finds the candidates of a pair."""

    def get(self, key: Key, /) -> PairCandidates | None:
        """None where the strategy was not mined."""
        ...


class Vectors(NamedTuple):
    """Unit vectors (n, dim) of one direction's texts."""

    anchors: NDArray[np.float32]
    positives: NDArray[np.float32]
    pool: NDArray[np.float32]
    """Of the texts that the candidates' rows number."""


def batches(
    direction: Direction,
    strategy: Strategy,
    mined: Candidates,
    vectors: Vectors | None,
    pairs: NDArray[np.int64],
) -> Iterator[pa.RecordBatch]:
    """Rows of `tables.CANDIDATES` of one direction and strategy.

    Args:
        direction: Of the anchors.
        strategy: That mined the candidates.
        mined: The candidates, whose rows number the entries of `pairs`.
        vectors: Without them the similarities are null.
        pairs: Row of each pair in the table of all pairs (n,).
    """
    pairs = pairs.astype(np.int32)
    for first in range(0, len(mined.rows), tables.ROWS_PER_BATCH):
        part = slice(first, first + tables.ROWS_PER_BATCH)
        rows = mined.rows[part]  # (batch, k)
        filled = rows >= 0
        # Lists of different lengths: those of pair i are entries starts[i] to starts[i + 1].
        starts = pa.array(np.concatenate([[0], filled.sum(axis=1).cumsum()]), pa.int32())
        n = len(rows)
        positive = pa.nulls(n, pa.float32())
        similarities = pa.nulls(n, pa.list_(pa.float32()))
        if vectors is not None:
            anchors = vectors.anchors[part]
            positive = pa.array(np.einsum("nd,nd->n", anchors, vectors.positives[part]))
            cosines = pa.array(_cosines(anchors, vectors.pool, rows)[filled])
            similarities = pa.ListArray.from_arrays(starts, cosines)
        columns = [
            pa.array(pairs[part]),
            pa.repeat(direction, n),
            pa.repeat(strategy, n),
            positive,
            pa.ListArray.from_arrays(starts, pa.array(pairs[rows[filled]])),
            pa.ListArray.from_arrays(starts, pa.array(mined.scores[part][filled])),
            similarities,
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=tables.CANDIDATES)


def _cosines(
    anchors: NDArray[np.float32], pool: NDArray[np.float32], rows: NDArray[np.int32]
) -> NDArray[np.float32]:
    """Cosine of each anchor with each of its candidates (n, k)."""
    cosines = np.empty(rows.shape, np.float32)
    for first in range(0, len(rows), _ANCHORS_AT_ONCE):
        part = slice(first, first + _ANCHORS_AT_ONCE)
        cosines[part] = np.einsum("nkd,nd->nk", pool[rows[part]], anchors[part])
    return cosines


class _Block(NamedTuple):
    """The candidates of all pairs for one direction and strategy."""

    positive: pa.Array
    """Cosine of anchor and positive (n,)."""
    starts: NDArray[np.int32]
    """Where each pair's candidates begin, and where the last ones end (n + 1,)."""
    candidates: NDArray[np.int32]
    scores: NDArray[np.float32]
    similarities: NDArray[np.float32] | None


class CandidateTable:
    """Some rows of `candidates.parquet` in memory, at about 12 bytes per candidate."""

    def __init__(self, path: Path, rows: range) -> None:
        self._first = rows.start
        self._blocks: dict[tuple[str, str], _Block] = {}
        # Rows are sorted by direction and strategy and then by pair, so that the table falls into
        # blocks of one row per pair.
        table = _rows_of_pairs(path, rows)
        pairs = len(rows)
        for first in range(0, len(table), pairs or 1):
            part = table.slice(first, pairs).combine_chunks()
            key = part["direction"][0].as_py(), part["strategy"][0].as_py()
            self._blocks[key] = _block(part)

    def get(self, key: Key, /) -> PairCandidates | None:
        """The candidates of one pair; None where the strategy was not mined."""
        row, direction, strategy = key
        block = self._blocks.get((direction, strategy))
        if block is None:
            return None
        row -= self._first
        part = slice(block.starts[row], block.starts[row + 1])
        similarities = None
        if block.similarities is not None:
            similarities = block.similarities[part].tolist()
        return PairCandidates(
            block.positive[row].as_py(),
            block.candidates[part].tolist(),
            block.scores[part].tolist(),
            similarities,
        )


def _rows_of_pairs(path: Path, rows: range) -> pa.Table:
    """The rows of a file of candidates that are those of some pairs, in the order of the file."""
    status = path.stat()
    spans = _spans(path, status.st_mtime_ns, status.st_size)
    parts = [tables.CANDIDATES.empty_table()]
    with tables.opened(path) as file:
        for number in np.flatnonzero((spans[0] < rows.stop) & (spans[1] >= rows.start)).tolist():
            group = file.read_row_group(number, use_threads=False)
            pairs = group["pair"].to_numpy()
            inside = (pairs >= rows.start) & (pairs < rows.stop)
            parts.append(group.filter(pa.array(inside)))
    return pa.concat_tables(parts)


@functools.lru_cache(maxsize=1)
def _spans(path: Path, _mtime: int, _size: int) -> NDArray[np.int64]:
    """The first and last pair of each row group of a file (2, groups).

    Kept for the parts that follow: a scan of the file's statistics for each of them would take
    time with the square of the pairs.
    """
    with tables.opened(path) as file:
        metadata = file.metadata
        spans = np.full((2, metadata.num_row_groups), -1, np.int64)
        for number in range(metadata.num_row_groups):
            group = metadata.row_group(number)
            if group.num_rows:
                statistics = group.column(0).statistics
                spans[:, number] = statistics.min, statistics.max
    return spans


def _block(table: pa.Table) -> _Block:
    candidates = table["candidates"].chunk(0)
    scores = table["scores"].chunk(0)
    similarities = table["similarities"].chunk(0)
    return _Block(
        table["positive_similarity"].chunk(0),
        candidates.offsets.to_numpy() - candidates.offsets[0].as_py(),
        candidates.flatten().to_numpy(),
        scores.flatten().to_numpy(),
        None if similarities.null_count else similarities.flatten().to_numpy(),
    )
