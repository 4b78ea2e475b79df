"""BCP-47 language codes: the canonical form, other spellings of the same language, names, scripts."""

from __future__ import annotations

import functools

import langcodes
from langcodes.tag_parser import LanguageTagError

MAX_DISTANCE = (
    5  # langcodes' scale: a region apart is at most 5, another script or language is far more
)
_SPACELESS = frozenset({"Hans", "Hant", "Jpan", "Thai", "Laoo", "Khmr", "Mymr", "Hani"})


def canonical(code: str) -> str:
    """The canonical BCP-47 form of `code` (`pt_br` -> `pt-BR`, `iw` -> `he`).

    Raises:
        ValueError: if it is not a known language, with the nearest valid code where there is one.
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
    """A code for a language that was written by its name (`welsh` -> `cy`)."""
    try:
        return f"; did you mean {langcodes.find(code).to_tag()!r}?"
    except LookupError:
        return ""


@functools.lru_cache(maxsize=4096)
def best_match(wanted: str, offered: frozenset[str]) -> str | None:
    """Which of a source's own spellings means `wanted`: `he` -> `he_IL`, `fi` -> `fin`, or None.

    An exact spelling wins; a regional variant serves where the plain language is missing; another
    script never does.
    """
    best: tuple[int, str] | None = None
    for spelling in sorted(offered):
        distance = _distance(wanted, spelling)
        if (
            distance is not None
            and distance <= MAX_DISTANCE
            and (best is None or distance < best[0])
        ):
            best = (distance, spelling)
    return best[1] if best else None


def beside(pivot: str, first: str, second: str) -> str | None:
    """The side of a language pair that is not the pivot, in its own spelling; None if neither side is the pivot."""
    if best_match(pivot, frozenset({first})):
        return second
    return first if best_match(pivot, frozenset({second})) else None


@functools.lru_cache(maxsize=65536)
def _distance(wanted: str, spelling: str) -> int | None:
    try:
        ours, theirs = _plain(wanted), _plain(spelling)
    except LanguageTagError:
        return None
    if (ours.language, ours.maximize().script) != (theirs.language, theirs.maximize().script):
        return None
    return langcodes.tag_distance(ours, theirs)


def _plain(code: str) -> langcodes.Language:
    """With the macrolanguage for a member that is commonly meant by it (`lvs` -> `lv`, `nb` -> `no`)."""
    tag = langcodes.Language.get(langcodes.standardize_tag(code, macro=True))
    return tag.update_dict({"language": "no"}) if tag.language == "nb" else tag


def identity(code: str) -> tuple[str, str]:
    """Language and script: equal for `zh`, `cmn` and `zh-Hans`, or `no` and `nb`; the region does not count."""
    tag = _plain(code)
    return tag.language or "", tag.maximize().script or ""


def name(code: str) -> str:
    """The English name: `cy` -> `Welsh`."""
    return langcodes.Language.get(code).display_name()


def spaceless(code: str) -> bool:
    """Whether the language is written without spaces between words (Japanese, Thai, Khmer, ...)."""
    return langcodes.Language.get(code).maximize().script in _SPACELESS
