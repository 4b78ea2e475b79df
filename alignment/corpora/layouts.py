"""Where a package keeps its catalogs: which file is which language's, and which belong together."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from alignment import languages

# <folder of locales>/<language>/LC_MESSAGES/<domain>.po
_GETTEXT_FOLDER = re.compile(
    r"(?:^|/)(?P<lang>[A-Za-z]{2,3}(?:[_@-][A-Za-z0-9]+)*)/LC_MESSAGES/[^/]+\.(?:po|mo)$"
)
# po/<language>.po
_GETTEXT_FILE = re.compile(r"(?:^|/)(?P<lang>[A-Za-z]{2,3}(?:[_@-][A-Za-z0-9]+)*)\.(?:po|mo)$")
# `app` and `web` are language codes too, so `app.po` counts only beside a file such as `de.po`.
_TWO_LETTERS = re.compile(r"[A-Za-z]{2}(?![A-Za-z])")
_WILDCARDS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
_LANGUAGE = r"(?P<lang>[A-Za-z]{2,3}(?:[_@-][A-Za-z0-9]+)*|b(?:\+[A-Za-z0-9]+)+)"
_NESTED_ARCHIVE = re.compile(r"^(.*?\.(?:xpi|zip|jar|whl))/")
_NOT_A_LANGUAGE = frozenset({"qqq", "qqx"})  # MediaWiki's descriptions of messages, and their keys
_BASE = "Base"  # Apple's folder of the language of development


class Member(NamedTuple):
    """One catalog file of a package or directory."""

    name: str
    folder: str
    """What precedes the language in the path."""
    language: str
    """A BCP-47 code, or close to one; empty for a file of the language of development."""
    domain: str
    """What follows the language; equal for the pivot's file."""
    suffix: str


def gettext_members(names: Iterable[str]) -> list[Member]:
    """The .po and .mo files in folders or with names that say their language, sorted by name."""
    members = []
    flat = defaultdict(list)
    for name in sorted(names):
        match = _GETTEXT_FOLDER.search(name)
        if match is not None:
            members.append(_member(match))
        elif "/LC_MESSAGES/" not in f"/{name}":
            match = _GETTEXT_FILE.search(name)
            if match is not None and _is_language(match["lang"]):
                flat[name.rpartition("/")[0]].append(_member(match))
    for candidates in flat.values():
        if any(_TWO_LETTERS.match(member.language) for member in candidates):
            members += candidates
    return sorted(members)


def pattern_members(names: Iterable[str], pattern: str) -> list[Member]:
    """The files that match a glob with `{lang}`, sorted by name.

    Those of the language of development, whose names lack the language, have an empty `language`:
    `values/strings.xml` for `values-{lang}/strings.xml`, `Base.lproj` for `{lang}.lproj`.
    """
    expression = member_pattern(pattern)
    base = _base_pattern(pattern)
    members = []
    for name in sorted(names):
        match = expression.search(name)
        if match is not None:
            if match["lang"] not in _NOT_A_LANGUAGE:
                members.append(_member(match))
        elif base is not None and base.search(name):
            members.append(_base_member(name, pattern, base))
    return members


def member_pattern(pattern: str) -> re.Pattern[str]:
    """A glob with `{lang}` as a regular expression with the group `lang`.

    `*` and `?` stay within one folder, `**/` matches any number of folders. A second `{lang}`
    matches the same text as the first, in a group `lang2`.
    """
    return re.compile(f"^{_expression(pattern)}$")


def nested_archives(pattern: str) -> re.Pattern[str] | None:
    """Which archives within the archive the pattern goes into: `*.xpi` of `*.xpi/**/{lang}.ftl`."""
    match = _NESTED_ARCHIVE.match(pattern)
    return None if match is None else member_pattern(match[1])


def choose(
    members: list[Member], language: str, others: frozenset[str] = frozenset()
) -> list[Member]:
    """The catalogs of `language`: per folder its best spelling, and .po before .mo per domain."""
    folders: dict[str, list[Member]] = defaultdict(list)
    for member in members:
        if member.language:
            folders[member.folder].append(member)
    chosen: dict[tuple[str, str], Member] = {}
    for folder, candidates in folders.items():
        spellings = frozenset(member.language for member in candidates)
        spelling = languages.best_match(language, spellings, others)
        for member in candidates:
            key = (folder, member.domain)
            if member.language == spelling and (member.suffix == "po" or key not in chosen):
                chosen[key] = member
    return [chosen[key] for key in sorted(chosen)]


def pivot_members(
    members: list[Member], pivot: str, others: frozenset[str] = frozenset()
) -> dict[tuple[str, str], Member]:
    """The file of the pivot by folder and domain; else that of the language of development."""
    base = {(member.folder, member.domain): member for member in members if not member.language}
    named = {(member.folder, member.domain): member for member in choose(members, pivot, others)}
    return {**base, **named}


def _expression(pattern: str) -> str:
    expression = ""
    num_languages = 0
    for piece in re.split(r"(\*\*/|\*\*|\*|\?|\{lang\})", pattern):
        if piece != "{lang}":
            expression += _WILDCARDS.get(piece, re.escape(piece))
            continue
        num_languages += 1
        if num_languages == 1:
            expression += _LANGUAGE
        else:
            expression += f"(?P<lang{num_languages}>(?P=lang))"
    return expression


def _base_pattern(pattern: str) -> re.Pattern[str] | None:
    """The names of the files of the language of development; None if there is no usual name."""
    before, language, after = pattern.partition("{lang}")
    if not language or "{lang}" in after:
        return None
    if before.endswith(("-", "_", ".")):
        name = f"{_expression(before[:-1])}(?P<base>){_expression(after)}"
    else:
        name = f"{_expression(before)}(?P<base>{_BASE}){_expression(after)}"
    return re.compile(f"^{name}$")


def _member(match: re.Match[str]) -> Member:
    name = match.string
    end = match.end("lang")
    domain = ""
    for group in match.re.groupindex:
        if group != "lang":
            domain += f"{name[end : match.start(group)]}{{lang}}"
            end = match.end(group)
    domain += name[end:]
    folder = name[: match.start("lang")]
    suffix = name.rpartition(".")[2]
    return Member(name, folder, _code(match["lang"], suffix), _without_suffix(domain), suffix)


def _base_member(name: str, pattern: str, base: re.Pattern[str]) -> Member:
    match = base.search(name)
    start, end = match.span("base") if match is not None else (0, 0)
    before = pattern.partition("{lang}")[0]
    separator = "" if end > start else before[-1:]
    return Member(
        name, name[:start] + separator, "", _without_suffix(name[end:]), name.rpartition(".")[2]
    )


def _without_suffix(domain: str) -> str:
    """A .po and a .mo file of the same name are the same catalog."""
    return domain.removesuffix(".po").removesuffix(".mo")


def _code(spelling: str, suffix: str) -> str:
    """The language of Android's folders: `pt-rBR` -> `pt-BR`, `b+sr+Latn` -> `sr-Latn`."""
    if suffix != "xml":
        return spelling
    return re.sub(r"-r(?=[A-Z]{2}$)", "-", spelling.removeprefix("b+").replace("+", "-"))


def _is_language(code: str) -> bool:
    try:
        languages.canonical(code.replace("@", "-"))
    except ValueError:
        return False
    return True
