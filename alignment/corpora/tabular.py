"""Tables from user files: TSV, CSV, JSONL, Parquet.

Columns are found by name, or by number (from 1) in a TSV or CSV file without a header row. A name
with dots is a field of a nested object: `translation.de`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from alignment.config import Column
from alignment.corpora.delimited import NumberedRow, csv_rows, tsv_rows
from alignment.corpora.parquet import parquet_header, parquet_records
from alignment.corpora.streams import file_format, read_lines
from alignment.errors import ConfigError, Malformed
from alignment.text import storable

FORMATS = ("tsv", "csv", "jsonl", "parquet")
Row = tuple[int, dict[Any, Any]]
"""Row number and values by column."""
MISSING = object()
"""What `field` gives for a field that is not there."""
_SHOWN_COLUMNS = 40
_SHOWN_CHARACTERS = 60
_WORDS_OF_A_SENTENCE = 4
_MAX_DEPTH = 8


def header(path: Path, wanted: Sequence[Column] = ()) -> list[str]:
    """The column names; for JSONL the fields of the first object, also the nested ones.

    Args:
        path: The file.
        wanted: Columns that it should have; they help to find out how a CSV file is separated.
    """
    table_format = file_format(path)
    if table_format == "parquet":
        return parquet_header(path)
    if table_format == "jsonl":
        first = next(objects(path), None)
        return [] if first is None else list(field_names(first[1]))
    cells = next((cells for _, cells in _cell_rows(path, wanted)), [])
    return [cell.strip() for cell in cells]


def check_columns(
    path: Path,
    wanted: Sequence[Column],
    keys: tuple[str, ...] = ("source", "target", "language"),
) -> None:
    """Refuse a file that lacks a wanted column; `keys` are the settings that name the columns.

    Raises:
        ConfigError: if a column is missing, or there are two of its name.
    """
    names = header(path, wanted)
    for column in wanted:
        if isinstance(column, int):
            _check_number(path, column, names)
        elif column not in names:
            raise _missing(path, column, names, keys)
        elif names.count(column) > 1:
            raise ConfigError(
                f"there are {names.count(column)} columns with the name {column!r}",
                where=str(path),
                hint="Give each column of the file another name.",
            )


def rows(path: Path, wanted: Sequence[Column]) -> Iterator[Row]:
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
        yield from _select(_cell_rows(path, wanted), wanted, path)


def field(record: Mapping[str, Any], name: str) -> Any:
    """The value of a field, or of a nested one (`a.b`); `MISSING` if there is none."""
    if name in record:
        return record[name]
    value: Any = record
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return MISSING
        value = value[part]
    return value


def field_names(record: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[str]:
    """Names of all fields, also of the nested ones: `id`, `translation`, `translation.de`."""
    for name, value in record.items():
        yield f"{prefix}{name}"
        if isinstance(value, Mapping) and depth < _MAX_DEPTH:
            yield from field_names(value, f"{prefix}{name}.", depth + 1)


def listed(names: Iterable[str]) -> str:
    """Column names for a message."""
    shown = [_shortened(name) for name in names]
    more = ", ..." if len(shown) > _SHOWN_COLUMNS else ""
    return (", ".join(shown[:_SHOWN_COLUMNS]) or "none") + more


def _shortened(name: str) -> str:
    short = name if len(name) <= _SHOWN_CHARACTERS else name[: _SHOWN_CHARACTERS - 3] + "..."
    return repr(short)


def _check_number(path: Path, column: int, names: list[str]) -> None:
    if file_format(path) in ("jsonl", "parquet"):
        raise ConfigError(
            f"the columns of this format have names, got the number {column}",
            where=str(path),
            hint=f"The file has {listed(names)}.",
        )
    if column > len(names):
        raise ConfigError(
            f"there is no column {column}; the first row has {len(names)}: {listed(names)}",
            where=str(path),
        )


def _missing(path: Path, column: str, names: list[str], keys: tuple[str, ...]) -> ConfigError:
    settings = ", ".join(f"{key}: ..." for key in keys)
    required = [key for key in keys if key != "language"]
    numbers = ", ".join(f"{key}: {number}" for number, key in enumerate(required, start=1))
    hint = f"Name the columns: `columns: {{{settings}}}`."
    has_cells = file_format(path) in ("tsv", "csv")
    if has_cells and _looks_like_text(names):
        return ConfigError(
            f"no column {column!r}; the file seems to have no header row, its first row is "
            f"{listed(names)}",
            where=str(path),
            hint=f"Number the columns of a file without a header: `columns: {{{numbers}}}`.",
        )
    if has_cells:
        hint += f" If there is no header row, number them: `columns: {{{numbers}}}`."
    if file_format(path) == "tsv" and len(names) == 1 and any(mark in names[0] for mark in ",;|"):
        hint += " The header has no tab: a file with other delimiters is named .csv."
    return ConfigError(
        f"no column {column!r}; the file has {listed(names)}", where=str(path), hint=hint
    )


def _looks_like_text(names: list[str]) -> bool:
    """Whether one of the cells of the first row is more like a sentence than like a name."""
    for name in names:
        is_long = len(name.split()) >= _WORDS_OF_A_SENTENCE
        if is_long or name.endswith((".", "!", "?", "。", "！", "？", "।", "۔", "؟")):
            return True
    return False


def _cell_rows(path: Path, wanted: Sequence[Column]) -> Iterator[NumberedRow]:
    return tsv_rows(path) if file_format(path) == "tsv" else csv_rows(path, wanted)


def _select(numbered: Iterator[NumberedRow], wanted: Sequence[Column], path: Path) -> Iterator[Row]:
    """The wanted cells of each row; the first one is the header, unless columns are numbered."""
    first = next(numbered, None)
    if first is None:
        return
    names = [cell.strip() for cell in first[1]]
    positions: dict[Column, int] = {}
    has_header = False
    for column in wanted:
        if isinstance(column, int):
            positions[column] = column - 1
        else:
            positions[column] = names.index(column)
            has_header = True
    if not has_header:
        yield first[0], {column: first[1][position] for column, position in positions.items()}
    for number, cells in numbered:
        if len(cells) != len(names):
            place = "header" if has_header else "first row"
            raise Malformed(
                f"got {len(cells)} columns, expected {len(names)} as in the {place}",
                where=f"{path}:{number}",
                hint="A tab or line break inside a sentence splits the row. "
                "Replace it by a space or, in CSV, quote the cell.",
            )
        yield number, {column: cells[position] for column, position in positions.items()}


def objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and object of each line of a JSONL file that is not blank.

    Raises:
        Malformed: with file and line, if a line is not an object.
    """
    for number, line in read_lines(path):
        if line and not line.isspace():
            yield number, _parse_object(line, path, number)


