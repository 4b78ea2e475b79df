"""Numbers for the distinct texts of a table, in memory that does not grow with the texts.

Every occurrence of a text is a record on disk: a 128-bit hash and its position. The records are
distributed over files by the hash, so that equal texts meet in one file, which is sorted in memory.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alignment.arrays import write_array
from alignment.training.columns import ColumnWriter, chunks

NUM_FILES = 64
RECORD = np.dtype([("high", "<u8"), ("low", "<u8"), ("position", "<i8")])
ABSENT = -1
"""The number of a position that has no text."""

Hashes = NDArray[np.uint64]


class DistinctTexts:
    """Takes the hashes of texts in the order of their positions, then numbers the texts.

    There may be 2**31 positions.
    """

    def __init__(self, directory: Path) -> None:
        """Use files in an empty directory, which the caller deletes."""
        self._directory = directory
        self._paths = [directory / f"hashes-{number}.bin" for number in range(NUM_FILES)]
        self._files = [path.open("wb") for path in self._paths]
        self._positions = 0

    def add(self, hashes: Hashes, present: NDArray[np.bool_]) -> None:
        """Add the hashes (n, 2) of the next positions; a text that is not `present` is none."""
        records = np.empty(int(present.sum()), RECORD)
        records["position"] = self._positions + np.flatnonzero(present)
        records["high"] = hashes[present, 0]
        records["low"] = hashes[present, 1]
        self._positions += len(hashes)
        file_of = (records["high"] % np.uint64(NUM_FILES)).astype(np.uint8)
        order = np.argsort(file_of, kind="stable")
        edges = np.searchsorted(file_of[order], np.arange(NUM_FILES + 1))
        records = records[order]
        for number, file in enumerate(self._files):
            part = records[edges[number] : edges[number + 1]]
            write_array(file, part.view(np.uint8))

    def write_numbers(self, path: Path) -> int:
        """Number the texts from 0 in the order of their first positions.

        Writes the column `path`: the number of the text at each position (positions,), `ABSENT`
        where there is none. Returns how many distinct texts there are.
        """
        first = self._first_positions()
        ranks = self._mapped("ranks.bin")
        total = 0
        for part in chunks(self._positions):
            is_first = first[part] == np.arange(part.start, part.stop)
            ranks[part] = total + np.cumsum(is_first) - 1
            total += int(is_first.sum())
        with ColumnWriter(path, np.int32) as writer:
            for part in chunks(self._positions):
                firsts = np.asarray(first[part])
                writer.append(np.where(firsts == ABSENT, ABSENT, ranks[firsts]))
        return total

    def _first_positions(self) -> NDArray[np.int32]:
        """The first position of the text at each position (positions,), `ABSENT` if none."""
        first = self._mapped("first.bin")
        for part in chunks(self._positions):
            first[part] = ABSENT
        for path, file in zip(self._paths, self._files, strict=True):
            file.close()
            records = np.fromfile(path, RECORD)
            path.unlink()
            positions, firsts = _firsts(records)
            first[positions] = firsts
        return first

    def _mapped(self, name: str) -> NDArray[np.int32]:
        """A column on disk that can be written at any place."""
        if not self._positions:
            return np.empty(0, np.int32)
        return np.memmap(self._directory / name, np.int32, "w+", shape=(self._positions,))


def _firsts(records: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions (n,), and for each the first position with the same hash (n,)."""
    order = np.argsort(records["high"], kind="stable")
    high = records["high"][order]
    low = records["low"][order]
    new = np.ones(len(records), dtype=bool)
    same_high = high[1:] == high[:-1]
    new[1:] = ~same_high
    if np.any(same_high & (low[1:] != low[:-1])):  # two texts share 64 bits
        order = np.lexsort((records["low"], records["high"]))
        high = records["high"][order]
        low = records["low"][order]
        new[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
    positions = records["position"][order]
    return positions, positions[new][np.cumsum(new) - 1]
