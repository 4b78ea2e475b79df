"""Numbers by column: the digits of both sides settle nearly all pairs, `numbers` the others."""

from __future__ import annotations

import functools
import unicodedata

import numpy as np
from numpy.typing import NDArray

from alignment.cleaning import columns
from alignment.cleaning.char_tables import TABLE_SIZE, gather
from alignment.cleaning.columns import Floats, Ints, Texts
from alignment.cleaning.numbers import unmatched_share

DIGITS = 10


def unmatched_digits(source: Texts, target: Texts) -> Floats:
    """Digits that the other side lacks, divided by all digits plus one (pairs,), in [0, 1).

    Grouping, decimal marks, the order of a date and the script of the digits do not matter. One
    number below ten that is spelled out ("3 files", "kolme tiedostoa") scores 0.5.
    """
    a = _digit_counts(source)
    b = _digit_counts(target)
    missing: Ints = np.abs(a - b).sum(axis=1)
    total: Ints = np.maximum(a, b).sum(axis=1)
    return np.asarray(missing / (total + 1), dtype=np.float64)


def unmatched(source: Texts, target: Texts, source_lang: str, target_lang: str) -> Floats:
    """The same for whole numbers, however they are written, and at most `unmatched_digits`."""
    shares = unmatched_digits(source, target)
    rows = np.flatnonzero(shares > 0)
    sources = columns.take(source, rows).strings()
    targets = columns.take(target, rows).strings()
    for row, a, b in zip(rows.tolist(), sources, targets, strict=True):
        shares[row] = min(shares[row], unmatched_share(a, b, source_lang, target_lang))
    return shares


def _digit_counts(texts: Texts) -> NDArray[np.int32]:
    """How often each digit occurs in each row (rows, 10)."""
    counts = np.zeros((len(texts), DIGITS), dtype=np.int32)
    values = gather(_digit_values(), texts.points, beyond=-1)
    places = np.flatnonzero(values >= 0)
    rows = np.searchsorted(texts.offsets, places, side="right") - 1
    np.add.at(counts, (rows, values[places]), 1)
    return counts


@functools.cache
def _digit_values() -> NDArray[np.int8]:
    """The value of each decimal digit, -1 for every other code point (TABLE_SIZE,)."""
    values = [unicodedata.decimal(chr(point), -1) for point in range(TABLE_SIZE)]
    return np.array(values, dtype=np.int8)
