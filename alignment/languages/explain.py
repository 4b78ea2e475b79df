"""Why a collection has no spelling of a language, or only a doubtful one, in words."""

from __future__ import annotations

import langcodes
from langcodes.data_dicts import MACROLANGUAGES

from alignment.languages.matching import RELATIVE, candidates, readings, same_script
from alignment.languages.tags import WIKIPEDIA_READINGS, Tag, parse, standard

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
    meanings = readings(best.spelling, offered)
    if best.letters == 0 and meanings and parse(wanted) not in meanings:
        code = meanings[0].language
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
    """Why the nearest spellings in `offered` are not read for `wanted`; None if none is near.

    It names codes that cannot be read, too.
    """
    wanted_tag = parse(wanted)
    reasons = []
    unreadable = []
    for spelling in sorted(offered - {"*"}):
        meanings = readings(spelling, offered)
        if not meanings:
            unreadable.append(repr(spelling))
        elif wanted_tag is not None:
            reason = _why_not(wanted_tag, meanings[0], spelling)
            reasons += [reason] if reason else []
    left = {match.spelling for match in candidates(wanted, offered)}
    left -= {match.spelling for match in candidates(wanted, offered, others)}
    if left:
        reasons.append(f"{_listed(sorted(left))} read for another language of the configuration")
    if unreadable:
        verb = "is no language code" if len(unreadable) == 1 else "are no language codes"
        reasons.append(f"{', '.join(unreadable[:MAX_NAMED])} {verb}")
    return "; ".join(reasons[:MAX_NAMED]) or None


def _why_not(wanted: Tag, tag: Tag, spelling: str) -> str | None:
    """Why a near spelling is not read; None if it is not near, or is read."""
    related = {tag.language, *tag.macrolanguages} & {wanted.language, *wanted.macrolanguages}
    if related:
        if same_script(wanted, tag):
            return None
        return f"{spelling} is in another script ({tag.script}): configure {_code(spelling, tag)}"
    if parse(spelling) != tag or spelling in WIKIPEDIA_READINGS:
        if wanted.language in (spelling, *(parse(spelling) or tag).macrolanguages):
            return f"{spelling} is {_name(tag.language)} here, as in Wikipedia"
        return None
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
