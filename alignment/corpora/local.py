"""User files: tables, TMX, XLIFF, message catalogs or two aligned text files, also compressed.

A path may contain `{lang}` or be a glob. An address (https, s3, gs, file) is downloaded first.
Examples of settings:

    {kind: local, path: court.tmx}
    {kind: local, path: "data/en-{lang}.tsv.gz"}
    {kind: local, path: all.parquet, columns: {source: eng, target: text, language: lang}}
    {kind: local, path: wide.csv, columns: {source: en, target: "{lang}"}}
    {kind: local, path: news.en.txt, target_path: "news.{lang}.txt"}
"""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alignment import languages
from alignment.config import LocalCorpus
from alignment.corpora import tabular, xml_bitext
from alignment.corpora.aligned import aligned
from alignment.corpora.base import ANY_LANGUAGE, SourceBase
from alignment.corpora.catalog import Catalog, read_catalog
from alignment.corpora.streams import COMPRESSED, file_format, open_stream
from alignment.errors import ConfigError, Malformed, SourceError
from alignment.files import file_digest
from alignment.types import Input, SentencePair

CATALOG_FORMATS = ("po", "mo")
_CODE = r"([A-Za-z]{2,8}(?:[-_@][A-Za-z0-9]+)*)"
_CHECK_PATH = "Check the path in the configuration."


@dataclass(eq=False)
class LocalSource(SourceBase[LocalCorpus]):
    """Implements `Source`."""

    _languages_by_file: dict[Path, frozenset[str]] = field(
        default_factory=dict, init=False, repr=False
    )
    """A cache, because the answer may need the whole file."""

    def languages(self) -> frozenset[str]:
        """From the file names, the language column, the header or the units of TMX and XLIFF.

        A file that does not name its language lists `*`.
        """
        pattern = self._path()
        if "{lang}" in pattern:
            return frozenset(_files_by_language(Path(pattern)))
        spellings: frozenset[str] = frozenset()
        for path in _matching_files(pattern):
            spellings |= self._languages_in(path)
        return spellings

    def doubt(self, language: str) -> str | None:
        """See `Source.doubt`. All spellings in a language column are read, so none is left out."""
        offered = self.languages()
        if self.corpus.columns.language is not None:
            best = self.match(language, offered)
            offered -= languages.spellings_of(language, offered, self.rivals) - {best}
        return languages.doubt(language, offered, self.rivals)

    def inputs(self, language: str) -> Mapping[str, Input]:
        """The files with this language."""
        return {path.name: Input(file_digest(path), path) for path in self._files(language)}

    def pairs(self, language: str) -> Iterator[SentencePair]:
        """The pairs of `language`, in the order of the files."""
        files = self._files(language)
        if self.corpus.target_path is not None:
            if files:
                yield from aligned(*files)
            return
        for path in files:
            yield from self._read(path, language)

    def _read(self, path: Path, language: str) -> Iterator[SentencePair]:
        form = file_format(path)
        if form in xml_bitext.FORMATS:
            yield from self._read_units(path, language)
        elif form in CATALOG_FORMATS:
            with open_stream(path) as file:
                yield from read_catalog(Catalog(path.name, form, file.read()))
        else:
            yield from self._read_table(path, language)

    def _read_table(self, path: Path, language: str) -> Iterator[SentencePair]:
        columns = self.corpus.columns
        source = columns.source
        target = columns.target
        if "{lang}" in target:
            spelling = self.match(language, _languages_in_header(path, target))
            target = target.replace("{lang}", spelling or language)
        if columns.language is None:
            rows = tabular.rows(path, [source, target])
        else:
            spellings = self._spellings(path, language)
            rows = _rows_of(path, [source, target], columns.language, spellings)
        for number, row in rows:
            where = f"{path.name}:{number}"
            yield SentencePair(_text(row, source, where), _text(row, target, where), where)

    def _spellings(self, path: Path, language: str) -> frozenset[str]:
        """All values of the language column that mean the language."""
        return languages.spellings_of(language, self._languages_in(path), self.rivals)

    def _read_units(self, path: Path, language: str) -> Iterator[SentencePair]:
        for unit in xml_bitext.units(path):
            spellings = frozenset(unit.texts)
            pivot = self.match(self.pivot, spellings)
            spelling = self.match(language, spellings)
            if pivot is not None and spelling is not None:
                yield SentencePair(unit.texts[pivot], unit.texts[spelling], unit.origin)

    def _languages_in(self, path: Path) -> frozenset[str]:
        if path not in self._languages_by_file:
            self._languages_by_file[path] = self._find_languages(path)
        return self._languages_by_file[path]

    def _find_languages(self, path: Path) -> frozenset[str]:
        form = file_format(path)
        if form in xml_bitext.FORMATS:
            return xml_bitext.languages_of(path)
        readable = form in (*tabular.FORMATS, *CATALOG_FORMATS)
        if not readable and self.corpus.target_path is None:
            raise _unknown_format(path, form)
        columns = self.corpus.columns
        if columns.language is not None:
            return _values(path, columns.language)
        if "{lang}" in columns.target:
            return _languages_in_header(path, columns.target)
        return frozenset({ANY_LANGUAGE})

    def _files(self, language: str) -> list[Path]:
        """The files with `language`, or a source and a target file; none if it is missing."""
        pattern = self._path()
        target = self.corpus.target_path
        if target is None and "{lang}" not in pattern:
            return [path for path in _matching_files(pattern) if self._has(path, language)]
        files = []
        for side in (Path(pattern), target):
            if side is None:
                continue
            path = self._file_for(side, language)
            if path is None:
                return []
            files.append(path)
        return files

    def _has(self, path: Path, language: str) -> bool:
        spellings = self._languages_in(path)
        return ANY_LANGUAGE in spellings or self.match(language, spellings) is not None

    def _file_for(self, pattern: Path, language: str) -> Path | None:
        """The file that a path with `{lang}` names for `language`, or the path without `{lang}`."""
        if "{lang}" not in str(pattern):
            return _existing(pattern)
        files = _files_by_language(pattern)
        spelling = self.match(language, frozenset(files))
        return None if spelling is None else files[spelling]

    def _path(self) -> str:
        """The configured path, or that of the downloaded file."""
        if self.corpus.url is not None:
            return str(self.downloads.fetch_named(self.corpus.url, license=self.corpus.license))
        if self.corpus.path is None:
            raise ConfigError(
                "a local corpus needs a path or a url",
                where=self.corpus.name or "kind: local",
                hint="Set `path` to your file.",
            )
        return str(self.corpus.path)


