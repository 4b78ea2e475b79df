"""Does an encoder know a language at all? Language names from CLDR tell.

CLDR has `German` and its translations in most languages, so the encoder can be tried on them
without any corpus. Names that look alike in both languages prove nothing and are left out.
"""

from __future__ import annotations

import langcodes
import numpy as np
from rapidfuzz.distance import Levenshtein

from alignment.checks.excerpts import Excerpts

MAX_ALIKE = 0.5
"""Edit similarity of a name and its translation, from 0 to 1 (equal)."""
# Languages that have a name in most languages.
_NAMED = (
    "ar bg bn cs da de el en es et fa fi fr he hi hr hu hy id is it ja ka ko la lt lv mk mn ms my"
    " ne nl no pl pt ro ru sa sk sl sq sr sv sw ta th tr uk ur vi zh ga cy eu yi mt lb be"
)


def language_names(pivot: str, language: str) -> Excerpts:
    """Names of languages in the pivot language and in `language`, as pairs; perhaps none."""
    source = []
    target = []
    for code in _NAMED.split():
        tag = langcodes.Language.get(code)
        name = tag.display_name(pivot)
        translation = tag.display_name(language)
        if Levenshtein.normalized_similarity(name.lower(), translation.lower()) <= MAX_ALIKE:
            source.append(name)
            target.append(translation)
    return Excerpts(np.arange(len(source)), source, target)
