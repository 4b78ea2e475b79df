"""Which scripts a language is written in, and how much of a text is in them."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from fontTools import unicodedata as script_data
from numpy.typing import NDArray

from alignment import languages
from alignment.cleaning import columns
from alignment.cleaning.char_tables import LETTER, TABLE_SIZE, char_tables, gather
from alignment.cleaning.columns import Floats, Ints, Texts
from alignment.cleaning.prose import without_markup, without_names

# ISO 15924 codes that combine several scripts of the Unicode character database.
_COMPOUND = {
    "Jpan": ("Hani", "Hira", "Kana"),
    "Kore": ("Hang", "Hani"),
    "Hans": ("Hani", "Bopo"),
    "Hant": ("Hani", "Bopo"),
    "Hrkt": ("Hira", "Kana"),
}
_SHARED = frozenset({"Zyyy", "Zinh", "Zzzz"})  # letters that all scripts share
CLEAR = 0.8
"""With this share of all letters a text certainly is in its script."""
IDEOGRAPHS = "Hani"
"""The script of every letter past the table."""


def scripts_of(language: str) -> frozenset[str]:
    """ISO 15924 codes of the scripts in which the language is written; empty if unknown.

    CLDR's likely script, and further ones in use unless the code names its script.
    """
    parts: set[str] = set()
    for script in languages.scripts(language):
        parts.update(_COMPOUND.get(script, (script,)))
    return frozenset(parts)


def script_share(texts: Texts, language: str, translations: Texts | None = None) -> Floats:
    """Share of each row's letters that are in a script of the language (rows,), in [0, 1].

    Letters of placeholders, tags, addresses and code do not count, nor those of abbreviations and
    of names that the other side has too: they keep their script in every language. The share is 1
    for a row without letters, and for every row if the language's script is unknown. A share of
    `CLEAR` or more of all letters is taken as it is, which saves most of the time.

    Args:
        texts: One side of the pairs.
        language: Its code.
        translations: The other side; without it, no word counts as a name.
    """
    expected = scripts_of(language)
    if not expected:
        return np.ones(len(texts))
    shares, _ = _letter_shares(texts, expected)
    mixed = np.flatnonzero(shares < CLEAR)
    rows = [without_markup(row) for row in columns.take(texts, mixed).strings()]
    plain = columns.from_strings(rows)
    shares[mixed], _ = _letter_shares(plain, expected)
    still_mixed = shares[mixed] < CLEAR
    plain = columns.take(plain, np.flatnonzero(still_mixed))
    mixed = mixed[still_mixed]
    others = texts if translations is None else translations
    sides = zip(plain.strings(), columns.take(others, mixed).strings(), strict=True)
    prose = columns.from_strings([without_names(row, other) for row, other in sides])
    prose_shares, letters = _letter_shares(prose, expected)
    some_left = letters > 0
    shares[mixed[some_left]] = prose_shares[some_left]
    return shares


def _letter_shares(texts: Texts, expected: frozenset[str]) -> tuple[Floats, Ints]:
    """Share of letters in the expected scripts, 1 without letters; and the letters (rows,)."""
    scripts = script_table()
    accepted = np.array([name in expected or name in _SHARED for name in scripts.names])
    flags = gather(char_tables().flags, texts.points, beyond=LETTER)
    letters = flags & LETTER != 0
    numbers = gather(scripts.numbers, texts.points, beyond=scripts.names.index(IDEOGRAPHS))
    count = texts.total(letters)
    fitting = texts.total(accepted[numbers] & letters)
    return np.where(count > 0, fitting / np.maximum(count, 1), 1.0), count


class ScriptTable(NamedTuple):
    """The script of every code point below `TABLE_SIZE`."""

    names: list[str]
    """ISO 15924 codes, sorted."""
    numbers: NDArray[np.uint8]
    """Index into `names` of each code point's script, (TABLE_SIZE,)."""


@functools.cache
def script_table() -> ScriptTable:
    """Build the table from the Unicode data of fontTools, once per process."""
    scripts = [script_data.script(chr(point)) for point in range(TABLE_SIZE)]
    names = sorted({*scripts, IDEOGRAPHS})
    number = {name: i for i, name in enumerate(names)}
    return ScriptTable(names, np.array([number[name] for name in scripts], dtype=np.uint8))