def _unknown_format(path: Path, form: str) -> ConfigError:
    formats = (*tabular.FORMATS, *xml_bitext.FORMATS, *CATALOG_FORMATS)
    return ConfigError(
        f"cannot tell the format from the name; got .{form}",
        where=str(path),
        hint=f"Known formats: .{', .'.join(formats)}, also with {' '.join(COMPRESSED)}. "
        "For two aligned text files set `path` and `target_path`.",
    )


def _matching_files(pattern: str) -> list[Path]:
    """The file at this path, or the files that the glob matches, sorted."""
    if Path(pattern).is_file() or not glob.has_magic(pattern):
        return [_existing(Path(pattern))]
    names = glob.glob(pattern, recursive=True)  # noqa: PTH207 - Path.glob takes no absolute glob
    paths = map(Path, sorted(names))
    files = [path for path in paths if path.is_file()]
    if not files:
        raise SourceError("no file matches", where=pattern, hint=_CHECK_PATH)
    return files


def _files_by_language(pattern: Path) -> dict[str, Path]:
    """The existing files that match a path with `{lang}`, by language."""
    prefix, _, suffix = pattern.name.partition("{lang}")
    if "{lang}" in str(pattern.parent) or "{lang}" in suffix:
        raise ConfigError(
            "`{lang}` must occur exactly once, in the file name",
            where=str(pattern),
            hint="Name the files by their language, for example `data/{lang}.tsv`.",
        )
    if not pattern.parent.is_dir():
        raise SourceError("there is no such directory", where=str(pattern.parent), hint=_CHECK_PATH)
    expression = re.compile(re.escape(prefix) + _CODE + re.escape(suffix))
    files = {}
    for path in sorted(pattern.parent.iterdir()):
        match = expression.fullmatch(path.name)
        if match is not None:
            files[match.group(1)] = path
    return files


def _languages_in_header(path: Path, template: str) -> frozenset[str]:
    """The languages of the columns that match a name with `{lang}`."""
    prefix, _, suffix = template.partition("{lang}")
    expression = re.compile(re.escape(prefix) + _CODE + re.escape(suffix))
    matches = map(expression.fullmatch, tabular.header(path))
    return frozenset(match.group(1) for match in matches if match)


def _values(path: Path, column: str) -> frozenset[str]:
    """The distinct values of a column, without empty ones."""
    values = {_code(row[column]) for _, row in tabular.rows(path, [column])}
    return frozenset(values - {""})


def _rows_of(
    path: Path, wanted: list[str], column: str, spellings: frozenset[str]
) -> Iterator[tabular.Row]:
    """The rows whose language is spelled in one of these ways."""
    for number, row in tabular.rows(path, [*wanted, column]):
        if _code(row[column]) in spellings:
            yield number, row


def _code(value: Any) -> str:
    """A cell of the language column; empty for null."""
    return "" if value is None else str(value)


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise SourceError("there is no such file", where=str(path), hint=_CHECK_PATH)
    return path


def _text(row: dict[str, Any], column: str, where: str) -> str:
    """The cell's text; empty for null."""
    text = row[column]
    if text is None:
        return ""
    if not isinstance(text, str):
        raise Malformed(f"{column}: expected text, got {type(text).__name__}", where=where)
    return text
