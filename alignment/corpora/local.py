"""User files: tables, translation memories, catalogs or two aligned text files, also compressed.

A path may contain `{lang}` or be a glob. An address (https, s3, gs, file) is downloaded first.
Examples of settings:

    {kind: local, path: court.tmx}
    {kind: local, path: "data/en-{lang}.tsv.gz"}
    {kind: local, path: all.parquet, columns: {source: eng, target: text, language: lang}}
    {kind: local, path: wide.csv, columns: {source: en, target: "{lang}"}}
    {kind: local, path: no-header.csv, columns: {source: 1, target: 2}}
    {kind: local, path: news.en.txt, target_path: "news.{lang}.txt"}
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alignment import languages
from alignment.config import BITEXT_FORMATS, Column, LocalCorpus
from alignment.corpora import tabular, xml_bitext
from alignment.corpora.aligned import aligned
from alignment.corpora.base import ANY_LANGUAGE, SourceBase
from alignment.corpora.catalog import Catalog, read_catalog
from alignment.corpora.estimates import about_lines, has_plain_lines
from alignment.corpora.paths import CODE, LANGUAGE, existing, files_by_language, matching_files
from alignment.corpora.skips import without_control_characters
from alignment.corpora.streams import COMPRESSED, file_format, open_stream
from alignment.corpora.variants import pairs_of_variants
from alignment.corpora.xliff import Reading
from alignment.errors import ConfigError, DataError, Malformed, UnsafeArchive
from alignment.files import file_digest
from alignment.redaction import redacted_address
from alignment.types import Input, SentencePair

CATALOG_FORMATS = ("po", "mo")
UNREADABLE_CODE = "unreadable language code"


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
        with self._naming_the_address():
            pattern = self._path()
            if LANGUAGE in pattern:
                return frozenset(files_by_language(pattern))
            spellings: frozenset[str] = frozenset()
            for path in matching_files(pattern):
                spellings |= self._languages_in(path)
            return spellings

    @contextmanager
    def _naming_the_address(self) -> Iterator[None]:
        """Add to an error in a downloaded file where it came from, and how to get out."""
        try:
            yield
        except (ConfigError, DataError, UnsafeArchive) as error:
            if self.corpus.url is not None:
                address = redacted_address(self.corpus.url)
                origin = f"The file comes from {address}. If it is another one now, fetch it again:"
                origin += " `alignment lock CONFIG --update`."
                error.hint = f"{error.hint} {origin}" if error.hint else origin
            raise

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

    def expected_pairs(self, language: str) -> int | None:
        """About the lines of plain text files; None for files that would have to be read."""
        if not has_plain_lines(self.corpus):
            return None
        files = self._files(language)
        return about_lines(files[:1] if self.corpus.target_path else files)

    def pairs(self, language: str) -> Iterator[SentencePair]:
        """The pairs of `language`, in the order of the files."""
        with self._naming_the_address():
            yield from self._pairs(language)

    def _pairs(self, language: str) -> Iterator[SentencePair]:
        files = self._files(language)
        if self.corpus.target_path is not None:
            if files:
                yield from aligned(*files)
            return
        for path in files:
            yield from self._read(path, language)

    def _read(self, path: Path, language: str) -> Iterator[SentencePair]:
        form = file_format(path)
        if form in BITEXT_FORMATS:
            yield from self._read_units(path, language)
        elif form in CATALOG_FORMATS:
            with open_stream(path) as file:
                yield from read_catalog(Catalog(path.name, form, file.read()), self.skipped)
        else:
            yield from self._read_table(path, language)

    def _read_table(self, path: Path, language: str) -> Iterator[SentencePair]:
        columns = self.corpus.columns
        source = columns.source
        target = columns.target
        if isinstance(target, str) and LANGUAGE in target:
            spelling = self.match(language, _languages_in_header(path, target))
            target = target.replace(LANGUAGE, spelling or language)
        if columns.language is None:
            rows = tabular.rows(path, [source, target])
        else:
            spellings = self._spellings(path, language)
            rows = _rows_of(path, [source, target], columns.language, spellings)
        pairs = _pairs_of(rows, source, target, path.name)
        yield from without_control_characters(pairs, self.skipped)

    def _spellings(self, path: Path, language: str) -> frozenset[str]:
        """All values of the language column that mean the language."""
        return languages.spellings_of(language, self._languages_in(path), self.rivals)

    def _read_units(self, path: Path, language: str) -> Iterator[SentencePair]:
        reading = Reading(self.corpus.min_state, self._assumed_language(language))
        for unit in xml_bitext.units(path, self.skipped, reading):
            spellings = frozenset(spelling for spelling, _ in unit.texts)
            pivot = self.match(self.pivot, spellings)
            spelling = self.match(language, spellings)
            if pivot is not None and spelling is not None:
                yield from pairs_of_variants(unit, pivot, spelling, self.skipped)
            elif not all(map(_is_readable, spellings)):
                self.skipped(UNREADABLE_CODE, unit.origin)

    def _assumed_language(self, language: str | None) -> str | None:
        """The language of translations in a file that does not name it."""
        include = self.corpus.languages.include
        if LANGUAGE in self._path():
            return language
        return include[0] if include is not None and len(include) == 1 else None

    def _languages_in(self, path: Path) -> frozenset[str]:
        if path not in self._languages_by_file:
            self._languages_by_file[path] = self._find_languages(path)
        return self._languages_by_file[path]

    def _find_languages(self, path: Path) -> frozenset[str]:
        form = file_format(path)
        if form in BITEXT_FORMATS:
            return self._languages_of_units(path)
        readable = form in (*tabular.FORMATS, *CATALOG_FORMATS)
        if not readable and self.corpus.target_path is None:
            raise _unknown_format(path, form)
        columns = self.corpus.columns
        if columns.language is not None:
            return _values(path, columns.language)
        if isinstance(columns.target, str) and LANGUAGE in columns.target:
            return _languages_in_header(path, columns.target)
        return frozenset({ANY_LANGUAGE})

    def _languages_of_units(self, path: Path) -> frozenset[str]:
        listed = xml_bitext.languages_of(path)
        assumed = self._assumed_language(None)
        if listed.unlabelled and assumed is None:
            raise ConfigError(
                "the file does not name the language of its translations "
                "(`target-language`, `trgLang` or `language`)",
                where=str(path),
                hint="Write {lang} in its place in the path, or name the only language of the "
                "corpus: `languages: {include: [cy]}`.",
            )
        return listed.all | {assumed} if listed.unlabelled and assumed else listed.all

    def _files(self, language: str) -> list[Path]:
        """The files with `language`, or a source and a target file; none if it is missing."""
        pattern = self._path()
        target = self.corpus.target_path
        if target is not None:
            sides = [self._file_for(side, language) for side in (pattern, str(target))]
            files = [path for path in sides if path is not None]
            return files if len(files) == len(sides) else []
        if LANGUAGE in pattern:
            return self._files_for(pattern, language)
        return [path for path in matching_files(pattern) if self._has(path, language)]

    def _has(self, path: Path, language: str) -> bool:
        spellings = self._languages_in(path)
        return ANY_LANGUAGE in spellings or self.match(language, spellings) is not None

    def _files_for(self, pattern: str, language: str) -> list[Path]:
        """The files that a path with `{lang}` names for `language`."""
        files = files_by_language(pattern)
        spelling = self.match(language, frozenset(files))
        return [] if spelling is None else files[spelling]

    def _file_for(self, pattern: str, language: str) -> Path | None:
        """One side of two aligned files; None if there is none for `language`."""
        if LANGUAGE not in pattern:
            return existing(Path(pattern))
        files = self._files_for(pattern, language)
        if len(files) > 1:
            names = ", ".join(path.name for path in files)
            raise ConfigError(
                f"one file was expected for {language}, got {names}",
                where=pattern,
                hint="Aligned text files are named without wildcards.",
            )
        return files[0] if files else None

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
    formats = (*tabular.FORMATS, *BITEXT_FORMATS, *CATALOG_FORMATS)
    return ConfigError(
        f"cannot tell the format from the name; got .{form}",
        where=str(path),
        hint=f"Known formats: .{', .'.join(formats)}, also with {' '.join(COMPRESSED)}. "
        "For two aligned text files set `path` and `target_path`.",
    )


def _languages_in_header(path: Path, template: str) -> frozenset[str]:
    """The languages of the columns that match a name with `{lang}`."""
    prefix, _, suffix = template.partition(LANGUAGE)
    expression = re.compile(re.escape(prefix) + CODE + re.escape(suffix))
    matches = map(expression.fullmatch, tabular.header(path))
    return frozenset(match.group(1) for match in matches if match)


def _values(path: Path, column: Column) -> frozenset[str]:
    """The distinct values of a column, without empty ones."""
    values = {_code(row[column]) for _, row in tabular.rows(path, [column])}
    return frozenset(values - {""})


def _rows_of(
    path: Path, wanted: list[Column], column: Column, spellings: frozenset[str]
) -> Iterator[tabular.Row]:
    """The rows whose language is spelled in one of these ways."""
    for number, row in tabular.rows(path, [*wanted, column]):
        if _code(row[column]) in spellings:
            yield number, row


def _pairs_of(
    rows: Iterable[tabular.Row], source: Column, target: Column, name: str
) -> Iterator[SentencePair]:
    for number, row in rows:
        where = f"{name}:{number}"
        yield SentencePair(_text(row, source, where), _text(row, target, where), where)


def _code(value: Any) -> str:
    """A cell of the language column; empty for null."""
    return "" if value is None else str(value)


@functools.lru_cache(maxsize=4096)
def _is_readable(spelling: str) -> bool:
    """Whether a file's spelling of a language is a language code."""
    return not languages.unreadable(frozenset({spelling}))


def _text(row: dict[Column, Any], column: Column, where: str) -> str:
    """The cell's text; empty for null."""
    text = row[column]
    if text is None:
        return ""
    if not isinstance(text, str):
        raise Malformed(f"{column}: expected text, got {type(text).__name__}", where=where)
    return text
