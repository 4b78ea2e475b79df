"""A set of 64-bit hashes that takes whole columns: sorted runs in memory, and on disk past a size.

Eight bytes a hash. A run doubles when it is merged, as in a log-structured tree; runs of `SPILL`
hashes are written to a file that the system pages in as it is read, so that memory stays bounded.
docs/experiments.md compares it with DuckDB and with Python's set.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

SPILL = 2**24  # hashes: 128 MiB


class SeenHashes:
    """Remembers hashes; says of each whether it came before."""

    def __init__(self, directory: Path | None = None, spill: int = SPILL) -> None:
        self.directory = directory
        self.spill = spill
        self._runs: list[np.ndarray] = []  # sorted, each at least twice as long as the next
        self._frozen: list[np.ndarray] = []  # sorted, on disk

    def __len__(self) -> int:
        return sum(map(len, self._runs)) + sum(map(len, self._frozen))

    def add(self, hashes: np.ndarray) -> np.ndarray:
        """Remember (n,) int64 hashes; True where one was seen before, here or earlier in the column (n,) bool."""
        order = np.argsort(hashes, kind="stable")
        ordered = hashes[order]
        repeated = np.zeros(len(hashes), dtype=bool)
        repeated[1:] = ordered[1:] == ordered[:-1]
        known = repeated | self._in_runs(ordered)
        self._insert(ordered[~known])
        seen = np.empty(len(hashes), dtype=bool)
        seen[order] = known
        return seen

    def _in_runs(self, ordered: np.ndarray) -> np.ndarray:
        known = np.zeros(len(ordered), dtype=bool)
        for run in (*self._frozen, *self._runs):
            places = np.searchsorted(
                run, ordered
            )  # in order, so that a run on disk is read from front to back
            places[places == len(run)] = 0
            known |= run[places] == ordered
        return known

    def _insert(self, new: np.ndarray) -> None:
        if not len(new):
            return
        while self._runs and len(self._runs[-1]) < 2 * len(new):
            new = np.concatenate([self._runs.pop(), new])
            new.sort(kind="stable")  # finds the two sorted halves and merges them
        self._runs.append(new)
        if self.directory is not None and len(new) >= self.spill:
            self._runs.pop()
            path = self.directory / f"seen-{id(self):x}-{len(self._frozen)}.u64"
            new.tofile(path)
            self._frozen.append(np.memmap(path, dtype=new.dtype, mode="r"))
