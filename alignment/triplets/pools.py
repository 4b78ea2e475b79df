"""Pairs of one language in pools of bounded size, so that mining takes time linear in the corpus.

Candidates for negatives come from the pair's own pool: a random one here, by a hash of its id, or
one of pairs that are near each other (`near_pools`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from alignment import tables
from alignment.triplets.negatives import identity_hashes

_COLUMNS = ["pair_id", "source", "target"]
_SCHEMA = pa.schema([("row", pa.int64()), *((name, pa.string()) for name in _COLUMNS)])
_SLAB = 16
"""Batches that are sorted by pool at a time, so that a pool's pairs are written in long runs."""


@dataclass(frozen=True)
class Pool:
    """Some pairs of one language as columns, in the order of the table."""

    rows: NDArray[np.int64]
    """In the table, ascending (n,)."""
    ids: list[str] = field(repr=False)
    source: list[str] = field(repr=False)
    target: list[str] = field(repr=False)

    def __len__(self) -> int:
        return len(self.rows)


def pool_count(pairs: int, size: int) -> int:
    """Number of pools of at most `size` pairs."""
    return max(1, -(-pairs // size))


def pool_numbers(hashes: NDArray[np.uint64], size: int) -> NDArray[np.int32]:
    """Number of each row's pool (n,), from a hash of each row (n,).

    There are as few pools of at most `size` rows as possible, all of the same size, give or take
    one. Rows are dealt out in the order of their hashes, so that a pool is a random sample.
    """
    n = len(hashes)
    numbers = np.empty(n, np.int32)
    numbers[np.argsort(hashes, kind="stable")] = np.arange(n) * pool_count(n, size) // max(1, n)
    return numbers


def random_pool_numbers(path: Path, size: int, seed: int) -> NDArray[np.int32]:
    """Number of the pool of each pair of a table (n,), by a hash of its id and the seed."""
    parts = []
    for batch in tables.batches(path, ["pair_id"]):
        parts.append(identity_hashes(batch["pair_id"].to_pylist(), seed))
    return pool_numbers(np.concatenate(parts), size)


def whole_table(path: Path) -> Pool:
    """All pairs of a table."""
    ids, source, target = tables.read_columns(path, *_COLUMNS)
    return Pool(np.arange(len(ids)), ids, source, target)


def read_pools(
    path: Path, numbers: NDArray[np.int32], directory: Path, pools: range | None = None
) -> Iterator[Pool]:
    """The pairs of a table pool by pool, one pool in memory at a time.

    The texts are first copied to a temporary file, sorted by pool: the table is read once and not
    once per pool.

    Args:
        path: The table.
        numbers: Of the pool of each pair (n,).
        directory: Where the temporary file goes.
        pools: Numbers of the pools to read, without a gap; None: all of them.
    """
    if pools is None:
        pools = range(int(numbers.max()) + 1)
    with tempfile.TemporaryDirectory(dir=directory, prefix=".pools-") as temporary:
        file = Path(temporary, "pairs.arrow")
        parts = _sort_by_pool(path, numbers, pools, file)
        with pa.OSFile(str(file)) as opened, pa.ipc.open_file(opened) as reader:
            for batches in parts:
                yield _pool([reader.get_batch(number) for number in batches])


def _sort_by_pool(
    path: Path, numbers: NDArray[np.int32], pools: range, file: Path
) -> list[list[int]]:
    """Write the pairs of one pool next to each other, slab by slab.

    Returns the numbers of each pool's record batches in the file, in the order of the table.
    """
    parts: list[list[int]] = [[] for _ in pools]
    written = 0
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, _SCHEMA, options=options) as out:
        for slab in _slabs(path):
            number_of_row = numbers[slab["row"].to_numpy()]
            order = np.argsort(number_of_row, kind="stable")
            bounds = [pools.start, pools.stop]
            start, stop = np.searchsorted(number_of_row, bounds, sorter=order)
            ordered = slab.take(order[start:stop]).combine_chunks()
            sizes = np.bincount(number_of_row, minlength=pools.stop)[pools.start : pools.stop]
            ends = np.cumsum(sizes)
            for pool in np.flatnonzero(sizes).tolist():
                part = ordered.slice(ends[pool] - sizes[pool], sizes[pool])
                out.write_table(part)
                parts[pool].append(written)
                written += 1
    return parts


def _slabs(path: Path) -> Iterator[pa.Table]:
    """The table in parts of many batches, with a column of row numbers."""
    first = 0
    waiting: list[pa.RecordBatch] = []
    for batch in tables.batches(path, _COLUMNS):
        row = pa.array(np.arange(first, first + len(batch)))
        columns = [row, *(batch[name] for name in _COLUMNS)]
        waiting.append(pa.RecordBatch.from_arrays(columns, schema=_SCHEMA))
        first += len(batch)
        if len(waiting) == _SLAB:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


def _pool(batches: list[pa.RecordBatch]) -> Pool:
    table = pa.Table.from_batches(batches, _SCHEMA)
    texts = [table[name].to_pylist() for name in _COLUMNS]
    return Pool(table["row"].to_numpy(), *texts)
