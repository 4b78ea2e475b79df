"""Unit vectors on disk: float16 rows in `.npy` files of bounded size.

A shard is written under another name and renamed when it is complete. Shards are mapped into memory
one at a time while rows are read, so that a reader needs memory for what it takes and no more.
docs/experiments.md compares float16 with 8-bit integers.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from alignment.arrays import REBUILD_HINT, map_array
from alignment.errors import Corrupt
from alignment.files import write_stream_atomically

SHARD_ROWS = 131_072
"""Vectors of a file: 100 MB at dimension 384."""
DTYPE = "<f2"


def shard_name(number: int) -> str:
    """Name of the shard with this number, from 0."""
    return f"{number:05d}.npy"


def write_shard(path: Path, batches: Iterable[NDArray[np.float32]], rows: int, dim: int) -> None:
    """Write float32 vectors (n, dim) as one shard, a batch in memory at a time.

    If anything fails, nothing is left.

    Args:
        path: Where the shard goes.
        batches: The vectors in order, `rows` in all.
        rows: Vectors of the shard.
        dim: Length of a vector.

    Raises:
        ValueError: if the batches have another number of vectors.
        OSError: if the disk is full.
    """

    def write(file: BinaryIO) -> None:
        header = {"descr": DTYPE, "fortran_order": False, "shape": (rows, dim)}
        npy.write_array_header_1_0(file, header)
        written = 0
        for vectors in batches:
            file.write(np.ascontiguousarray(vectors, dtype=DTYPE).tobytes())
            written += len(vectors)
        if written != rows:
            raise ValueError(f"got {written} vectors, expected {rows}")

    write_stream_atomically(path, write)


class _Shard(NamedTuple):
    path: Path
    first: int
    """Number of its first row."""
    stop: int


class VectorShards:
    """The vectors in one directory, numbered from 0.

    Raises:
        Corrupt: naming the shard that is missing, cut short or of another shape.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.dim = 0
        self._shards: list[_Shard] = []
        rows = 0
        for number in range(max(1, len(list(directory.glob("*.npy"))))):
            path = directory / shard_name(number)
            shape = map_array(path, DTYPE, 2).shape
            if number and shape[1] != self.dim:
                raise Corrupt(
                    f"got vectors of dimension {shape[1]}, expected {self.dim}",
                    where=str(path),
                    hint=REBUILD_HINT,
                )
            self.dim = shape[1]
            self._shards.append(_Shard(path, rows, rows + shape[0]))
            rows += shape[0]

    def __len__(self) -> int:
        return self._shards[-1].stop

    def take(self, numbers: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """The vectors with these numbers (n, dim), in their order, as float32 unit rows.

        Rounding to float16 changes a vector's length by up to 0.05%, which is undone.

        Raises:
            Corrupt: if a shard was damaged since this object was made.
        """
        vectors = np.empty((len(numbers), self.dim), np.float32)
        for shard in self._shards:
            inside = np.flatnonzero((numbers >= shard.first) & (numbers < shard.stop))
            if len(inside):
                # Let go of at once: pages that stay mapped count as memory of this process.
                mapped = map_array(shard.path, DTYPE, 2)
                vectors[inside] = mapped[numbers[inside] - shard.first]
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors /= np.maximum(lengths, np.finfo(np.float32).tiny)
        return vectors
