"""Which script a language is written in, and how much of a text is in it."""

from __future__ import annotations

import functools

import langcodes
import numpy as np
from fontTools import unicodedata as script_data
from numpy.typing import NDArray

from alignment.cleaning import columns
from alignment.cleaning.columns import Floats, Texts

# ISO 15924 codes that stand for several scripts of the Unicode character database.
_COMPOUND = {
    "Jpan": ("Hani", "Hira", "Kana"),
    "Kore": ("Hang", "Hani"),
    "Hans": ("Hani", "Bopo"),
    "Hant": ("Hani", "Bopo"),
    "Hrkt": ("Hira", "Kana"),
}
# Languages that are commonly written in a second script too, when the code does not say which (CLDR's
# likely subtags name one only).
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
_ANY = frozenset({"Zyyy", "Zinh", "Zzzz"})  # letters that all scripts share


def scripts_of(language: str) -> frozenset[str]:
    """ISO 15924 codes of the scripts that the language is written in (CLDR's likely script, and a second one).

    Empty if CLDR does not know the language.
    """
    tag = langcodes.Language.get(language)
    main = tag.maximize().script
    found = {main} if main else set()
    if tag.script is None and tag.language in _SECOND:
        found.add(_SECOND[tag.language])
    return frozenset(part for script in found for part in _COMPOUND.get(script, (script,)))


def script_share(texts: Texts, language: str) -> Floats:
    """Share of each row's letters that are in a script of the language (rows,); 1 of a row without letters."""
    wanted = scripts_of(language)
    if not wanted:
        return np.ones(len(texts))
    names, numbers = _scripts()
    fits = np.array([name in wanted or name in _ANY for name in names])
    letters = (
        columns.gather(columns.tables().flags, texts.points, beyond=columns.LETTER) & columns.LETTER
        != 0
    )
    own = fits[columns.gather(numbers, texts.points, beyond=names.index("Hani"))] & letters
    count = texts.total(letters)
    return np.where(count > 0, texts.total(own) / np.maximum(count, 1), 1.0)


@functools.cache
def _scripts() -> tuple[list[str], NDArray[np.uint8]]:
    """Names of scripts, and the number of each code point's."""
    every = [script_data.script(chr(point)) for point in range(columns.PLANES)]
    names = sorted({*every, "Hani"})
    number = {name: i for i, name in enumerate(names)}
    return names, np.array([number[name] for name in every], dtype=np.uint8)
