"""Candidates that are mined pool by pool, put into the order of the pairs through the disk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from alignment import tables
from alignment.types import Direction, Strategy

_ROWS_AT_ONCE = 2048
"""Rows of a record batch on the disk; while pools are merged, one of each is in memory."""


class Block(NamedTuple):
    """The candidates of one direction and strategy, as rows of `tables.CANDIDATES`."""

    direction: Direction
    strategy: Strategy
    batches: Iterator[pa.RecordBatch]
    """In the order of the pairs."""


def in_order_of_blocks(blocks: Iterable[Block]) -> Iterator[pa.RecordBatch]:
    """The blocks of a single pool, one after the other."""
    for block in blocks:
        yield from block.batches


def in_order_of_pairs(
    pools: Iterable[Iterable[Block]], pairs: int, directory: Path
) -> Iterator[pa.RecordBatch]:
    """The blocks of several pools as one sequence of blocks, each in the order of all pairs.

    Args:
        pools: The blocks of each pool, the same ones in the same order.
        pairs: Number of pairs in all pools together.
        directory: Where temporary files go.
    """
    with tempfile.TemporaryDirectory(dir=directory, prefix=".candidates-") as temporary:
        files: dict[tuple[Direction, Strategy], _SortedRuns] = {}
        for blocks in pools:
            for direction, strategy, batches in blocks:
                key = direction, strategy
                if key not in files:
                    files[key] = _SortedRuns(Path(temporary, f"{direction}-{strategy}.arrow"))
                files[key].add(batches)
        for runs in files.values():
            yield from runs.merged(pairs)


class _SortedRuns:
    """Runs of rows, each sorted by pair, in one temporary file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sink = pa.OSFile(str(path), "wb")
        self._writer = pa.ipc.new_file(self._sink, tables.CANDIDATES)
        self._batches = 0
        self._runs: list[range] = []  # numbers of each run's record batches

    def add(self, batches: Iterable[pa.RecordBatch]) -> None:
        """Write one run."""
        first = self._batches
        for batch in batches:
            for start in range(0, len(batch), _ROWS_AT_ONCE):
                self._writer.write_batch(batch.slice(start, _ROWS_AT_ONCE))
                self._batches += 1
        self._runs.append(range(first, self._batches))

    def merged(self, pairs: int) -> Iterator[pa.RecordBatch]:
        """All rows, sorted by pair. The file is deleted at the end."""
        self._writer.close()
        self._sink.close()
        with pa.OSFile(str(self._path)) as file, pa.ipc.open_file(file) as reader:
            runs = [_Run(reader, numbers) for numbers in self._runs]
            for first in range(0, pairs, tables.ROWS_PER_BATCH):
                window: list[pa.RecordBatch] = []
                for run in runs:
                    window += run.before(first + tables.ROWS_PER_BATCH)
                table = pa.Table.from_batches(window, tables.CANDIDATES)
                order = np.argsort(table["pair"].to_numpy())
                yield from table.take(order).combine_chunks().to_batches()
        self._path.unlink()


class _Run:
    """Reads one run from its beginning."""

    def __init__(self, reader: pa.RecordBatchFileReader, numbers: range) -> None:
        self._reader = reader
        self._unread = iter(numbers)
        self._rest: pa.RecordBatch | None = self._next()

    def before(self, stop: int) -> Iterator[pa.RecordBatch]:
        """The rows of pairs below `stop` that were not returned before."""
        while self._rest is not None:
            pairs = self._rest["pair"].to_numpy()
            below = int(np.searchsorted(pairs, stop))
            if below:
                yield self._rest.slice(0, below)
            if below < len(pairs):
                self._rest = self._rest.slice(below)
                return
            self._rest = self._next()

    def _next(self) -> pa.RecordBatch | None:
        number = next(self._unread, None)
        return None if number is None else self._reader.get_batch(number)
