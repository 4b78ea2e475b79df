"""BCP-47 language codes: canonical forms, other spellings of a language, names and scripts."""

from __future__ import annotations

import functools

import langcodes
from langcodes.tag_parser import LanguageTagError

MAX_DISTANCE = 5
"""On langcodes' scale: another region is at most 5 away, another script or language far more."""

_SPACELESS_SCRIPTS = frozenset({"Hans", "Hant", "Jpan", "Thai", "Laoo", "Khmr", "Mymr", "Hani"})


def canonical(code: str) -> str:
    """The canonical BCP-47 form of `code`: `pt_br` -> `pt-BR`, `iw` -> `he`.

    Raises:
        ValueError: if it is not a known language; suggests a code if it is a language's name.
    """
    try:
        tag = langcodes.standardize_tag(code)
        known = langcodes.Language.get(tag)
    except LanguageTagError as error:
        raise ValueError(f"{code!r} is not a BCP-47 language code{_suggestion(code)}") from error
    if not known.is_valid() or known.language is None:
        raise ValueError(f"{code!r} is not a known language code{_suggestion(code)}")
    return tag


def _suggestion(code: str) -> str:
    """The code of a language that was given by name: `welsh` -> `cy`."""
    try:
        return f"; did you mean {langcodes.find(code).to_tag()!r}?"
    except LookupError:
        return ""


@functools.lru_cache(maxsize=4096)
def best_match(wanted: str, offered: frozenset[str]) -> str | None:
    """The spelling among `offered` that means `wanted`: `he` -> `he_IL`, `fi` -> `fin`; or None.

    An exact spelling is preferred. A regional variant matches if the plain language is not
    offered; another script never does.
    """
    best: str | None = None
    shortest = MAX_DISTANCE + 1
    for spelling in sorted(offered):
        distance = _distance(wanted, spelling)
        if distance is not None and distance < shortest:
            best = spelling
            shortest = distance
    return best


def non_pivot_side(pivot: str, first: str, second: str) -> str | None:
    """The side of a language pair that is not the pivot, in its own spelling.

    None if neither side is the pivot.
    """
    if best_match(pivot, frozenset({first})):
        return second
    if best_match(pivot, frozenset({second})):
        return first
    return None


@functools.lru_cache(maxsize=65536)
def _distance(wanted: str, spelling: str) -> int | None:
    """Distance on langcodes' scale; None for another language or script, or an invalid tag."""
    try:
        ours = _plain(wanted)
        theirs = _plain(spelling)
    except LanguageTagError:
        return None
    if ours.language != theirs.language:
        return None
    if ours.maximize().script != theirs.maximize().script:
        return None
    return int(langcodes.tag_distance(ours, theirs))


def _plain(code: str) -> langcodes.Language:
    """With the macrolanguage in place of its usual member: `lvs` -> `lv`, `nb` -> `no`."""
    tag = langcodes.Language.get(langcodes.standardize_tag(code, macro=True))
    return tag.update_dict({"language": "no"}) if tag.language == "nb" else tag


def language_and_script(code: str) -> tuple[str, str]:
    """Language and script, without the region.

    They are equal for `zh`, `cmn` and `zh-Hans`, and for `no` and `nb`.
    """
    tag = _plain(code)
    return tag.language or "", tag.maximize().script or ""


def name(code: str) -> str:
    """The English name: `cy` -> `Welsh`."""
    return str(langcodes.Language.get(code).display_name())


def spaceless(code: str) -> bool:
    """Whether the language is written without spaces between words: Japanese, Thai, Khmer, ..."""
    return langcodes.Language.get(code).maximize().script in _SPACELESS_SCRIPTS
