"""Tables with named columns from user files: TSV, CSV, JSONL, Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from alignment.corpora.streams import MAX_LINE_BYTES, file_format, open_stream, read_lines
from alignment.errors import ConfigError, Malformed
from alignment.text import storable

FORMATS = ("tsv", "csv", "jsonl", "parquet")
Row = tuple[int, dict[str, Any]]
"""Row number and values by column."""
_PARQUET_BATCH = 16_384
_SHOWN_COLUMNS = 40


def header(path: Path) -> list[str]:
    """The column names; for JSONL the keys of the first object."""
    table_format = file_format(path)
    if table_format == "parquet":
        return list(_parquet(path).schema_arrow.names)
    if table_format == "csv":
        return next((cells for _, cells in _csv_rows(path)), [])
    first = next(read_lines(path), None)
    if first is None:
        return []
    number, line = first
    if table_format == "tsv":
        return line.split("\t")
    return list(_parse_object(line, path, number))


def check_columns(
    path: Path, wanted: list[str], keys: tuple[str, ...] = ("source", "target", "language")
) -> None:
    """Refuse a file that lacks a wanted column; `keys` are the settings that name the columns.

    Raises:
        ConfigError: if a column is missing.
    """
    names = header(path)
    missing = [name for name in wanted if name not in names]
    if missing:
        settings = ", ".join(f"{key}: ..." for key in keys)
        present = ", ".join(map(repr, names[:_SHOWN_COLUMNS])) or "none"
        raise ConfigError(
            f"no column {missing[0]!r}; the file has {present}",
            where=str(path),
            hint=f"Name the columns: `columns: {{{settings}}}`.",
        )


def rows(path: Path, wanted: list[str]) -> Iterator[Row]:
    """Number (from 1, including the header) and wanted columns of each row.

    Raises:
        ConfigError: if a column is missing.
        Malformed: with file and line, if a row does not fit the header.
    """
    check_columns(path, wanted)
    table_format = file_format(path)
    if table_format == "parquet":
        yield from _parquet_rows(path, wanted)
    elif table_format == "jsonl":
        yield from _jsonl_rows(path, wanted)
    else:
        numbered = _tsv_rows(path) if table_format == "tsv" else _csv_rows(path)
        yield from _select(numbered, header(path), wanted, path)


def _select(
    numbered: Iterator[tuple[int, list[str]]], names: list[str], wanted: list[str], path: Path
) -> Iterator[Row]:
    """The wanted cells of each row after the header."""
    positions = [(name, names.index(name)) for name in wanted]
    for number, cells in numbered:
        if number == 1:
            continue
        if len(cells) != len(names):
            raise Malformed(
                f"got {len(cells)} columns, expected {len(names)} as in the header",
                where=f"{path}:{number}",
                hint="A tab or line break inside a sentence splits the row. "
                "Replace it by a space or, in CSV, quote the cell.",
            )
        yield number, {name: cells[position] for name, position in positions}


def _tsv_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    return ((number, line.split("\t")) for number, line in read_lines(path))


def _csv_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each row; a row with quoted line breaks counts once."""
    _allow_long_cells()
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


def _allow_long_cells() -> None:
    """Raise the csv module's cell limit, which holds for the whole process; never lower it."""
    if csv.field_size_limit() < MAX_LINE_BYTES:
        csv.field_size_limit(MAX_LINE_BYTES)


def _jsonl_rows(path: Path, wanted: list[str]) -> Iterator[Row]:
    for number, line in read_lines(path):
        row = _parse_object(line, path, number)
        for name in wanted:
            if name not in row:
                raise Malformed(f"the object has no {name!r}", where=f"{path}:{number}")
            if isinstance(row[name], str):
                row[name] = storable(row[name])
        yield number, row


def _parse_object(line: str, path: Path, number: int) -> dict[str, Any]:
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
        for batch in _parquet(path).iter_batches(_PARQUET_BATCH, columns=wanted):
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
