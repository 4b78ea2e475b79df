"""BCP-47 language codes: canonical forms, other spellings of a language, names and scripts."""

from __future__ import annotations

import langcodes
from langcodes.tag_parser import LanguageTagError

from alignment.languages.explain import absence, doubt, unreadable
from alignment.languages.matching import candidates, reading, same_language
from alignment.languages.scripts import further_scripts, is_spaceless, likely_script
from alignment.languages.tags import parse, standard

__all__ = [
    "absence",
    "best_match",
    "canonical",
    "code_of",
    "doubt",
    "language_and_script",
    "name",
    "names_script",
    "non_pivot_side",
    "script",
    "scripts",
    "spaceless",
    "spellings_of",
    "unreadable",
    "without_script",
]


def canonical(code: str) -> str:
    """The canonical BCP-47 form: `pt_br` -> `pt-BR`, `iw` -> `he`, `sr@latin` -> `sr-Latn`.

    Raises:
        ValueError: if it is not a known language; suggests a code if it is a language's name.
    """
    try:
        tag = langcodes.standardize_tag(standard(code))
        known = langcodes.Language.get(tag)
    except LanguageTagError as error:
        raise ValueError(f"{code!r} is not a BCP-47 language code{_suggestion(code)}") from error
    if not known.is_valid() or known.language is None:
        raise ValueError(f"{code!r} is not a known language code{_suggestion(code)}")
    return tag


def code_of(spelling: str, offered: frozenset[str]) -> str | None:
    """The canonical code of a spelling in a collection; None if it is not a known language.

    `als` is `gsw` in a collection with Wikipedia's codes.
    """
    meaning = reading(spelling, offered)
    if meaning is None:
        return None
    if meaning != parse(spelling):
        return meaning.language
    try:
        return canonical(spelling)
    except ValueError:
        return None


def _suggestion(code: str) -> str:
    """The code of a language that was given by name: `welsh` -> `cy`."""
    try:
        return f"; did you mean {langcodes.find(code).to_tag()!r}?"
    except LookupError:
        return ""


def best_match(
    wanted: str, offered: frozenset[str], others: frozenset[str] = frozenset()
) -> str | None:
    """The spelling among `offered` that means `wanted`: `he` -> `he_IL`, `fi` -> `fin`; or None.

    The same letters are preferred, then the same apart from case and separators, then another code
    of the language (`iw` for `he`), then another region or variant of it. Another language or
    script never matches. A code with two meanings is read by the company it is in: `als` is Tosk
    Albanian among codes of ISO 639-3, and Alemannic German among Wikipedia's.

    Args:
        wanted: A canonical code.
        offered: Spellings in one collection.
        others: Canonical codes of other wanted languages. What is nearer to one of them is left
            to it, so that `pt` does not read `pt_BR` if `pt-BR` is wanted too.
    """
    matches = candidates(wanted, offered, others)
    return matches[0].spelling if matches else None


def spellings_of(
    wanted: str, offered: frozenset[str], others: frozenset[str] = frozenset()
) -> frozenset[str]:
    """All spellings that mean `wanted`: of {de, DE, de-AT, ger, fr} the first four for `de`.

    For a collection that mixes spellings, such as a column of language codes. If no spelling
    means the language, those of its nearest relative. See `best_match` for the arguments.
    """
    matches = candidates(wanted, offered, others)
    spellings = {match.spelling for match in matches if same_language(wanted, match)}
    if matches:
        nearest = parse(matches[0].spelling)
        spellings |= {match.spelling for match in matches if parse(match.spelling) == nearest}
    return frozenset(spellings)


def non_pivot_side(pivot: str, first: str, second: str) -> str | None:
    """The side of a language pair that is not the pivot, in its own spelling.

    None if neither side is the pivot.
    """
    spelling = best_match(pivot, frozenset({first, second}))
    if spelling is None:
        return None
    return second if spelling == first else first


def language_and_script(code: str) -> tuple[str, str]:
    """Language and script, without the region.

    They are equal for `zh`, `cmn` and `zh-Hans`, and for `no` and `nb`.
    """
    tag = parse(code)
    return (code, "") if tag is None else (tag.usual, tag.script or "")


def name(code: str) -> str:
    """The English name: `cy` -> `Welsh`."""
    return str(langcodes.Language.get(code).display_name())


def script(code: str) -> str | None:
    """ISO 15924 code of the script that the code names or implies; None if unknown."""
    return likely_script(langcodes.Language.get(code))


def names_script(code: str) -> bool:
    """Whether the code names a script: `sr-Latn`, `zho_Hans`, but not `sr` or `zh-TW`."""
    tag = parse(code)
    return tag is not None and tag.names_script


def without_script(code: str) -> str:
    """The language alone: `sr-Latn` -> `sr`, `zh-TW` -> `zh`."""
    return langcodes.Language.get(code).language or code


def scripts(code: str) -> frozenset[str]:
    """ISO 15924 codes of the scripts of texts in the language; empty if unknown.

    Only the one that the code names, if it names one.
    """
    tag = langcodes.Language.get(code)
    likely = likely_script(tag)
    if likely is None:
        return frozenset()
    if tag.script is not None:
        return frozenset({likely})
    plain = likely_script(langcodes.Language.make(language=tag.language))
    return frozenset({likely, plain or likely, *further_scripts(tag.language or "")})


def spaceless(code: str) -> bool:
    """Whether the language is written without spaces between words: Japanese, Thai, Khmer, ..."""
    return is_spaceless(script(code))
