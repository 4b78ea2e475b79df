"""How many words a text has, also in scripts that do not separate words by spaces."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from alignment.cleaning.char_tables import LETTER, Points, char_tables, gather
from alignment.cleaning.columns import SPACE, Floats, Ints, Texts
from alignment.cleaning.runs import word_counts
from alignment.cleaning.scripts import IDEOGRAPHS, script_table

_LETTERS_PER_WORD = {
    "Bali": 2.0,
    "Hani": 1.5,
    "Hira": 2.0,
    "Java": 2.0,
    "Kana": 2.5,
    "Khmr": 3.0,
    "Lana": 3.0,
    "Laoo": 4.0,
    "Mymr": 3.0,
    "Talu": 3.0,
    "Thai": 4.0,
    "Tibt": 3.0,
    "Yiii": 1.5,
}
"""Typical length of a word in letters, without vowel signs, of scripts without spaces."""
_FIRST_SPACELESS = 0x0E00
"""Every letter of those scripts comes at or after the first Thai one, as do dashes and quotes."""


def count_words(texts: Texts) -> Ints:
    """Words of each normalized row (rows,).

    Spaces separate words. In a stretch without spaces of a script that has none, the words are
    estimated from the number of letters.
    """
    words = word_counts(texts)
    places = np.flatnonzero(texts.points >= _FIRST_SPACELESS)
    weights = np.zeros(len(texts.points))
    weights[places] = _weights(texts.points[places])
    if not weights.any():
        return words
    estimated: Ints = np.floor(_sums(texts, weights) + 0.5).astype(np.int64)
    return words - _stretches(texts, weights > 0) + estimated


def _stretches(texts: Texts, marked: NDArray[np.bool_]) -> Ints:
    """How many stretches between spaces have a marked letter (rows,)."""
    starts = np.zeros(len(texts.points), dtype=np.int64)
    starts[1:] = texts.points[:-1] == SPACE
    starts[texts.offsets[:-1][texts.lengths > 0]] = 1
    number = np.cumsum(starts)
    places = np.flatnonzero(marked)
    _, first = np.unique(number[places], return_index=True)
    first_marked = np.zeros(len(texts.points), dtype=np.int64)
    first_marked[places[first]] = 1
    return texts.total(first_marked)


def _sums(texts: Texts, weights: Floats) -> Floats:
    """Sum of the weights of each row's characters (rows,)."""
    sums = np.concatenate([[0.0], np.cumsum(weights)])
    totals: Floats = sums[texts.offsets[1:]] - sums[texts.offsets[:-1]]
    return totals


def _weights(points: Points) -> Floats:
    """Words per character: 0 for what is no letter of a script without spaces (characters,)."""
    scripts = script_table()
    flags = gather(char_tables().flags, points, beyond=LETTER)
    numbers = gather(scripts.numbers, points, beyond=scripts.names.index(IDEOGRAPHS))
    weights: Floats = np.where(flags & LETTER != 0, _words_per_letter()[numbers], 0.0)
    return weights


@functools.cache
def _words_per_letter() -> Floats:
    """Words per letter of each script in the order of `script_table().names` (scripts,)."""
    lengths = [_LETTERS_PER_WORD.get(name, np.inf) for name in script_table().names]
    weights: Floats = 1 / np.array(lengths)
    return weights
