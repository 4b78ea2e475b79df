"""Message catalogs in a wheel, an installed package, a directory or a single file.

gettext catalogs have names like `<folder>/<language>/LC_MESSAGES/<domain>.po`; JSON catalogs match
`pattern`. If a domain has both forms, .po is preferred to .mo, because it keeps flags and lines.
"""

from __future__ import annotations

import functools
import importlib.metadata
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from alignment import languages
from alignment.config import GettextCorpus
from alignment.corpora.base import SourceBase
from alignment.corpora.catalog import Catalog, read_catalog
from alignment.corpora.json_catalog import member_pattern
from alignment.downloads.archives import open_zip, read_member, safe_members
from alignment.downloads.wheels import fetch_wheel
from alignment.errors import SourceError
from alignment.files import file_digest
from alignment.types import Input, SentencePair

# <folder of locales>/<language>/LC_MESSAGES/<domain>.po
_GETTEXT_MEMBER = re.compile(
    r"(?:^|/)(?P<lang>[A-Za-z]{2,3}(?:[_@-][A-Za-z0-9]+)*)/LC_MESSAGES/"
    r"(?P<domain>[^/]+)\.(?P<suffix>po|mo)$"
)


class _Member(NamedTuple):
    """One catalog file of a package or directory."""

    name: str
    folder: str
    """What precedes the language in the path."""
    language: str
    domain: str
    """What follows the language: equal for the pivot's file."""
    suffix: str


@dataclass(eq=False)
class GettextSource(SourceBase[GettextCorpus]):
    """Implements `Source`."""

    def languages(self) -> frozenset[str]:
        """The languages of all catalogs; none for a single file, which is read for any language."""
        return frozenset(member.language for member in self._members)

    def inputs(self, language: str) -> Mapping[str, Input]:
        """The chosen files of a directory; a wheel or distribution is pinned by its version."""
        path = self.corpus.path
        if path is None:
            return {}
        if path.is_file():
            return {path.name: Input(file_digest(path), path)}
        members = choose(self._members, language, self.rivals)
        names = [member.name for member in (*members, *self._pivots(members).values())]
        return {name: Input(file_digest(path / name), path / name) for name in names}

    def pairs(self, language: str) -> Iterator[SentencePair]:
        """All translated messages, in the order of the catalogs' names."""
        path = self.corpus.path
        if path is not None and path.is_file():
            yield from read_catalog(Catalog(path.name, path.suffix.lstrip("."), path.read_bytes()))
            return
        for catalog in self._catalogs(choose(self._members, language, self.rivals)):
            yield from read_catalog(catalog)

    @functools.cached_property
    def _pattern(self) -> re.Pattern[str]:
        if self.corpus.pattern is None:
            return _GETTEXT_MEMBER
        return member_pattern(self.corpus.pattern)

    @functools.cached_property
    def _members(self) -> list[_Member]:
        """Every catalog, sorted by name."""
        parse = _json_member if self.corpus.pattern else _gettext_member
        members = []
        for name in sorted(self._file_names()):
            match = self._pattern.search(name)
            if match is not None:
                members.append(parse(match))
        return members

    def _file_names(self) -> list[str]:
        corpus = self.corpus
        if corpus.package is not None:
            with open_zip(self._wheel()) as archive:
                return [info.filename for info in safe_members(archive, self._pattern)]
        if corpus.installed is not None:
            return [str(file) for file in _distribution(corpus).files or []]
        root = _existing(corpus.path)
        if not root.is_dir():
            return []
        suffixes = {".json"} if corpus.pattern else {".po", ".mo"}
        return [
            path.relative_to(root).as_posix() for path in root.rglob("*") if path.suffix in suffixes
        ]

    def _pivots(self, members: list[_Member]) -> dict[_Member, _Member]:
        """The pivot's file of each JSON catalog; gettext catalogs contain the pivot."""
        if not self.corpus.pattern:
            return {}
        pivots = {
            (member.folder, member.domain): member
            for member in choose(self._members, self.pivot, self.rivals)
        }
        return {
            member: pivots[member.folder, member.domain]
            for member in members
            if (member.folder, member.domain) in pivots
        }

    def _catalogs(self, members: list[_Member]) -> Iterator[Catalog]:
        pivots = self._pivots(members)
        with self._reader() as read:
            for member in members:
                if member in pivots:
                    pivot = read(pivots[member].name)
                    yield Catalog(member.name, member.suffix, read(member.name), pivot)
                elif not self.corpus.pattern:
                    yield Catalog(member.name, member.suffix, read(member.name))

    @contextmanager
    def _reader(self) -> Iterator[Callable[[str], bytes]]:
        """A function from a member's name to its bytes."""
        corpus = self.corpus
        if corpus.package is not None:
            with open_zip(self._wheel()) as archive:
                yield lambda name: read_member(archive, archive.getinfo(name))
            return
        if corpus.installed is not None:
            root = Path(str(_distribution(corpus).locate_file("")))
        else:
            root = _existing(corpus.path)
        yield lambda name: (root / name).read_bytes()

    def _wheel(self) -> Path:
        package = str(self.corpus.package)
        version = str(self.corpus.version)
        return fetch_wheel(package, version, self.downloads, license=self.corpus.license)


def choose(
    members: list[_Member], language: str, others: frozenset[str] = frozenset()
) -> list[_Member]:
    """The catalogs of `language`: per folder its best spelling, and .po before .mo per domain."""
    folders: dict[str, list[_Member]] = defaultdict(list)
    for member in members:
        folders[member.folder].append(member)
    chosen: dict[tuple[str, str], _Member] = {}
    for folder, candidates in folders.items():
        spellings = frozenset(member.language for member in candidates)
        spelling = languages.best_match(language, spellings, others)
        for member in candidates:
            key = (folder, member.domain)
            if member.language == spelling and (member.suffix == "po" or key not in chosen):
                chosen[key] = member
    return [chosen[key] for key in sorted(chosen)]


def _gettext_member(match: re.Match[str]) -> _Member:
    folder = match.string[: match.start()]
    return _Member(match.string, folder, match["lang"], match["domain"], match["suffix"])


def _json_member(match: re.Match[str]) -> _Member:
    start, end = match.span("lang")
    domain = match.string[end:].replace(match["lang"], "")
    return _Member(match.string, match.string[:start], match["lang"], domain, "json")


def _existing(path: Path | None) -> Path:
    if path is None or not path.exists():
        raise SourceError(
            "there is no such file or directory of catalogs",
            where=str(path),
            hint="Check the path in the configuration.",
        )
    return path


def _distribution(corpus: GettextCorpus) -> importlib.metadata.Distribution:
    name = str(corpus.installed)
    try:
        distribution = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError as error:
        raise SourceError(
            "this distribution is not installed",
            where=name,
            hint="Install it, or use `package` with a `version` to have its wheel fetched.",
        ) from error
    if corpus.version is not None and distribution.version != corpus.version:
        raise SourceError(
            f"version {distribution.version} is installed, expected {corpus.version}",
            where=name,
            hint="Install the expected version, or change `version`.",
        )
    return distribution
