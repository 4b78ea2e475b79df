"""A set of 64-bit hashes that is asked a column at a time: sorted runs, in memory and on disk.

A hash takes eight bytes. Runs are merged into ever longer ones, as in a log-structured merge tree.
A run of `SPILL` hashes is written to a memory-mapped file, so that memory stays bounded.
docs/experiments.md compares this with DuckDB and with Python's set.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from alignment.arrays import write_array
from alignment.cleaning.columns import Bools, Ints

SPILL = 2**24  # hashes: 128 MiB


class SeenHashes:
    """Remembers hashes and says of each whether it was seen before.

    Runs of `spill` hashes or more go to files in `directory`; without one, all stays in memory.
    """

    def __init__(self, directory: Path | None = None, spill: int = SPILL) -> None:
        self.directory = directory
        self.spill = spill
        self._runs: list[Ints] = []  # sorted, each at least twice as long as the next
        self._on_disk: list[Ints] = []  # sorted

    def __len__(self) -> int:
        return sum(map(len, self._runs)) + sum(map(len, self._on_disk))

    def add(self, hashes: Ints) -> Bools:
        """Remember hashes (n,); True where one was seen before, here or earlier in the column."""
        order = np.argsort(hashes)  # not stable, which is five times as fast
        ordered = hashes[order]
        is_new = np.ones(len(hashes), dtype=bool)
        is_new[1:] = ordered[1:] != ordered[:-1]
        starts = np.flatnonzero(is_new)
        distinct = ordered[starts]
        first = np.minimum.reduceat(order, starts) if len(starts) else starts
        unknown = ~self._in_runs(distinct)
        self._insert(distinct[unknown])
        seen = np.ones(len(hashes), dtype=bool)
        seen[first[unknown]] = False
        return seen

    def _in_runs(self, ordered: Ints) -> Bools:
        known = np.zeros(len(ordered), dtype=bool)
        for run in (*self._on_disk, *self._runs):
            # Sorted queries read a run on disk from front to back.
            places = np.searchsorted(run, ordered)
            places[places == len(run)] = 0  # past the end: any place serves, it will not be equal
            known |= run[places] == ordered
        return known

    def _insert(self, new: Ints) -> None:
        if not len(new):
            return
        while self._runs and len(self._runs[-1]) < 2 * len(new):
            new = np.concatenate([self._runs.pop(), new])
            new.sort(kind="stable")  # timsort merges the two sorted halves
        if self.directory is not None and len(new) >= self.spill:
            path = self.directory / f"seen-{id(self):x}-{len(self._on_disk)}.u64"
            with path.open("wb") as file:
                write_array(file, new)
            self._on_disk.append(np.memmap(path, dtype=new.dtype, mode="r"))
        else:
            self._runs.append(new)
