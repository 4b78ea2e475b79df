"""Arrays in files: written so that a full disk is an error, and mapped into memory.

`ndarray.tofile`, which `numpy.save` uses too, hands the bytes to a C buffer. It loses up to a page
of them without an error on a full disk, and for more than that its error has no reason.
"""

from __future__ import annotations

import tokenize
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import DTypeLike, NDArray

from alignment.errors import Corrupt

_NO_HEADER = (SyntaxError, TypeError, RecursionError, MemoryError, tokenize.TokenError)
"""What numpy raises for a header that is no literal: it is parsed as Python."""
REBUILD_HINT = "The next run builds it again. `alignment store verify` lists everything damaged."


def write_array(file: BinaryIO, array: NDArray[Any]) -> None:
    """Append the elements of an array, without a header.

    Raises:
        OSError: with the system's reason, if the bytes cannot be written.
    """
    if array.size:
        file.write(np.ascontiguousarray(array).data.cast("B"))


def save_array(path: Path, array: NDArray[Any]) -> None:
    """Write an array as `numpy.load` reads it.

    Raises:
        OSError: with the system's reason, if the bytes cannot be written.
    """
    with path.open("wb") as file:
        contiguous = np.asarray(array, order="C")
        npy.write_array_header_1_0(file, npy.header_data_from_array_1_0(contiguous))
        write_array(file, contiguous)


def map_array(path: Path, dtype: DTypeLike | None = None, dimensions: int = 1) -> NDArray[Any]:
    """A `.npy` file as a read-only array that is read when it is used.

    Args:
        path: The file.
        dtype: The expected type of the elements; None accepts any.
        dimensions: The expected number of dimensions.

    Raises:
        Corrupt: naming the file, if it is missing, cut short, or another kind of array.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            npy.read_magic(file)
            shape, _, stored = npy.read_array_header_1_0(file)
            start = file.tell()
        if (dtype is not None and stored != np.dtype(dtype)) or len(shape) != dimensions:
            raise ValueError(f"got {len(shape)} dimensions of {stored}")
        expected = start + int(np.prod(shape)) * stored.itemsize
        if size != expected:
            raise ValueError(f"got {size} bytes, expected {expected}")
        # An empty file cannot be mapped.
        if 0 in shape:
            return np.empty(shape, stored)
        return np.memmap(path, stored, "r", start, shape)
    except (OSError, ValueError, *_NO_HEADER) as error:
        raise Corrupt(
            f"the array cannot be read: {error}", where=str(path), hint=REBUILD_HINT
        ) from error
