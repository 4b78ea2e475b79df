"""Columns on disk: one `.npy` file each, written piece by piece and mapped read-only.

A mapped column takes memory only for the pages that were read, and the system takes these back when
it needs them. `Columns.release` gives them back at once.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from alignment.arrays import map_array

CHUNK = 2**20
"""Values that are worked on at a time."""
MAX_TRIPLETS = 2**31 // 3
"""That can be trained on: the numbers of their sentences are 32-bit integers."""


class ColumnWriter:
    """Writes one column of unknown length to a `.npy` file; a context manager."""

    def __init__(self, path: Path, dtype: DTypeLike) -> None:
        self._dtype = np.dtype(dtype)
        self._file = path.open("wb")
        self._length = 0
        self._write_header()
        self._header_bytes = self._file.tell()

    def __len__(self) -> int:
        return self._length

    def append(self, values: NDArray[Any]) -> None:
        """Write values (n,) of a type that the column's can hold."""
        self._file.write(values.astype(self._dtype, casting="same_kind", copy=False).tobytes())
        self._length += len(values)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._file:
            self._file.seek(0)
            self._write_header()
            if self._file.tell() != self._header_bytes:  # numpy leaves room for a longer shape
                raise RuntimeError(f"the header of {self._file.name} changed its size")

    def _write_header(self) -> None:
        description = {
            "descr": np.lib.format.dtype_to_descr(self._dtype),
            "fortran_order": False,
            "shape": (self._length,),
        }
        np.lib.format.write_array_header_1_0(self._file, description)


class Columns(Mapping[str, NDArray[Any]]):
    """The columns of a directory by name, each mapped when it is first asked for."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._mapped: dict[str, NDArray[Any]] = {}
        self._plain: dict[str, NDArray[Any]] = {}

    def __getitem__(self, name: str) -> NDArray[Any]:
        """One column.

        Raises:
            KeyError: if there is no such file.
            Corrupt: if the file cannot be read or was cut off.
        """
        if name not in self._plain:
            path = self.directory / f"{name}.npy"
            if not path.exists():
                raise KeyError(name)
            self._mapped[name] = map_array(path)
            # `memmap` is slow for single values.
            self._plain[name] = self._mapped[name].view(np.ndarray)
        return self._plain[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(path.stem for path in self.directory.glob("*.npy")))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def map_all(self) -> None:
        """Map every column of the directory.

        Raises:
            Corrupt: if a file cannot be read or was cut off.
        """
        for name in self:
            self.__getitem__(name)

    def release(self) -> None:
        """Give the pages that were read back to the system; what is read again is mapped again."""
        if not hasattr(mmap, "MADV_DONTNEED"):
            return
        for column in self._mapped.values():
            mapping: Any = getattr(column, "_mmap", None)  # an empty column has none
            if mapping is not None:
                mapping.madvise(mmap.MADV_DONTNEED)


def chunks(length: int, size: int = CHUNK) -> Iterator[slice]:
    """Slices that cover `length` values, at most `size` in each."""
    for start in range(0, length, size):
        yield slice(start, min(start + size, length))
