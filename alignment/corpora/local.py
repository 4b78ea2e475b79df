"""Files of the user's: tables, TMX, XLIFF, message catalogs, or two aligned text files; compressed or not.

A path may hold `{lang}` or be a glob; an address (https, s3, gs, file) is fetched first.
"""

from __future__ import annotations

import functools
import glob
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from alignment import languages
from alignment.config import LocalCorpus
from alignment.corpora import tabular, xml_bitext
from alignment.corpora.gettext import Catalog, read_catalog
from alignment.corpora.streams import form, lines, numbered, open_stream
from alignment.downloads.archives import only_member, open_zip
from alignment.downloads.fetch import Downloads
from alignment.errors import ConfigError, Malformed, SourceError
from alignment.files import file_digest
from alignment.types import Input, SentencePair

CATALOGUES = ("po", "mo")
_CODE = r"([A-Za-z]{2,8}(?:[-_][A-Za-z0-9]+)*)"


class LocalSource:
    """Implements `corpora.Source`."""

    def __init__(self, corpus: LocalCorpus, downloads: Downloads, pivot: str) -> None:
        self.corpus = corpus
        self.downloads = downloads
        self.pivot = pivot
        self._offered_by = functools.cache(self._read_offered)  # it may need the whole file

    def offered(self) -> frozenset[str]:
        """From the file pattern, the language column, the header or the TMX; a file that does not say offers `*`."""
        if "{lang}" in (pattern := self._pattern()):
            return frozenset(_by_pattern(Path(pattern)))
        found: frozenset[str] = frozenset()
        for path in self._matching(pattern):
            found |= self._offered_by(path)
        return found

    def inputs(self, language: str) -> Mapping[str, Input]:
        """The files that hold the language."""
        return {path.name: Input(file_digest(path), path) for path in self._files(language)}

    def pairs(self, language: str) -> Iterator[SentencePair]:
        """The pairs of `language`, in the files' order."""
        files = self._files(language)
        if self.corpus.target_path is not None:
            if files:
                yield from aligned(*files)
            return
        for path in files:
            yield from self._read(path, language)

    def _read(self, path: Path, language: str) -> Iterator[SentencePair]:
        kind = form(path)
        if kind in xml_bitext.FORMS:
            yield from self._units(path, language)
        elif kind in CATALOGUES:
            with open_stream(path) as file:
                yield from read_catalog(Catalog(path.name, kind, file.read()))
        else:
            yield from self._table(path, language)

    def _table(self, path: Path, language: str) -> Iterator[SentencePair]:
        columns = self.corpus.columns
        spelling = (
            "*"
            if "{lang}" in self._pattern()
            else languages.best_match(language, self._offered_by(path))
        )
        if spelling is None:
            spelling = "*"
        target = columns.target.replace("{lang}", spelling)
        wanted = [columns.source, target, *([columns.language] if columns.language else [])]
        for number, row in tabular.rows(path, wanted):
            if columns.language is None or row[columns.language] == spelling:
                yield _pair(row, columns.source, target, f"{path.name}:{number}")

    def _units(self, path: Path, language: str) -> Iterator[SentencePair]:
        for where, texts in xml_bitext.units(path):
            spellings = frozenset(texts)
            pivot, own = (
                languages.best_match(self.pivot, spellings),
                languages.best_match(language, spellings),
            )
            if pivot is not None and own is not None:
                yield SentencePair(texts[pivot], texts[own], where)

    def _read_offered(self, path: Path) -> frozenset[str]:
        columns, kind = self.corpus.columns, form(path)
        if kind in xml_bitext.FORMS:
            return xml_bitext.languages_of(path)
        if kind not in (*tabular.FORMS, *CATALOGUES) and self.corpus.target_path is None:
            raise ConfigError(
                f"cannot tell the format from the name; got .{kind}",
                where=str(path),
                hint=f"Known: .{', .'.join((*tabular.FORMS, *xml_bitext.FORMS, *CATALOGUES))}, also as .gz .zst .xz .bz2 "
                ".zip. Two aligned text files are given by path and target_path.",
            )
        if columns.language is not None:
            return _column(path, columns.language)
        if "{lang}" in columns.target:
            return frozenset(_by_header(path, columns.target))
        return frozenset({"*"})

    def _files(self, language: str) -> list[Path]:
        """The files, or the source and the target file, that hold `language`; none if it is not there."""
        pattern, target = self._pattern(), self.corpus.target_path
        if "{lang}" not in pattern and target is None:
            return [path for path in self._matching(pattern) if self._holds(path, language)]
        chosen = []
        for side in (pattern, target):
            if side is None:
                continue
            if "{lang}" not in str(side):
                chosen.append(_must_exist(Path(side)))
                continue
            present = _by_pattern(Path(side))
            spelling = languages.best_match(language, frozenset(present))
            if spelling is None:
                return []
            chosen.append(present[spelling])
        return chosen

    def _holds(self, path: Path, language: str) -> bool:
        offered = self._offered_by(path)
        return "*" in offered or languages.best_match(language, offered) is not None

    def _matching(self, pattern: str) -> list[Path]:
        """The file, or those that a glob matches."""
        if not glob.has_magic(pattern) or Path(pattern).is_file():
            return [_must_exist(Path(pattern))]
        names = sorted(glob.glob(pattern, recursive=True))
        found = [path for path in map(Path, names) if path.is_file()]
        if not found:
            raise SourceError(
                "no file matches", where=pattern, hint="Check the path in the configuration."
            )
        return found

    def _pattern(self) -> str:
        if self.corpus.url is not None:
            return str(self.downloads.fetch_named(self.corpus.url, license=self.corpus.license))
        if self.corpus.path is None:
            raise ConfigError("a local corpus needs a path or a url", where=str(self.corpus.name))
        return str(self.corpus.path)


