"""Files of the user's: TSV, JSONL or Parquet (.gz too), or two aligned text files."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from alignment import languages
from alignment.config import LocalCorpus
from alignment.errors import ConfigError, Malformed, SourceError, UnsafeArchive
from alignment.store import file_digest
from alignment.types import Input, SentencePair

MAX_LINE_BYTES = 2**20
MAX_RATIO = 200  # gzip reaches a thousand on a bomb, text about five
Row = tuple[int, dict[str, Any]]


class LocalSource:
    """Implements `corpora.Source`."""

    def __init__(self, corpus: LocalCorpus, downloads: Path, pivot: str) -> None:
        self.corpus = corpus
        self.pivot = pivot

    def offered(self) -> frozenset[str]:
        """From the file pattern, the language column or the header; a single-language file offers `*`."""
        pattern, columns = self._path(), self.corpus.columns
        if "{lang}" in str(pattern):
            return frozenset(_by_pattern(pattern))
        _must_exist(pattern)
        if columns.language is not None:
            return frozenset(str(row[columns.language]) for _, row in _rows(pattern, [columns.language]))
        if "{lang}" in columns.target:
            return frozenset(_by_header(pattern, columns.target))
        return frozenset({"*"})

    def inputs(self, language: str) -> Mapping[str, Input]:
        """The files that hold the language."""
        return {path.name: Input(file_digest(path), path) for path in self._files(language)}

    def pairs(self, language: str) -> Iterator[SentencePair]:
        """The rows of `language`, in the file's order."""
        files = self._files(language)
        if not files:
            return
        if self.corpus.target_path is not None:
            yield from _aligned(*files)
            return
        columns = self.corpus.columns
        spelling = "*" if "{lang}" in str(self._path()) else languages.best_match(language, self.offered())
        target = columns.target.replace("{lang}", spelling or "")
        wanted = [columns.source, target, *([columns.language] if columns.language else [])]
        for number, row in _rows(files[0], wanted):
            if columns.language is None or row[columns.language] == spelling:
                yield _pair(row, columns.source, target, f"{files[0].name}:{number}")

    def _files(self, language: str) -> list[Path]:
        """The file, or the source and target files, that hold `language`; none if it is not there."""
        pattern, target = self._path(), self.corpus.target_path
        if "{lang}" not in str(pattern) and target is None:
            offered = self.offered()
            return [pattern] if "*" in offered or languages.best_match(language, offered) else []
        chosen = []
        for side in (pattern, target):
            if side is None:
                continue
            if "{lang}" not in str(side):
                chosen.append(_must_exist(side))
                continue
            present = _by_pattern(side)
            spelling = languages.best_match(language, frozenset(present))
            if spelling is None:
                return []
            chosen.append(present[spelling])
        return chosen

    def _path(self) -> Path:
        if self.corpus.path is None:
            raise ConfigError("a local corpus needs a path", where=str(self.corpus.name))
        return self.corpus.path


def _by_pattern(pattern: Path) -> dict[str, Path]:
    """Existing files that match a path with `{lang}`, by their spelling of the language."""
    before, _, after = pattern.name.partition("{lang}")
    if "{lang}" in str(pattern.parent) or "{lang}" in after:
        raise ConfigError("`{lang}` must stand once, in the file's name", where=str(pattern))
    expression = re.compile(re.escape(before) + r"([A-Za-z]{2,8}(?:[-_][A-Za-z0-9]+)*)" + re.escape(after))
    if not pattern.parent.is_dir():
        raise SourceError("there is no such directory", where=str(pattern.parent))
    found = ((expression.fullmatch(path.name), path) for path in sorted(pattern.parent.iterdir()))
    return {match.group(1): path for match, path in found if match}


def _by_header(path: Path, template: str) -> list[str]:
    before, _, after = template.partition("{lang}")
    expression = re.compile(re.escape(before) + r"([A-Za-z]{2,8}(?:[-_][A-Za-z0-9]+)*)" + re.escape(after))
    return [match.group(1) for match in map(expression.fullmatch, _header(path)) if match]


def _must_exist(path: Path) -> Path:
    if not path.is_file():
        raise SourceError("there is no such file", where=str(path), hint="Check the path in the configuration.")
    return path


def _form(path: Path) -> str:
    form = path.name.removesuffix(".gz").rsplit(".", 1)[-1].lower()
    if form not in ("tsv", "jsonl", "parquet"):
        raise ConfigError(
            f"cannot tell the format from the name; got .{form}, expected .tsv, .jsonl or .parquet (.gz too)",
            where=str(path), hint="Two aligned text files are given by path and target_path.",
        )  # fmt: skip
    return form


