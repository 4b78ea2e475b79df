"""Which of the spellings in a collection mean a language.

A spelling in other letters, and another code of the same language, mean the same. A plain code
and one with a region are relatives: `pt` may be read for `pt-BR` and the other way round, if the
collection has nothing nearer. Another language or another script never matches.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import NamedTuple

import langcodes

from alignment.languages.tags import WIKIPEDIA_READINGS, Tag, parse

RELATIVE = 4
"""From this difference on, a spelling is a relative: another region, variant or dialect."""


class Candidate(NamedTuple):
    """A spelling that may be read for a language; the smallest one is the best."""

    difference: int
    """0 for the same code, below `RELATIVE` for the same language."""
    distance: int
    """Of the regions, on langcodes' scale."""
    letters: int
    """0 for the same letters, 1 apart from case and separators, 2 for other letters."""
    fewer_speakers: int
    """Of a relative, minus the number of people who speak the language in its region."""
    subtags: int
    spelling: str


@functools.lru_cache(maxsize=65536)
def candidates(
    wanted: str, offered: frozenset[str], others: frozenset[str] = frozenset()
) -> tuple[Candidate, ...]:
    """The spellings that may be read for `wanted`, the best first.

    Args:
        wanted: A canonical code.
        offered: The spellings that a collection has.
        others: Canonical codes of other wanted languages. A spelling that is nearer to one of
            them is left to it.
    """
    matches = _all_candidates(wanted, offered)
    for other in others - {wanted} if matches else ():
        matches = _without_rival(matches, _all_candidates(other, offered))
    return () if _scripts_differ(wanted, matches) else tuple(matches)


def in_several_scripts(wanted: str, offered: frozenset[str]) -> list[str]:
    """Spellings that only their scripts tell apart, where the script of `wanted` is not known.

    None of them is read.
    """
    matches = _all_candidates(wanted, offered)
    return [match.spelling for match in matches] if _scripts_differ(wanted, matches) else []


def _all_candidates(wanted: str, offered: frozenset[str]) -> list[Candidate]:
    matches = [_candidate(wanted, spelling, offered) for spelling in offered]
    return sorted(match for match in matches if match is not None)


def _without_rival(matches: list[Candidate], rivals: list[Candidate]) -> list[Candidate]:
    """Without the spellings that another language has as its best and that are nearer to it."""
    if not rivals:
        return matches
    nearer = {}
    for rival in rivals:
        if rival[:2] == rivals[0][:2]:
            nearer[rival.spelling] = rival
    kept = []
    for match in matches:
        rival_match = nearer.get(match.spelling)
        if rival_match is None or rival_match[:3] >= match[:3]:
            kept.append(match)
    return kept


def _scripts_differ(wanted: str, matches: Iterable[Candidate]) -> bool:
    """Whether all spellings name a script, not the same one, and the wanted one is not known."""
    wanted_tag = parse(wanted)
    if wanted_tag is None or wanted_tag.script is not None:
        return False
    tags = [parse(match.spelling) for match in matches]
    scripts = {tag.script if tag else None for tag in tags}
    return len(scripts) > 1 and None not in scripts


def same_language(wanted: str, match: Candidate) -> bool:
    """Whether the spelling means the language, or the language in one of its regions."""
    if match.difference < RELATIVE:
        return True
    wanted_tag = parse(wanted)
    tag = parse(match.spelling)
    if wanted_tag is None or tag is None:
        return False
    return wanted_tag.region is None and wanted_tag.variants == tag.variants


def reading(spelling: str, offered: frozenset[str]) -> Tag | None:
    """What a spelling means in this collection; None if it is not a language code.

    Where ISO 639-3 and Wikipedia disagree (`als`), the other codes of the collection decide.
    """
    return _parse_as(spelling, wikipedia=_follows_wikipedia(spelling, offered))


def _parse_as(spelling: str, *, wikipedia: bool) -> Tag | None:
    tag = parse(spelling)
    return parse(WIKIPEDIA_READINGS[tag.language]) if tag and wikipedia else tag


