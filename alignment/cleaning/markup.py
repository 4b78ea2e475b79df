"""Placeholders, tags, addresses and numbers: what a translation must carry over unchanged."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from alignment.cleaning import columns
from alignment.cleaning.columns import Floats, Ints, Texts

# %(name)s  %s  %1$d  {count}  {{ name }}  ${x}  <b>  &nbsp;  http://...
_MARKUP = re.compile(
    r"%\([^)]*\)[#0\-+]*[\d.]*[a-zA-Z]|%(?:\d+\$)?[#0\-+]*[\d.]*[sdifgxr%](?![a-z])"
    r"|\$?\{\{?[^{}]*\}?\}|<[^<>]+>|&#?\w+;|https?://\S+"
)
_TAG = re.compile(r"<\s*(/?\s*[\w:-]+)")
_OPENERS = np.array([ord(char) for char in "%{<&/"], dtype=np.uint32)
DIGITS = 10


def letters(texts: Texts) -> Ints:
    """Letters of each row outside of markup (rows,)."""
    flags = columns.gather(columns.tables().flags, texts.points, beyond=columns.LETTER)
    count = texts.total(flags & columns.LETTER != 0)
    rows = _with_markup(texts)
    count[rows] = [
        sum(map(str.isalpha, _MARKUP.sub(" ", row))) for row in columns.take(texts, rows).strings()
    ]
    return count


def unbalanced(source: Texts, target: Texts) -> Floats:
    """Share of a pair's markup that the other side does not have, in [0, 1] (pairs,); 0 where there is none."""
    shares = np.zeros(len(source))
    rows = np.union1d(_with_markup(source), _with_markup(target))
    sides = zip(
        columns.take(source, rows).strings(), columns.take(target, rows).strings(), strict=True
    )
    shares[rows] = [_share(marks(a), marks(b)) for a, b in sides]
    return shares


def marks(text: str) -> Counter[str]:
    """The placeholders, tags (by name) and addresses of a text; entities are spelling, and do not count."""
    found = Counter[str]()
    for match in _MARKUP.finditer(text):
        mark = match.group()
        if mark.startswith("<"):
            named = _TAG.match(mark)
            mark = "<" + named.group(1).replace(" ", "").lower() if named else mark
        if not mark.startswith("&") and mark != "%%":
            found[mark] += 1
    return found


def _share(a: Counter[str], b: Counter[str]) -> float:
    total = max(a.total(), b.total())
    return 1 - (a & b).total() / total if total else 0.0


def unmatched_digits(source: Texts, target: Texts) -> Floats:
    """Digits that the other side does not have, over all and one more (pairs,), in [0, 1).

    Grouping, decimal marks and the order of a date do not matter, nor the script of the digits; one
    number below ten that is spelled out ("3 files", "kolme tiedostoa") scores 0.5.
    """
    a, b = _digits(source), _digits(target)
    missing: Ints = np.abs(a - b).sum(axis=1)
    total: Ints = np.maximum(a, b).sum(axis=1)
    return np.asarray(missing / (total + 1), dtype=np.float64)


def _digits(texts: Texts) -> NDArray[np.int32]:
    """How often each row has each digit (rows, 10)."""
    counts = np.zeros((len(texts), DIGITS), dtype=np.int32)
    values = columns.gather(_values(), texts.points, beyond=-1)
    places = np.flatnonzero(values >= 0)
    rows = np.searchsorted(texts.offsets, places, side="right") - 1
    np.add.at(counts, (rows, values[places]), 1)
    return counts


@functools.cache
def _values() -> NDArray[np.int8]:
    """The value of each decimal digit, -1 for all else."""
    return np.array(
        [unicodedata.decimal(chr(point), -1) for point in range(columns.PLANES)], dtype=np.int8
    )


def _with_markup(texts: Texts) -> Ints:
    """Rows that may have markup."""
    return np.flatnonzero(texts.any(np.isin(texts.points, _OPENERS)))
