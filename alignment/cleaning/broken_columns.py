"""A sieve over whole columns that leaves the few rows which `broken` has to look at."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from alignment.cleaning import columns, misread
from alignment.cleaning.broken import pair_share
from alignment.cleaning.char_tables import TABLE_SIZE, gather
from alignment.cleaning.columns import SPACE, Bools, Floats, Ints, Texts

_QUESTION_MARK = ord("?")
_INVERTED_QUESTION_MARK = 0xBF
_CYRILLIC = 0x400  # the first code point of the block

# Bits of the table of characters.
_IS_LOST = 1
_IS_FIRST_OF_TWO = 2
_IS_FIRST_OF_MORE = 4
_IS_FURTHER = 8
_IS_DOS_FIRST = 16
_IS_DOS_FURTHER = 32
_IS_CYRILLIC_FIRST = 64
_IS_CYRILLIC_FURTHER = 128
_IS_ACCENTED = 256
_IS_LOWER_CYRILLIC = 512
_IS_UPPER_CYRILLIC = 1024
_IS_SIGN_FIRST = 2048
_IS_SIGN = 4096
_PADDING = 8  # zeros after the last row, so that a look ahead stays within the array

_CYRILLIC_PAIRS = 2  # of a first and a further character: one may be chance


def shares(source: Texts, target: Texts) -> Floats:
    """`pair_share` of each pair (pairs,), computed for the suspicious ones."""
    result = np.zeros(len(source))
    rows = np.flatnonzero(suspicious(source) | suspicious(target))
    sources = columns.take(source, rows).strings()
    targets = columns.take(target, rows).strings()
    result[rows] = [pair_share(a, b) for a, b in zip(sources, targets, strict=True)]
    return result


def suspicious(texts: Texts) -> Bools:
    """Rows that may be broken (rows,): all that `broken_share` or `apart_share` find, and more."""
    points = texts.points
    if not len(points):
        return np.zeros(len(texts), dtype=bool)
    padded = np.concatenate([points, np.zeros(_PADDING, dtype=points.dtype)])
    spaces = padded == SPACE
    flags = gather(_table(), padded, beyond=0)
    marked = flags & _IS_LOST != 0
    for place in (
        _first_and_further(flags),
        _letter_and_capital(padded),
        _inside_word(padded),
        _accented_runs(flags),
        _capital_after_lower(flags),
        _sign_after_cyrillic(padded, flags),
        _question_marks(padded, spaces),
        _letters_apart(spaces),
    ):
        marked[place] = True
    rows: Bools = texts.any(marked[: len(points)])
    rows |= _cyrillic_pairs(texts, flags) >= _CYRILLIC_PAIRS
    return rows


@functools.cache
def _table() -> NDArray[np.uint16]:
    """The bits of each code point (TABLE_SIZE,)."""
    table = np.zeros(TABLE_SIZE, dtype=np.uint16)
    for bit, chars in (
        (_IS_LOST, misread.LOST + misread.FAMOUS),
        (_IS_FIRST_OF_TWO, misread.FIRST_OF_TWO),
        (_IS_FIRST_OF_MORE, misread.FIRST),
        (_IS_FURTHER, misread.FURTHER),
        (_IS_DOS_FIRST, misread.DOS_FIRST),
        (_IS_DOS_FURTHER, misread.DOS_FURTHER),
        (_IS_CYRILLIC_FIRST, misread.CYRILLIC_FIRST),
        (_IS_CYRILLIC_FURTHER, misread.CYRILLIC_FURTHER),
        (_IS_SIGN_FIRST, misread.SIGN_FIRST + misread.KOI8_FIRST),
        (_IS_SIGN, misread.CYRILLIC_SIGNS + misread.KOI8_SIGNS),
    ):
        for char in chars:
            table[ord(char)] |= bit
    table[0xC0:0x100] |= _IS_ACCENTED
    for point in range(_CYRILLIC, _CYRILLIC + 0x100):
        char = chr(point)
        table[point] |= _IS_LOWER_CYRILLIC * char.islower() | _IS_UPPER_CYRILLIC * char.isupper()
    return table


def _first_and_further(flags: NDArray[np.uint16]) -> Ints:
    """Places where a character of UTF-8 may begin that was misread."""
    firsts = _IS_FIRST_OF_TWO | _IS_FIRST_OF_MORE | _IS_DOS_FIRST
    places = np.flatnonzero(flags[:-_PADDING] & firsts)
    first = flags[places]
    second = flags[places + 1]
    third = flags[places + 2]
    of_two = (first & _IS_FIRST_OF_TWO != 0) & (second & _IS_FURTHER != 0)
    of_more = (first & _IS_FIRST_OF_MORE != 0) & (second & third & _IS_FURTHER != 0)
    of_dos = (first & _IS_DOS_FIRST != 0) & (second & _IS_DOS_FURTHER != 0)
    starts: Ints = places[of_two | of_more | of_dos]
    return starts


def _cyrillic_pairs(texts: Texts, flags: NDArray[np.uint16]) -> Ints:
    """How many pairs of a first and a further character each row has (rows,)."""
    places = np.flatnonzero(flags[:-_PADDING] & (_IS_CYRILLIC_FIRST | _IS_SIGN_FIRST))
    first = flags[places]
    second = flags[places + 1]
    letters = (first & _IS_CYRILLIC_FIRST != 0) & (second & _IS_CYRILLIC_FURTHER != 0)
    signs = (first & _IS_SIGN_FIRST != 0) & (second & _IS_SIGN != 0)
    places = places[letters | signs]
    rows = np.searchsorted(texts.offsets, places, side="right") - 1
    return np.bincount(rows, minlength=len(texts))


def _letter_and_capital(points: NDArray[np.uint32]) -> Ints:
    """Places of a letter or digit before `Ã` or `Â` at the end of a word."""
    places = np.flatnonzero((points[1:-_PADDING] | 1) == ord("Ã"))  # Â and Ã differ in the last bit
    matching: Ints = places[points[places] != SPACE]
    return matching


def _inside_word(points: NDArray[np.uint32]) -> Ints:
    """Places of a letter before `¿` or `¶`."""
    signs = points[1:-_PADDING]
    places = np.flatnonzero((signs == _INVERTED_QUESTION_MARK) | (signs == ord("¶")))
    matching: Ints = places[points[places] > _QUESTION_MARK]
    return matching


def _accented_runs(flags: NDArray[np.uint16]) -> Ints:
    accented = flags & _IS_ACCENTED != 0
    return np.flatnonzero(accented[:-2] & accented[1:-1] & accented[2:])


def _capital_after_lower(flags: NDArray[np.uint16]) -> Ints:
    lower = flags[:-1] & _IS_LOWER_CYRILLIC != 0
    return np.flatnonzero(lower & (flags[1:] & _IS_UPPER_CYRILLIC != 0))


def _sign_after_cyrillic(points: NDArray[np.uint32], flags: NDArray[np.uint16]) -> Ints:
    signs = (flags[1:] & _IS_SIGN != 0) & (points[1:] < _CYRILLIC)
    places = np.flatnonzero(signs)
    matching: Ints = places[flags[places] & (_IS_LOWER_CYRILLIC | _IS_UPPER_CYRILLIC) != 0]
    return matching


def _question_marks(points: NDArray[np.uint32], spaces: Bools) -> Ints:
    """Places of a question mark, a space and another question mark."""
    marks = points == _QUESTION_MARK
    return np.flatnonzero(marks[:-2] & spaces[1:-1] & marks[2:])


def _letters_apart(spaces: Bools) -> Ints:
    """Places where every second character is a space, four times."""
    return np.flatnonzero(spaces[:-6] & spaces[2:-4] & spaces[4:-2] & spaces[6:])