def _follows_wikipedia(spelling: str, offered: frozenset[str]) -> bool:
    """Whether a code with two meanings has Wikipedia's in this collection."""
    tag = parse(spelling)
    if tag is None or tag.names_script or tag.language not in WIKIPEDIA_READINGS:
        return False
    other = WIKIPEDIA_READINGS[tag.language]
    tags = [parse(code) for code in offered]
    if any(tag.language == other for tag in tags if tag is not None):
        return False
    return _has_short_codes(offered)


def _has_short_codes(offered: frozenset[str]) -> bool:
    """Whether the collection writes `de`, as Wikipedia does, and not `deu`."""
    return any(len(code.replace("_", "-").partition("-")[0]) == 2 for code in offered)


def _candidate(wanted: str, spelling: str, offered: frozenset[str]) -> Candidate | None:
    return _judge(wanted, spelling, wikipedia=_follows_wikipedia(spelling, offered))


@functools.lru_cache(maxsize=65536)
def _judge(wanted: str, spelling: str, *, wikipedia: bool) -> Candidate | None:
    letters = _letters(wanted, spelling)
    if letters == 0:
        return Candidate(0, 0, 0, 0, 0, spelling)
    subtags = spelling.count("-") + spelling.count("_") + spelling.count("@")
    wanted_tag = parse(wanted)
    if wanted_tag is None:
        return Candidate(0, 0, letters, 0, subtags, spelling) if letters == 1 else None
    tag = _parse_as(spelling, wikipedia=wikipedia)
    difference = None if tag is None else _difference(wanted_tag, tag)
    if tag is None or difference is None:
        return None
    distance = _region_distance(wanted_tag, tag)
    speakers = _speakers(tag) if difference >= RELATIVE else 0
    return Candidate(difference, distance, letters, -speakers, subtags, spelling)


def _letters(wanted: str, spelling: str) -> int:
    if wanted == spelling:
        return 0
    return 1 if _folded(wanted) == _folded(spelling) else 2


def _folded(spelling: str) -> str:
    return spelling.strip().lower().replace("_", "-")


def _difference(wanted: Tag, tag: Tag) -> int | None:
    """How far two codes differ; None for another language or script."""
    kinship = _kinship(wanted, tag)
    variants = _variant_difference(wanted, tag)
    if kinship is None or variants is None or not same_script(wanted, tag):
        return None
    named = int(wanted.names_script != tag.names_script)
    return kinship + named + variants + _region_difference(wanted, tag)


def same_script(first: Tag, second: Tag) -> bool:
    """Whether two codes name or imply one script; an unknown script may be any."""
    return first.script is None or second.script is None or first.script == second.script


def _kinship(wanted: Tag, tag: Tag) -> int | None:
    """0 for one language, 1 for a macrolanguage and its usual member, more for another member."""
    if wanted.language == tag.language:
        return 0
    if tag.usual == wanted.language or wanted.usual == tag.language:
        return 1
    if wanted.language in tag.macrolanguages or tag.language in wanted.macrolanguages:
        return RELATIVE
    return None


def _region_difference(wanted: Tag, tag: Tag) -> int:
    if wanted.region == tag.region:
        return 0
    if wanted.region is None:
        return 1 if tag.region == wanted.implied_region else RELATIVE + 1
    if tag.region is None:
        return 1 if wanted.region == tag.implied_region else RELATIVE
    return RELATIVE + 2


def _variant_difference(wanted: Tag, tag: Tag) -> int | None:
    if wanted.variants == tag.variants:
        return 0
    if any(variant.startswith("x-") for variant in wanted.variants ^ tag.variants):
        return None  # such as Tarantino, which has no code apart from Neapolitan's
    return RELATIVE if tag.variants <= wanted.variants else RELATIVE + 2


def _speakers(tag: Tag) -> int:
    """How many people speak the language in the region, by CLDR; 0 without a region."""
    if tag.region is None:
        return 0
    regional = langcodes.Language.make(language=tag.language, territory=tag.region)
    return int(regional.speaking_population())


def _region_distance(wanted: Tag, tag: Tag) -> int:
    if wanted.region == tag.region:
        return 0
    first = langcodes.Language.make(language=wanted.language, territory=wanted.region)
    second = langcodes.Language.make(language=wanted.language, territory=tag.region)
    return int(langcodes.tag_distance(first, second))
