"""Placeholders, tags and addresses by column: what a translation must carry over unchanged."""

from __future__ import annotations

import numpy as np

from alignment.cleaning import columns
from alignment.cleaning.char_tables import LETTER, char_tables, gather
from alignment.cleaning.columns import Floats, Ints, Texts
from alignment.cleaning.marks import marks, unmatched_share
from alignment.placeholders import OPENERS, PLACEHOLDER

_ASCII = 128
_OPENERS = np.zeros(_ASCII + 1, dtype=bool)  # by code point; the last entry is for all others
_OPENERS[[ord(char) for char in OPENERS]] = True


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
    shares[rows] = [unmatched_share(marks(a), marks(b)) for a, b in sides]
    return shares


def _rows_with_markup(texts: Texts) -> Ints:
    """Rows that may have markup (n,)."""
    return np.flatnonzero(texts.any(_OPENERS.take(texts.points, mode="clip")))
