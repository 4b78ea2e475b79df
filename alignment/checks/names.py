"""Does an encoder know a language at all? Names from CLDR tell.

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
# Languages and countries that have a name in most languages.
_LANGUAGES = (
    "ar bg bn cs da de el en es et fa fi fr he hi hr hu hy id is it ja ka ko la lt lv mk mn ms my"
    " ne nl no pl pt ro ru sa sk sl sq sr sv sw ta th tr uk ur vi zh ga cy eu yi mt lb be"
)
_COUNTRIES = (
    "DE AT CH FR ES IT GB IE SE FI NO DK IS NL BE PL CZ SK HU GR TR RU UA GE AM EG MA ZA IN CN JP"
    " KR KP US NZ SA AE LB SY IL CY HR EE LV LT RS AL ME"
)


def language_names(pivot: str, language: str) -> Excerpts:
    """Names of languages and countries in the pivot language and in `language`, as pairs.

    There are none if CLDR does not have the language.
    """
    pairs: dict[str, str] = {}
    for code in _LANGUAGES.split():
        tag = langcodes.Language.get(code)
        pairs[tag.display_name(pivot)] = tag.display_name(language)
    for code in _COUNTRIES.split():
        country = langcodes.Language.make(territory=code)
        pairs[country.territory_name(pivot)] = country.territory_name(language)
    source = [name for name, translation in pairs.items() if not _alike(name, translation)]
    target = [pairs[name] for name in source]
    return Excerpts(np.arange(len(source)), source, target)


def _alike(name: str, translation: str) -> bool:
    return Levenshtein.normalized_similarity(name.lower(), translation.lower()) > MAX_ALIKE
