"""Why a collection has no spelling of a language, or only a doubtful one, in words."""

from __future__ import annotations

import langcodes
from langcodes.data_dicts import MACROLANGUAGES

from alignment.languages.matching import (
    RELATIVE,
    candidates,
    in_several_scripts,
    reading,
    same_script,
)
from alignment.languages.tags import Tag, parse, standard

MAX_NAMED = 8
"""Spellings that one sentence names."""


def doubt(wanted: str, offered: frozenset[str], others: frozenset[str] = frozenset()) -> str | None:
    """What is doubtful about the spelling that is read for `wanted`; None if nothing is.

    A relative is read (`pt_BR` for `pt-PT`), or further spellings are as near and left out.
    """
    matches = candidates(wanted, offered, others)
    if not matches:
        return None
    best = matches[0]
    doubts = []
    meaning = reading(best.spelling, offered)
    if best.letters == 0 and meaning is not None and meaning != parse(wanted):
        code = meaning.language
        doubts.append(f"its {best.spelling} probably is {code} ({_name(code)}), as in Wikipedia")
    rivals = [match.spelling for match in matches[1:] if match[:2] == best[:2]]
    if rivals:
        doubts.append(f"{_listed(rivals)} as near and left out")
    if best.difference >= RELATIVE or rivals:
        doubts.insert(0, f"{best.spelling} is read for {wanted}")
    return "; ".join(doubts) or None


def absence(
    wanted: str, offered: frozenset[str], others: frozenset[str] = frozenset()
) -> str | None:
    """Why the nearest spellings in `offered` are not read for `wanted`; None if none is near."""
    wanted_tag = parse(wanted)
    reasons = []
    for spelling in sorted(offered):
        meaning = reading(spelling, offered)
        if wanted_tag is not None and meaning is not None:
            reason = _why_not(wanted_tag, meaning, spelling)
            reasons += [reason] if reason else []
    scripts = in_several_scripts(wanted, offered)
    if scripts:
        reasons.append(f"{_listed(scripts)} in different scripts: configure one of them")
    left = {match.spelling for match in candidates(wanted, offered)}
    left -= {match.spelling for match in candidates(wanted, offered, others)}
    if left:
        reasons.append(f"{_listed(sorted(left))} read for another language of the configuration")
    return "; ".join(reasons[:MAX_NAMED]) or None


def unreadable(offered: frozenset[str]) -> str | None:
    """Which of the spellings are no language codes; None if all are."""
    spellings = [repr(spelling) for spelling in sorted(offered) if parse(spelling) is None]
    if not spellings:
        return None
    verb = "is no language code" if len(spellings) == 1 else "are no language codes"
    return f"{', '.join(spellings[:MAX_NAMED])} {verb}"


def _why_not(wanted: Tag, tag: Tag, spelling: str) -> str | None:
    """Why a near spelling is not read; None if it is not near, or is read."""
    related = {tag.language, *tag.macrolanguages} & {wanted.language, *wanted.macrolanguages}
    if related:
        if same_script(wanted, tag):
            return None
        return f"{spelling} is in another script ({tag.script}): configure {_code(spelling, tag)}"
    plain = parse(spelling)
    if plain is not None and plain != tag and wanted.language in plain.macrolanguages:
        return f"{spelling} is {_name(tag.language)} here, as in Wikipedia"
    family = MACROLANGUAGES.get(wanted.language, wanted.usual)
    if family in (tag.language, MACROLANGUAGES.get(tag.language, tag.usual)):
        return f"{spelling} is {_name(tag.language)}, another language"
    return None


def _code(spelling: str, tag: Tag) -> str:
    """The code to configure, so that the script of `spelling` is the one that is read."""
    if tag.names_script or tag.region:
        return langcodes.standardize_tag(standard(spelling))
    return f"{tag.language}-{tag.script}"


def _listed(spellings: list[str]) -> str:
    names = ", ".join(spellings[:MAX_NAMED])
    return f"{names} {'is' if len(spellings) == 1 else 'are'}"


def _name(code: str) -> str:
    return str(langcodes.Language.get(code).display_name())
