"""Weights as safetensors files: whether they are whole, and the type of their numbers.

Only the headers are read, which takes milliseconds.
"""

from __future__ import annotations

import json
import math
import struct
from collections import Counter
from pathlib import Path
from typing import Any, Literal

from alignment.encoder.files import read_json, transformer_folder
from alignment.errors import Corrupt, Missing

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"

FloatType = Literal["float32", "bfloat16", "float16"]

_FLOAT_TYPES: dict[str, FloatType] = {"F32": "float32", "BF16": "bfloat16", "F16": "float16"}
_LARGEST_HEADER = 100_000_000  # bytes, the limit of the format
_LFS_POINTER = b"version https://git-lfs"


def stored_dtype(path: Path) -> FloatType:
    """The type that most of the transformer's numbers are stored in.

    Raises:
        Corrupt: if a file is damaged.
    """
    numbers: Counter[FloatType] = Counter()
    for file in weight_files(transformer_folder(path)):
        for tensor in _tensors(read_header(file)):
            kind = _FLOAT_TYPES.get(tensor["dtype"])
            if kind is not None:
                numbers[kind] += math.prod(tensor["shape"])
    return numbers.most_common(1)[0][0] if numbers else "float32"


def weight_files(folder: Path) -> list[Path]:
    """The files with the weights of one module: one, or the parts that the index lists.

    Raises:
        Missing: if a part is not there.
    """
    index = folder / INDEX
    if (folder / WEIGHTS).is_file() or not index.is_file():
        return [folder / WEIGHTS] if (folder / WEIGHTS).is_file() else []
    parts = sorted(set(read_json(index, {}).get("weight_map", {}).values()))
    missing = [part for part in parts if not (folder / part).is_file()]
    if missing:
        raise Missing(
            f"{len(missing)} of {len(parts)} files with weights are missing: {missing[0]}",
            where=str(index),
            hint="The copy is incomplete. Fetch the model again.",
        )
    return [folder / part for part in parts]


def read_header(file: Path) -> dict[str, Any]:
    """The header of a safetensors file, after a check that the file is as long as it says.

    Raises:
        Corrupt: if the file is cut off, or is not one.
    """
    size = file.stat().st_size
    with file.open("rb") as stream:
        start = stream.read(8)
        if _LFS_POINTER.startswith(start) and start:
            raise Corrupt(
                "this is a pointer of Git LFS, not the file itself",
                where=str(file),
                hint="Run `git lfs pull` in the model's repository.",
            )
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else _LARGEST_HEADER
        if length >= min(size, _LARGEST_HEADER):
            raise _damaged(file, f"it has {size} bytes")
        text = stream.read(length)
    try:
        header: dict[str, Any] = json.loads(text)
        ends = [tensor["data_offsets"][1] for tensor in _tensors(header)]
        expected = 8 + length + max(ends, default=0)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(file, "its header cannot be read") from error
    if size != expected:
        raise _damaged(file, f"it has {size} bytes, expected {expected}")
    return header


def _tensors(header: dict[str, Any]) -> list[dict[str, Any]]:
    return [tensor for name, tensor in header.items() if name != "__metadata__"]


def _damaged(file: Path, detail: str) -> Corrupt:
    return Corrupt(
        f"the file with the weights is damaged: {detail}",
        where=str(file),
        hint="The download or the copy was interrupted. Fetch the model again.",
    )
