"""Properties of every character of the first two Unicode planes, as arrays for column look-ups."""

from __future__ import annotations

import array
import functools
import unicodedata
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from alignment.cleaning.escapes import STARTERS
from alignment.cleaning.normalize import (
    comparable,
    is_word_char,
    nfkc_casefold,
    normalize,
)

TABLE_SIZE = 0x20000
"""Code points with a table entry. Rows with later ones (rare ideographs) are handled one by one."""

Points = NDArray[np.uint32]
"""Unicode code points."""
Entry = TypeVar("Entry", bound=np.generic)

# Bits of `CharTables.flags`.
LETTER = 1
"""`str.isalpha` is true."""
MAY_CHANGE = 2
"""`normalize` may change the character."""
WORD_CHAR = 4
"""`is_word_char` is true."""
DEPENDS = 8
"""`normalize` may change it together with others: an accent, or the first character of an escape.

Nearly all texts with one of them are normal, and a cheaper test than `normalize` tells.
"""

NOT_ONE_CHAR = 0xFFFFFFFF
"""In `CharTables.folded`: several characters, or a result that depends on the neighbors."""

_HANGUL_JAMO = range(0x1100, 0x1200)


class CharTables(NamedTuple):
    """One entry for each code point below `TABLE_SIZE`."""

    flags: NDArray[np.uint8]
    """`LETTER`, `MAY_CHANGE`, `WORD_CHAR` and `DEPENDS`, combined."""
    folded: Points
    """Comparable form: a code point, 0 (dropped, such as punctuation), or `NOT_ONE_CHAR`."""


@functools.cache
def char_tables() -> CharTables:
    """Build the tables from `unicodedata`, once per process, in about 0.1 seconds."""
    flags = bytearray(TABLE_SIZE)
    folded = array.array("I", bytes(4 * TABLE_SIZE))
    joining = _joining_points()
    for point, char in enumerate(map(chr, range(TABLE_SIZE))):
        category = unicodedata.category(char)
        if category in ("Cs", "Cn"):  # surrogates and unassigned code points
            continue
        if point in joining:
            flags[point] = LETTER * char.isalpha() | WORD_CHAR * is_word_char(char) | DEPENDS
            folded[point] = NOT_ONE_CHAR
        elif category == "Lo" and not unicodedata.decomposition(char):
            flags[point] = LETTER | WORD_CHAR
            folded[point] = point  # ideographs and syllables, two thirds of the table
        else:
            flags[point] = LETTER * char.isalpha() | WORD_CHAR * is_word_char(char)
            if char in STARTERS:
                flags[point] |= DEPENDS
            elif _changes(char, category):
                flags[point] |= MAY_CHANGE
            folded[point] = _folded(char, joining)
    return CharTables(np.frombuffer(flags, np.uint8), np.frombuffer(folded, np.uint32))


def _changes(char: str, category: str) -> bool:
    """Whether `normalize` changes the character alone."""
    if category[0] in "CZ":  # controls, marks of direction and spaces
        return char != " " and normalize(char) != char
    return not unicodedata.is_normalized("NFC", char)


def gather(table: NDArray[Entry], points: Points, *, beyond: int) -> NDArray[Entry]:
    """Look up each code point in `table`; `beyond` is the entry of points past the table's end."""
    entries = table.take(points.astype(np.intp), mode="clip")  # faster than from uint32
    if len(points) and points.max() >= TABLE_SIZE:
        entries[points >= TABLE_SIZE] = beyond
    return entries


def _folded(char: str, joining: frozenset[int]) -> int:
    """Entry of one character in `CharTables.folded`."""
    if nfkc_casefold(char) == char:  # most of them, decided quickly
        return ord(char) if is_word_char(char) else 0
    compared = comparable(char)
    if not compared:
        return 0
    if len(compared) > 1 or ord(compared) >= TABLE_SIZE or ord(compared) in joining:
        return NOT_ONE_CHAR
    return ord(compared)


def _joining_points() -> frozenset[int]:
    """Code points that may merge with the character before them under composition."""
    joining = set(_HANGUL_JAMO)
    for point in range(TABLE_SIZE):
        char = chr(point)
        if unicodedata.combining(char):
            joining.add(point)
        parts = unicodedata.decomposition(char).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            joining.add(int(parts[1], 16))
    return frozenset(joining)
