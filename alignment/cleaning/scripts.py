"""Which scripts a language is written in, and how much of a text is in them."""

from __future__ import annotations

import functools
from typing import NamedTuple

import langcodes
import numpy as np
from fontTools import unicodedata as script_data
from numpy.typing import NDArray

from alignment.cleaning.char_tables import LETTER, TABLE_SIZE, char_tables, gather
from alignment.cleaning.columns import Floats, Texts

# ISO 15924 codes that combine several scripts of the Unicode character database.
_COMPOUND = {
    "Jpan": ("Hani", "Hira", "Kana"),
    "Kore": ("Hang", "Hani"),
    "Hans": ("Hani", "Bopo"),
    "Hant": ("Hani", "Bopo"),
    "Hrkt": ("Hira", "Kana"),
}
# Languages that are commonly written in a second script too. CLDR's likely subtags name only one,
# so this applies where the code does not name a script.
_SECOND = {
    "az": "Cyrl",
    "bs": "Cyrl",
    "kk": "Latn",
    "ku": "Arab",
    "ky": "Latn",
    "mn": "Mong",
    "ms": "Arab",
    "pa": "Arab",
    "sd": "Deva",
    "sh": "Cyrl",
    "sr": "Latn",
    "tg": "Latn",
    "tk": "Cyrl",
    "tt": "Latn",
    "ug": "Cyrl",
    "uz": "Cyrl",
    "yue": "Hans",
    "ks": "Deva",
}
_SHARED = frozenset({"Zyyy", "Zinh", "Zzzz"})  # letters that all scripts share
_IDEOGRAPHS = "Hani"  # the script of every letter past the table


def scripts_of(language: str) -> frozenset[str]:
    """ISO 15924 codes of the scripts that the language is written in; empty if CLDR has none.

    CLDR's likely script, and a second common one.
    """
    tag = langcodes.Language.get(language)
    scripts = set()
    if main := tag.maximize().script:
        scripts.add(main)
    if tag.script is None and tag.language in _SECOND:
        scripts.add(_SECOND[tag.language])
    parts: set[str] = set()
    for script in scripts:
        parts.update(_COMPOUND.get(script, (script,)))
    return frozenset(parts)


def script_share(texts: Texts, language: str) -> Floats:
    """Share of each row's letters that are in a script of the language (rows,).

    1 for a row without letters, and for every row if the language's script is unknown.
    """
    expected = scripts_of(language)
    if not expected:
        return np.ones(len(texts))
    scripts = _script_table()
    accepted = np.array([name in expected or name in _SHARED for name in scripts.names])
    flags = gather(char_tables().flags, texts.points, beyond=LETTER)
    letters = flags & LETTER != 0
    numbers = gather(scripts.numbers, texts.points, beyond=scripts.names.index(_IDEOGRAPHS))
    count = texts.total(letters)
    fitting = texts.total(accepted[numbers] & letters)
    return np.where(count > 0, fitting / np.maximum(count, 1), 1.0)


class _ScriptTable(NamedTuple):
    names: list[str]
    """ISO 15924 codes, sorted."""
    numbers: NDArray[np.uint8]
    """Index into `names` of each code point's script, (TABLE_SIZE,)."""


@functools.cache
def _script_table() -> _ScriptTable:
    scripts = [script_data.script(chr(point)) for point in range(TABLE_SIZE)]
    names = sorted({*scripts, _IDEOGRAPHS})
    number = {name: i for i, name in enumerate(names)}
    return _ScriptTable(names, np.array([number[name] for name in scripts], dtype=np.uint8))