def _header(path: Path) -> list[str]:
    _must_exist(path)
    form = _form(path)
    if form == "parquet":
        return list(_parquet(path).schema_arrow.names)
    for number, line in _lines(path):
        return line.split("\t") if form == "tsv" else list(_json(line, path, number))
    return []


def _rows(path: Path, wanted: list[str]) -> Iterator[Row]:
    """Each row's number (from 1, the header counted) and its wanted columns.

    Raises:
        Malformed: with file:line for a row that does not have them.
    """
    _must_exist(path)
    missing = [name for name in wanted if name not in (header := _header(path))]
    if missing:
        raise ConfigError(
            f"no column {missing[0]!r}; the file has {', '.join(map(repr, header)) or 'none'}", where=str(path),
            hint="Name the columns: columns: {source: ..., target: ..., language: ...}.",
        )  # fmt: skip
    form = _form(path)
    if form == "parquet":
        yield from _parquet_rows(path, wanted)
    elif form == "tsv":
        yield from _tsv_rows(path, header, wanted)
    else:
        for number, line in _lines(path):
            row = _json(line, path, number)
            if lacking := [name for name in wanted if name not in row]:
                raise Malformed(f"the object has no {lacking[0]!r}", where=f"{path}:{number}")
            yield number, row


def _tsv_rows(path: Path, header: list[str], wanted: list[str]) -> Iterator[Row]:
    places = [(name, header.index(name)) for name in wanted]
    for number, line in _lines(path):
        if number == 1:
            continue
        cells = line.split("\t")
        if len(cells) != len(header):
            raise Malformed(
                f"got {len(cells)} columns, expected {len(header)} as in the header", where=f"{path}:{number}",
                hint="A tab or a line break inside a sentence splits a row; replace it by a space.",
            )  # fmt: skip
        yield number, {name: cells[place] for name, place in places}


def _parquet_rows(path: Path, wanted: list[str]) -> Iterator[Row]:
    number = 0
    for batch in _parquet(path).iter_batches(16_384, columns=wanted):
        for row in batch.to_pylist():
            number += 1
            yield number, row


def _parquet(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except pa.ArrowException as error:
        raise Malformed(f"not a readable Parquet file ({error})", where=str(path)) from error


def _json(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not valid JSON ({error})", where=f"{path}:{number}") from error
    if not isinstance(row, dict):
        raise Malformed(f"expected an object, got {type(row).__name__}", where=f"{path}:{number}")
    return row


def _aligned(source: Path, target: Path) -> Iterator[SentencePair]:
    """Line i of one file with line i of the other."""
    left, right = _lines(source), _lines(target)
    while True:
        a, b = next(left, None), next(right, None)
        if a is None and b is None:
            return
        if a is None or b is None:
            number = (a or b or (0, ""))[0]
            shorter, longer = (source, target) if a is None else (target, source)
            raise Malformed(
                f"the file ends at line {number - 1}, {longer.name} has more", where=f"{shorter}:{number}",
                hint="Aligned files need the same number of lines.",
            )  # fmt: skip
        yield SentencePair(a[1], b[1], f"{source.name}:{a[0]}")


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines of UTF-8 text, from 1; a limit on the length of each and on the expansion of .gz."""
    number = read = 0
    limit = max(path.stat().st_size * MAX_RATIO, 64 * 2**20)
    try:
        with _open(path) as file:
            while raw := file.readline(MAX_LINE_BYTES + 1):
                number += 1
                read += len(raw)
                if len(raw) > MAX_LINE_BYTES:
                    raise Malformed(f"the line is longer than {MAX_LINE_BYTES:,} bytes", where=f"{path}:{number}")
                if read > limit:
                    raise UnsafeArchive(f"expands past {MAX_RATIO} times its size", where=f"{path}:{number}")
                yield number, raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise Malformed(f"not valid UTF-8: {error.reason}", where=f"{path}:{number}") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise Malformed(f"truncated or not gzip ({error})", where=f"{path}:{number + 1}") from error


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes]]:
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        yield file  # type: ignore[misc]


def _pair(row: dict[str, Any], source: str, target: str, where: str) -> SentencePair:
    texts = row[source], row[target]
    for name, text in zip((source, target), texts, strict=True):
        if text is not None and not isinstance(text, str):
            raise Malformed(f"{name}: expected text, got {type(text).__name__}", where=where)
    return SentencePair(texts[0] or "", texts[1] or "", where)
