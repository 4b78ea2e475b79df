"""Candidates that are mined pool by pool, put into the order of the pairs through the disk."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from alignment import tables
from alignment.files import write_json
from alignment.text import parse_json
from alignment.types import Direction, Strategy

_ROWS_AT_ONCE = 2048
"""Rows of a record batch on the disk; while pools are merged, one of each is in memory."""

_RUNS = "runs.json"
"""Where the runs begin and end, by the name of their file."""


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
        for spilled in _spilled(pools, Path(temporary)).values():
            yield from _merged([spilled], pairs)
            spilled.path.unlink()


def spill(pools: Iterable[Iterable[Block]], directory: Path) -> None:
    """Write the blocks of some pools into a directory, from which `merged_spills` takes them."""
    runs = {}
    for spilled in _spilled(pools, directory).values():
        runs[spilled.path.name] = [[run.start, run.stop] for run in spilled.runs]
    write_json(directory / _RUNS, runs)


def merged_spills(directories: Iterable[Path], pairs: int) -> Iterator[pa.RecordBatch]:
    """What `in_order_of_pairs` gives for the pools in all directories, in this order.

    Args:
        directories: With what `spill` wrote of some pools each.
        pairs: Number of pairs in all pools together.
    """
    by_block: dict[str, list[_Spilled]] = {}
    for directory in directories:
        for name, bounds in parse_json((directory / _RUNS).read_bytes()).items():
            runs = [range(start, stop) for start, stop in bounds]
            by_block.setdefault(name, []).append(_Spilled(directory / name, runs))
    for spilled in by_block.values():
        yield from _merged(spilled, pairs)


class _Spilled(NamedTuple):
    """Rows of one direction and strategy, in runs that are sorted by pair."""

    path: Path
    runs: list[range]
    """Numbers of each run's record batches."""


def _spilled(pools: Iterable[Iterable[Block]], directory: Path) -> dict[str, _Spilled]:
    """Write the blocks of each direction and strategy to a file; returns the files by name."""
    files: dict[str, _RunsWriter] = {}
    for blocks in pools:
        for direction, strategy, batches in blocks:
            name = f"{direction}-{strategy}.arrow"
            if name not in files:
                files[name] = _RunsWriter(directory / name)
            files[name].add(batches)
    return {name: runs.finish() for name, runs in files.items()}


class _RunsWriter:
    """Writes runs of rows, each sorted by pair, into one file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sink = pa.OSFile(str(path), "wb")
        self._writer = pa.ipc.new_file(self._sink, tables.CANDIDATES)
        self._batches = 0
        self._runs: list[range] = []

    def add(self, batches: Iterable[pa.RecordBatch]) -> None:
        """Write one run."""
        first = self._batches
        for batch in batches:
            for start in range(0, len(batch), _ROWS_AT_ONCE):
                self._writer.write_batch(batch.slice(start, _ROWS_AT_ONCE))
                self._batches += 1
        self._runs.append(range(first, self._batches))

    def finish(self) -> _Spilled:
        """Close the file."""
        self._writer.close()
        self._sink.close()
        return _Spilled(self._path, self._runs)


def _merged(spilled: Iterable[_Spilled], pairs: int) -> Iterator[pa.RecordBatch]:
    """All rows of one direction and strategy, sorted by pair."""
    with contextlib.ExitStack() as opened:
        runs = []
        for path, numbers_of_runs in spilled:
            file = opened.enter_context(pa.OSFile(str(path)))
            reader = opened.enter_context(pa.ipc.open_file(file))
            runs += [_Run(reader, numbers) for numbers in numbers_of_runs]
        for first in range(0, pairs, tables.ROWS_PER_BATCH):
            window: list[pa.RecordBatch] = []
            for run in runs:
                window += run.before(first + tables.ROWS_PER_BATCH)
            table = pa.Table.from_batches(window, tables.CANDIDATES)
            order = np.argsort(table["pair"].to_numpy())
            yield from table.take(order).combine_chunks().to_batches()


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
