"""An inverted index: where each key occurs, as two columns on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alignment.training.columns import ColumnWriter

Occurrences = tuple[NDArray[Any], NDArray[Any]]
"""Keys (n,) from 0, and the rows (n,) that they occur in. A key below 0 is none."""


def write_index(
    directory: Path, name: str, num_keys: int, parts: Callable[[], Iterable[Occurrences]]
) -> None:
    """Write `NAME_rows` and `NAME_offsets`.

    The rows of key k are `rows[offsets[k]:offsets[k + 1]]`, in the order in which `parts` gives
    them. It is a counting sort: memory grows with the keys (8 bytes each), not with the rows.

    Args:
        directory: Where the two columns go.
        name: The first part of their names.
        num_keys: Number of the keys.
        parts: Gives all occurrences, some at a time; called twice.
    """
    counts = np.zeros(num_keys + 1, np.int64)
    for keys, _ in parts():
        np.add.at(counts, keys[keys >= 0].astype(np.int64) + 1, 1)
    offsets = np.cumsum(counts)
    del counts
    with ColumnWriter(directory / f"{name}_offsets.npy", np.int64) as writer:
        writer.append(offsets)
    path = directory / f"{name}_rows.npy"
    rows: NDArray[Any] = np.lib.format.open_memmap(path, "w+", np.int32, (int(offsets[-1]),))
    free = offsets[:-1]  # the next free place of each key; `offsets` is not needed any more
    for keys, values in parts():
        _place(rows, free, keys[keys >= 0], values[keys >= 0])
    if isinstance(rows, np.memmap):
        rows.flush()


def _place(
    rows: NDArray[Any], free: NDArray[np.int64], keys: NDArray[Any], values: NDArray[Any]
) -> None:
    """Put each value at the next free place of its key."""
    if not len(keys):
        return
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    lengths = np.diff(np.append(starts, len(keys)))
    within = np.arange(len(keys)) - np.repeat(starts, lengths)
    rows[free[keys] + within] = values[order]
    free[keys[starts]] += lengths
