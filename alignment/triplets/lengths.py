"""Lengths of the texts of triplets, and whether they alone tell which text is the translation."""

from __future__ import annotations

import array
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROWS_AT_ONCE = 2**18
"""Triplets that are looked at together."""


class Lengths:
    """Characters of anchors, positives and negatives: 12 bytes per triplet.

    With a `path` those of other columns are appended to that file, and memory stays bounded.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._values = array.array("I")

    def add(self, anchor: str, positive: str, negative: str) -> None:
        """Add a triplet. An empty text counts as one character."""
        for text in (anchor, positive, negative):
            self._values.append(max(1, len(text)))

    def extend(self, other: Lengths) -> None:
        """Add all triplets of another column."""
        if self._path is None:
            self._values.extend(other._values)
            return
        if other._values:
            with self._path.open("ab") as file:
                file.write(other._values)

    def blocks(self) -> Iterator[NDArray[np.uint32]]:
        """All lengths (n, 3), some triplets at a time."""
        if self._path is not None and self._path.exists():
            values = np.memmap(self._path, np.uint32, mode="r").reshape(-1, 3)
            for first in range(0, len(values), ROWS_AT_ONCE):
                yield np.array(values[first : first + ROWS_AT_ONCE])
        if self._values:
            yield np.array(self._values, np.uint32).reshape(-1, 3)


def by_length(columns: Sequence[Lengths]) -> float:
    """Share of triplets in which the lengths alone tell which text is the translation.

    The translation is then nearer to the corpus's usual ratio of lengths than the negative. Ties
    count half, so 0.5 is chance; more means that a model can reject negatives without reading them.
    """
    usual_ratio = _usual_ratio(columns)
    total = 0
    nearer = 0
    ties = 0
    for block in _blocks(columns):
        logs = np.log(block.astype(np.float64))
        deviation = np.abs(logs[:, 1:] - logs[:, :1] - usual_ratio)
        positive = deviation[:, 0]
        negative = deviation[:, 1]
        total += len(block)
        nearer += int((positive < negative).sum())
        ties += int((positive == negative).sum())
    return nearer / total + ties / total / 2 if total else 0.0


def _blocks(columns: Sequence[Lengths]) -> Iterator[NDArray[np.uint32]]:
    return itertools.chain.from_iterable(column.blocks() for column in columns)


def _usual_ratio(columns: Sequence[Lengths]) -> float:
    """The median logarithm of a positive's length over its anchor's; 0 without triplets.

    Triplets with the same two lengths are counted together: there are few different ones.
    """
    lengths = np.empty(0, np.uint64)  # of anchor and positive, each in half of a number
    counts = np.empty(0, np.int64)
    for block in _blocks(columns):
        both = block[:, 0].astype(np.uint64) << np.uint64(32) | block[:, 1]
        new, new_counts = np.unique(both, return_counts=True)
        lengths, places = np.unique(np.concatenate([lengths, new]), return_inverse=True)
        counts = np.bincount(places, np.concatenate([counts, new_counts])).astype(np.int64)
    if not len(lengths):
        return 0.0
    anchors = np.log((lengths >> np.uint64(32)).astype(np.float64))
    positives = np.log((lengths & np.uint64(2**32 - 1)).astype(np.float64))
    return _median(positives - anchors, counts)


def _median(values: NDArray[np.float64], counts: NDArray[np.int64]) -> float:
    """`np.median` of values (n,) that occur `counts` (n,) times."""
    order = np.argsort(values, kind="stable")
    last_places = np.cumsum(counts[order])  # of each value among all of them, from 1
    total = int(last_places[-1])
    middle = np.searchsorted(last_places, [(total + 1) // 2, total // 2 + 1])
    return float(values[order[middle]].mean())
