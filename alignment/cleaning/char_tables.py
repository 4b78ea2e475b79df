"""Properties of every character of the first two Unicode planes, as arrays for column look-ups."""

from __future__ import annotations

import functools
import unicodedata
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from alignment.cleaning.escapes import STARTERS
from alignment.cleaning.normalize import comparable, is_word_char, normalize

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

NOT_ONE_CHAR = 0xFFFFFFFF
"""In `CharTables.folded`: several characters, or a result that depends on the neighbors."""

_HANGUL_JAMO = range(0x1100, 0x1200)


class CharTables(NamedTuple):
    """One entry for each code point below `TABLE_SIZE`."""

    flags: NDArray[np.uint8]
    """`LETTER`, `MAY_CHANGE` and `WORD_CHAR`, combined."""
    folded: Points
    """Comparable form: a code point, 0 (dropped, such as punctuation), or `NOT_ONE_CHAR`."""


@functools.cache
def char_tables() -> CharTables:
    """Build the tables from `unicodedata`, once per process, in about 0.1 seconds."""
    flags = np.zeros(TABLE_SIZE, dtype=np.uint8)
    folded = np.zeros(TABLE_SIZE, dtype=np.uint32)
    joining = _joining_points()
    for point in range(TABLE_SIZE):
        char = chr(point)
        category = unicodedata.category(char)
        if category in ("Cs", "Cn"):  # surrogates and unassigned code points
            continue
        flags[point] = LETTER * char.isalpha() | WORD_CHAR * is_word_char(char)
        if point in joining:
            flags[point] |= MAY_CHANGE
            folded[point] = NOT_ONE_CHAR
        elif category == "Lo" and not unicodedata.decomposition(char):
            folded[point] = point  # ideographs and syllables, two thirds of the table
        else:
            if char in STARTERS or (char != " " and normalize(char) != char):
                flags[point] |= MAY_CHANGE
            folded[point] = _folded(char, joining)
    return CharTables(flags, folded)


def gather(table: NDArray[Entry], points: Points, *, beyond: int) -> NDArray[Entry]:
    """Look up each code point in `table`; `beyond` is the entry of points past the table's end."""
    entries = table.take(points, mode="clip")
    if len(points) and points.max() >= TABLE_SIZE:
        entries[points >= TABLE_SIZE] = beyond
    return entries


def _folded(char: str, joining: frozenset[int]) -> int:
    """Entry of one character in `CharTables.folded`."""
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
