"""Documents of a knowledge base from a file: JSONL, TSV, CSV, Parquet or plain text."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from alignment import languages
from alignment.corpora import tabular
from alignment.corpora.streams import file_format, read_lines
from alignment.errors import ConfigError, EmptyCorpus, Malformed, Missing
from alignment.files import file_digest
from alignment.hashing import text_hashes
from alignment.search import Document, Documents
from alignment.text import storable

TEXT_FORMATS = ("txt", "text")
OPTIONAL = {"id": ("id", "_id"), "title": ("title",), "language": ("language", "lang")}
"""Columns that are used if the file has them, under one of these names."""
_HASHED_AT_ONCE = 65_536


class DocumentColumns(NamedTuple):
    """Which column of a table is what; None takes the usual name, if the file has it."""

    text: str | None = None
    id: str | None = None
    title: str | None = None
    language: str | None = None


USUAL = DocumentColumns()


def read_documents(path: Path, columns: DocumentColumns = USUAL) -> Documents:
    """The documents of a file, after a check of every line.

    A plain text file has one document a line. Documents without an id get the number of their
    line. JSONL objects may lack a title or a language, and other fields are left out.

    Raises:
        Missing: if there is no such file.
        ConfigError: if its format or a column is unknown.
        Malformed: with file and line, if a document cannot be read, or two have one id.
        EmptyCorpus: if there are none.
    """
    if not path.is_file():
        raise Missing("there is no such file", where=str(path), hint="Pass a file of documents.")
    reader = _reader(path, columns)
    _check_ids(path, reader)
    digest = json.dumps([file_digest(path), columns])
    return Documents(str(path), digest, reader.read)


class _Reader:
    """Reads the documents of one file from its start."""

    def __init__(self, path: Path, fields: Mapping[str, str]) -> None:
        self.path = path
        self.fields = fields
        """Column of `text`, `id`, `title` and `language`; empty for plain text."""

    def read(self) -> Iterator[Document]:
        """The documents."""
        for _, document in self.numbered():
            yield document

    def numbered(self) -> Iterator[tuple[int, Document]]:
        """Line or row number, and document."""
        for number, row in self._rows():
            where = f"{self.path}:{number}"
            text = _text(row, "text", where)
            if not text.strip():
                raise Malformed(
                    "the text is empty",
                    where=where,
                    hint="Remove the document, or fill in its text.",
                )
            identifier = row.get("id")
            if "id" in self.fields and identifier in (None, ""):
                raise Malformed(f"there is no {self.fields['id']!r}", where=where)
            yield (
                number,
                Document(
                    id=str(number) if identifier is None else _identifier(identifier, where),
                    text=text,
                    title=_text(row, "title", where),
                    language=_language(_text(row, "language", where), where),
                ),
            )

    def _rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Number, and values by what they are."""
        if not self.fields:
            for number, line in read_lines(self.path):
                if line and not line.isspace():
                    yield number, {"text": line}
        elif file_format(self.path) == "jsonl":
            yield from self._json_rows()
        else:
            for number, row in tabular.rows(self.path, list(self.fields.values())):
                yield number, {field: row[column] for field, column in self.fields.items()}

    def _json_rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        for number, record in tabular.objects(self.path):
            values = {}
            for field, column in self.fields.items():
                value = tabular.field(record, column)
                if value is not tabular.MISSING:
                    values[field] = value
            if "text" not in values:
                column = self.fields["text"]
                raise Malformed(f"the object has no {column!r}", where=f"{self.path}:{number}")
            yield number, values


def _reader(path: Path, columns: DocumentColumns) -> _Reader:
    kind = file_format(path)
    if kind in TEXT_FORMATS:
        if any(columns):
            raise ConfigError("plain text has no columns", where=str(path))
        return _Reader(path, {})
    if kind not in tabular.FORMATS:
        listed = ", ".join(f".{name}" for name in (*tabular.FORMATS, "txt"))
        raise ConfigError(
            f"got a .{kind} file, expected one of {listed}",
            where=str(path),
            hint="They may be compressed (.gz, .bz2, .xz, .zst, .zip).",
        )
    names = tabular.header(path)
    if not names:
        raise _empty(path)
    return _Reader(path, _fields(path, names, columns))


def _fields(path: Path, names: list[str], columns: DocumentColumns) -> dict[str, str]:
    """The column of each field that the file has."""
    fields = {"text": columns.text or "text"}
    for field, usual in OPTIONAL.items():
        choice = getattr(columns, field) or next((name for name in usual if name in names), None)
        if choice is not None:
            fields[field] = choice
    for field, column in fields.items():
        if column not in names:
            raise ConfigError(
                f"no column {column!r}; the file has {tabular.listed(names)}",
                where=str(path),
                hint=f"Name the column with --{field}-column COLUMN.",
            )
    return fields


def _text(row: Mapping[str, Any], field: str, where: str) -> str:
    value = row.get(field)
    if value is None and field != "text":
        return ""
    if not isinstance(value, str):
        raise Malformed(f"{field}: expected text, got {type(value).__name__}", where=where)
    if storable(value) != value:
        raise Malformed(
            f"{field}: half of a surrogate pair, which is not a character",
            where=where,
            hint="Write the whole character, or remove the escape.",
        )
    return value


def _identifier(value: Any, where: str) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        kind = type(value).__name__
        raise Malformed(f"id: expected text or a whole number, got {kind}", where=where)
    return storable(str(value))


def _language(code: str, where: str) -> str:
    if not code:
        return ""
    try:
        return _canonical(code)
    except ValueError as error:
        raise Malformed(
            f"language: {error}",
            where=where,
            hint="Use BCP-47 codes, such as cy or pt-BR, or leave the language empty.",
        ) from error


@functools.lru_cache(maxsize=1024)
def _canonical(code: str) -> str:
    return languages.canonical(code)


def _check_ids(path: Path, reader: _Reader) -> None:
    """Read every document once, before anything is encoded.

    Keeps 24 bytes for each document.

    Raises:
        Malformed: if one cannot be read, or two have one id.
    """
    hashes = [np.empty((0, 2), np.uint64)]
    numbers = [np.empty(0, np.int64)]
    documents = reader.numbered()
    while block := list(itertools.islice(documents, _HASHED_AT_ONCE)):
        hashes.append(text_hashes([document.id.encode() for _, document in block]))
        numbers.append(np.array([number for number, _ in block], np.int64))
    keys = np.concatenate(hashes)
    if not len(keys):
        raise _empty(path)
    _, first, counts = np.unique(keys, axis=0, return_index=True, return_counts=True)
    if len(first) == len(keys):
        return
    row = first[counts > 1].min()
    same = np.flatnonzero((keys == keys[row]).all(axis=1))
    lines = np.concatenate(numbers)[same[:2]].tolist()
    name = next(document.id for number, document in reader.numbered() if number == lines[0])
    raise Malformed(
        f"the id {name!r} is that of line {lines[0]} already",
        where=f"{path}:{lines[1]}",
        hint="Give each document its own id, or choose the column with --id-column.",
    )


def _empty(path: Path) -> EmptyCorpus:
    return EmptyCorpus("there are no documents", where=str(path), hint="Pass a file with some.")
