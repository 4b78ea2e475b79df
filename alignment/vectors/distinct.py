"""Numbers the distinct texts of a column, without holding a single text in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import xxhash
from numpy.typing import NDArray


class DistinctTexts(NamedTuple):
    """The distinct texts of a column, numbered from 0 in the order in which they first occur."""

    rows: NDArray[np.int32]
    """Number of each row's text (n,)."""
    firsts: NDArray[np.int64]
    """The first row with each text, ascending (distinct,)."""


def distinct_texts(batches: Iterable[Sequence[str]]) -> DistinctTexts:
    """Number the texts of a column, which is read once.

    Texts are compared by 128-bit hashes (XXH3): among 10 million texts, the probability that any
    two different ones are taken for equal is below 1e-24. Needs about 60 bytes a row.

    Examples:
        >>> numbered = distinct_texts([["b", "a", "b"], ["a", "c"]])
        >>> numbered.rows.tolist(), numbered.firsts.tolist()
        ([0, 1, 0, 1, 2], [0, 1, 4])
    """
    low, high = _hashes(batches)
    # The sort is stable: the rows with one text stay in order, and the first one is the smallest.
    order = np.lexsort((low, high))
    is_new = np.ones(len(order), bool)
    is_new[1:] = (low[order[1:]] != low[order[:-1]]) | (high[order[1:]] != high[order[:-1]])
    first_rows = order[is_new]
    by_first_row = np.argsort(first_rows)
    numbers = np.empty(len(first_rows), np.int32)
    numbers[by_first_row] = np.arange(len(first_rows), dtype=np.int32)
    rows = np.empty(len(order), np.int32)
    rows[order] = numbers[np.cumsum(is_new) - 1]
    return DistinctTexts(rows, first_rows[by_first_row])


def _hashes(batches: Iterable[Sequence[str]]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The two halves of each text's hash, each (n,)."""
    lows = [np.empty(0, np.uint64)]
    highs = [np.empty(0, np.uint64)]
    for texts in batches:
        digests = b"".join(xxhash.xxh3_128_digest(text.encode()) for text in texts)
        halves = np.frombuffer(digests, np.uint64).reshape(-1, 2)
        highs.append(halves[:, 0].copy())
        lows.append(halves[:, 1].copy())
    return np.concatenate(lows), np.concatenate(highs)
