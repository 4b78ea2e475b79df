"""Placeholders, tags, addresses and numbers: what a translation must carry over unchanged."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from alignment.cleaning import columns
from alignment.cleaning.char_tables import LETTER, TABLE_SIZE, char_tables, gather
from alignment.cleaning.columns import Floats, Ints, Texts
from alignment.placeholders import OPENERS, PLACEHOLDER

_TAG = re.compile(r"<\s*(/?\s*[\w:-]+)")
_OPENERS = np.array([ord(char) for char in OPENERS], dtype=np.uint32)
DIGITS = 10


def letters(texts: Texts) -> Ints:
    """Letters of each row outside of placeholders, tags, entities and addresses (rows,)."""
    flags = gather(char_tables().flags, texts.points, beyond=LETTER)
    count = texts.total(flags & LETTER != 0)
    rows = _rows_with_markup(texts)
    count[rows] = [_letters_outside(text) for text in columns.take(texts, rows).strings()]
    return count


def _letters_outside(text: str) -> int:
    return sum(map(str.isalpha, PLACEHOLDER.sub(" ", text)))


def unbalanced(source: Texts, target: Texts) -> Floats:
    """Share of a pair's markup that the other side lacks, in [0, 1] (pairs,).

    0 where neither side has any.
    """
    shares = np.zeros(len(source))
    rows = np.union1d(_rows_with_markup(source), _rows_with_markup(target))
    sources = columns.take(source, rows).strings()
    targets = columns.take(target, rows).strings()
    sides = zip(sources, targets, strict=True)
    shares[rows] = [_unmatched_share(marks(a), marks(b)) for a, b in sides]
    return shares


def marks(text: str) -> Counter[str]:
    """The placeholders, tags (by name) and addresses of a text.

    Entities and `%%` do not count: they are spelling.
    """
    counts = Counter[str]()
    for match in PLACEHOLDER.finditer(text):
        mark = match.group()
        if mark.startswith("&") or mark == "%%":
            continue
        if tag := _TAG.match(mark):
            mark = "<" + tag.group(1).replace(" ", "").lower()
        counts[mark] += 1
    return counts


def _unmatched_share(a: Counter[str], b: Counter[str]) -> float:
    total = max(a.total(), b.total())
    if total == 0:
        return 0.0
    return 1 - (a & b).total() / total


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


def _rows_with_markup(texts: Texts) -> Ints:
    """Rows that may have markup (n,)."""
    return np.flatnonzero(texts.any(np.isin(texts.points, _OPENERS)))
