"""Columns of texts in files, of which any row can be read while the others stay on disk.

A column is two files: the texts as UTF-8, one after the other, and where each one ends.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, overload

import numpy as np
import pyarrow as pa

from alignment.arrays import write_array
from alignment.errors import Corrupt

_ROWS_AT_ONCE = 8192


class TextColumnWriter:
    """Writes a column to `<path>.utf8` and `<path>.ends`; a context manager."""

    def __init__(self, path: Path) -> None:
        self._texts = path.with_suffix(".utf8").open("wb")
        self._ends = path.with_suffix(".ends").open("wb")
        self._length = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._texts.close()
        self._ends.close()

    def add(self, column: pa.Array) -> None:
        """Append the texts of a string array without nulls."""
        column = column.cast(pa.large_string())
        _, offset_buffer, data_buffer = column.buffers()
        rows = slice(column.offset, column.offset + len(column) + 1)
        edges = np.frombuffer(offset_buffer or bytes(8), dtype=np.int64)[rows]
        data = memoryview(data_buffer or b"")
        self._texts.write(data[edges[0] : edges[-1]])
        write_array(self._ends, edges[1:] - edges[0] + self._length)
        self._length += int(edges[-1] - edges[0])


class TextColumn(Sequence[str]):
    """The texts of a column, read when they are asked for.

    The ends (8 bytes per text) are mapped into memory, which several processes share. The texts are
    read from the file, so that they count as the system's cache and not as this process's memory.
    """

    def __init__(self, path: Path) -> None:
        self._texts = path.with_suffix(".utf8").open("rb", buffering=0)
        self._ends = mapped_integers(path.with_suffix(".ends"))

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        """One text, or the texts of consecutive rows."""
        if isinstance(row, slice):
            start, stop, step = row.indices(len(self))
            if step != 1:
                raise ValueError(f"rows {row} are not consecutive")
            return self._consecutive(start, stop)
        if not 0 <= row < len(self._ends):
            raise IndexError(row)
        return self._bytes(row, row + 1).decode()

    def __iter__(self) -> Iterator[str]:
        for first in range(0, len(self), _ROWS_AT_ONCE):
            yield from self._consecutive(first, min(first + _ROWS_AT_ONCE, len(self)))

    def _consecutive(self, start: int, stop: int) -> list[str]:
        if start >= stop:
            return []
        data = self._bytes(start, stop)
        texts = []
        begin = 0
        first = self._begin(start)
        for end in self._ends[start:stop].tolist():
            texts.append(data[begin : end - first].decode())
            begin = end - first
        return texts

    def _begin(self, row: int) -> int:
        return self._ends[row - 1] if row else 0

    def _bytes(self, start: int, stop: int) -> bytes:
        begin = self._begin(start)
        size = self._ends[stop - 1] - begin
        data = os.pread(self._texts.fileno(), size, begin)
        if len(data) != size:
            raise Corrupt("a temporary file was cut short", where=self._texts.name)
        return data


class Window(Sequence[str]):
    """A column of which some consecutive rows are in memory, because they are read next."""

    def __init__(self, column: TextColumn, rows: range) -> None:
        self._column = column
        self._rows = rows
        self._texts = column[rows.start : rows.stop]

    def __len__(self) -> int:
        return len(self._column)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        """One text, or the texts of consecutive rows."""
        if isinstance(row, slice):
            return self._column[row]
        if row in self._rows:
            return self._texts[row - self._rows.start]
        return self._column[row]


def mapped_integers(path: Path) -> memoryview[int]:
    """The 64-bit integers of a file, mapped into memory."""
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return memoryview(b"").cast("q")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)).cast("q")
