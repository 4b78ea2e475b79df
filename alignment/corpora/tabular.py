"""Tables of the user's with named columns: TSV, CSV, JSONL, Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from alignment.corpora.streams import MAX_LINE_BYTES, form, lines, open_stream
from alignment.errors import ConfigError, Malformed

FORMS = ("tsv", "csv", "jsonl", "parquet")
Row = tuple[int, dict[str, Any]]


def header(path: Path) -> list[str]:
    """Names of the columns; of JSONL the keys of the first object."""
    kind = form(path)
    if kind == "parquet":
        return list(_parquet(path).schema_arrow.names)
    if kind == "csv":
        return next((row for _, row in _csv(path)), [])
    for number, line in lines(path):
        return line.split("\t") if kind == "tsv" else list(_json(line, path, number))
    return []


def check_columns(
    path: Path, wanted: list[str], keys: tuple[str, ...] = ("source", "target", "language")
) -> None:
    """Refuse a file without the wanted columns; `keys` are what the configuration calls them.

    Raises:
        ConfigError: if a column is not there.
    """
    names = header(path)
    if missing := [name for name in wanted if name not in names]:
        raise ConfigError(
            f"no column {missing[0]!r}; the file has {', '.join(map(repr, names[:40])) or 'none'}",
            where=str(path),
            hint=f"Name the columns: columns: {{{', '.join(f'{key}: ...' for key in keys)}}}.",
        )


def rows(path: Path, wanted: list[str]) -> Iterator[Row]:
    """Each row's number (from 1, the header counted) and its wanted columns.

    Raises:
        ConfigError: if a column is not there.
        Malformed: with file:line for a row that does not have them.
    """
    check_columns(path, wanted)
    names, kind = header(path), form(path)
    if kind == "parquet":
        yield from _parquet_rows(path, wanted)
    elif kind == "jsonl":
        yield from _json_rows(path, wanted)
    else:
        places = [(name, names.index(name)) for name in wanted]
        for number, cells in _tsv(path) if kind == "tsv" else _csv(path):
            if number == 1:
                continue
            if len(cells) != len(names):
                raise Malformed(
                    f"got {len(cells)} columns, expected {len(names)} as in the header",
                    where=f"{path}:{number}",
                    hint="A tab or a line break inside a sentence splits a row; replace it by a space, or quote it (CSV).",
                )
            yield number, {name: cells[place] for name, place in places}


def _tsv(path: Path) -> Iterator[tuple[int, list[str]]]:
    return ((number, line.split("\t")) for number, line in lines(path))


def _csv(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Number of the row (not of the line: quoted cells may have several) and its cells."""
    csv.field_size_limit(MAX_LINE_BYTES)
    with open_stream(path) as raw:
        text = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
        reader = csv.reader(text, strict=True)
        try:
            yield from enumerate(reader, start=1)
        except csv.Error as error:
            raise Malformed(
                f"not valid CSV ({error})", where=f"{path}:{reader.line_num}"
            ) from error
        except UnicodeDecodeError as error:
            raise Malformed(
                f"not valid UTF-8: {error.reason}", where=f"{path}:{reader.line_num + 1}"
            ) from error


def _json_rows(path: Path, wanted: list[str]) -> Iterator[Row]:
    for number, line in lines(path):
        row = _json(line, path, number)
        if lacking := [name for name in wanted if name not in row]:
            raise Malformed(f"the object has no {lacking[0]!r}", where=f"{path}:{number}")
        yield number, row


def _json(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not valid JSON ({error})", where=f"{path}:{number}") from error
    if not isinstance(row, dict):
        raise Malformed(f"expected an object, got {type(row).__name__}", where=f"{path}:{number}")
    return row


def _parquet_rows(path: Path, wanted: list[str]) -> Iterator[Row]:
    number = 0
    try:
        for batch in _parquet(path).iter_batches(16_384, columns=wanted):
            for row in batch.to_pylist():
                number += 1
                yield number, row
    except (pa.ArrowException, OSError) as error:
        raise Malformed(
            f"not a readable Parquet file ({error})", where=f"{path}:{number + 1}"
        ) from error


def _parquet(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise Malformed(f"not a readable Parquet file ({error})", where=str(path)) from error