def aligned(source: Path, target: Path) -> Iterator[SentencePair]:
    """Line i of one file with line i of the other.

    Raises:
        Malformed: if one has more lines.
    """
    yield from _aligned_lines(lines(source), lines(target), str(source), str(target))


def aligned_members(
    path: Path, source: re.Pattern[str], target: re.Pattern[str]
) -> Iterator[SentencePair]:
    """As `aligned`, of the two members of a zip archive whose names match.

    Raises:
        Malformed: if not exactly one member matches, or the archive is damaged.
    """
    with open_zip(path) as archive:
        members = [only_member(archive, wanted) for wanted in (source, target)]
        try:
            with archive.open(members[0]) as left, archive.open(members[1]) as right:
                sides = (numbered(left, members[0].filename), numbered(right, members[1].filename))
                yield from _aligned_lines(*sides, members[0].filename, members[1].filename)
        except (zipfile.BadZipFile, NotImplementedError) as error:
            raise Malformed(f"the archive is damaged: {error}", where=str(path)) from error


def _aligned_lines(
    left: Iterator[tuple[int, str]], right: Iterator[tuple[int, str]], source: str, target: str
) -> Iterator[SentencePair]:
    """As `aligned`, of numbered lines."""
    while True:
        a, b = next(left, None), next(right, None)
        if a is None and b is None:
            return
        if a is None or b is None:
            number = (a or b or (0, ""))[0]
            shorter, longer = (source, target) if a is None else (target, source)
            raise Malformed(
                f"the file ends at line {number - 1}, {longer.rpartition('/')[2]} has more",
                where=f"{shorter}:{number}",
                hint="Aligned files need the same number of lines.",
            )
        yield SentencePair(a[1], b[1], f"{source.rpartition('/')[2]}:{a[0]}")


def _column(path: Path, name: str) -> frozenset[str]:
    return frozenset(str(row[name]) for _, row in tabular.rows(path, [name]))


def _by_pattern(pattern: Path) -> dict[str, Path]:
    """Existing files that match a path with `{lang}`, by their spelling of the language."""
    before, _, after = pattern.name.partition("{lang}")
    if "{lang}" in str(pattern.parent) or "{lang}" in after:
        raise ConfigError("`{lang}` must stand once, in the file's name", where=str(pattern))
    expression = re.compile(re.escape(before) + _CODE + re.escape(after))
    if not pattern.parent.is_dir():
        raise SourceError("there is no such directory", where=str(pattern.parent))
    found = ((expression.fullmatch(path.name), path) for path in sorted(pattern.parent.iterdir()))
    return {match.group(1): path for match, path in found if match}


def _by_header(path: Path, template: str) -> list[str]:
    before, _, after = template.partition("{lang}")
    expression = re.compile(re.escape(before) + _CODE + re.escape(after))
    return [match.group(1) for match in map(expression.fullmatch, tabular.header(path)) if match]


def _must_exist(path: Path) -> Path:
    if not path.is_file():
        raise SourceError(
            "there is no such file", where=str(path), hint="Check the path in the configuration."
        )
    return path


def _pair(row: dict[str, Any], source: str, target: str, where: str) -> SentencePair:
    texts = row[source], row[target]
    for name, text in zip((source, target), texts, strict=True):
        if text is not None and not isinstance(text, str):
            raise Malformed(f"{name}: expected text, got {type(text).__name__}", where=where)
    return SentencePair(texts[0] or "", texts[1] or "", where)