def _jsonl_rows(path: Path, wanted: Sequence[Column]) -> Iterator[Row]:
    for number, record in objects(path):
        row: dict[Column, Any] = {}
        for name in wanted:
            row[name] = field(record, str(name))
            if row[name] is MISSING:
                raise Malformed(f"the object has no {name!r}", where=f"{path}:{number}")
            _check_text(row[name], name, f"{path}:{number}")
        yield number, row


def _check_text(value: Any, name: Column, where: str) -> None:
    r"""Refuse half of a character, which JSON can spell (`\ud83d`) and no text can have."""
    if isinstance(value, str) and storable(value) != value:
        raise Malformed(
            f"{name}: half of a surrogate pair, which is not a character",
            where=where,
            hint="Write the whole character, or remove the escape. Text that was cut by its length "
            "in UTF-16 often ends in half of an emoji.",
        )


def _parse_object(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not valid JSON ({error})", where=f"{path}:{number}") from error
    if not isinstance(row, dict):
        raise Malformed(f"expected an object, got {type(row).__name__}", where=f"{path}:{number}")
    return row


def _parquet_rows(path: Path, wanted: Sequence[Column]) -> Iterator[Row]:
    names = [str(name) for name in wanted]
    for number, record in enumerate(parquet_records(path, names), start=1):
        values = ((name, field(record, name)) for name in names)
        # A null in place of a nested object has no fields.
        yield number, {name: None if v is MISSING else v for name, v in values}
