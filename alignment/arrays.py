"""Writing arrays so that a full disk is an error.

`ndarray.tofile`, which `numpy.save` uses too, hands the bytes to a C buffer. It loses up to a page
of them without an error on a full disk, and for more than that its error has no reason.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray


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
