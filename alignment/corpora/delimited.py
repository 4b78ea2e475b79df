"""Rows of TSV and CSV files, and how a CSV file separates its cells.

TSV has no quotes: a tab always ends a cell. CSV has them, and may use `;`, a tab or `|` in place of
the comma. Blank lines are no rows.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from alignment.config import Column
from alignment.corpora.recode import text_as_utf8
from alignment.corpora.streams import MAX_LINE_BYTES, not_decoded, open_stream, read_lines
from alignment.errors import Malformed

DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_CHARACTERS = 2**16
_SAMPLE_ROWS = 20
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
NumberedRow = tuple[int, list[str]]


class _Format(NamedTuple):
    delimiter: str
    has_separator_line: bool
    """Whether the first line is Excel's `sep=;`."""


def tsv_rows(path: Path) -> Iterator[NumberedRow]:
    """Line number and cells of each line that is not blank.

    Raises:
        Malformed: with file and line, if it cannot be decoded.
    """
    for number, line in read_lines(path):
        if line.strip(" "):
            yield number, line.split("\t")


def csv_rows(path: Path, wanted: Sequence[Column] = ()) -> Iterator[NumberedRow]:
    """Number and cells of each row that is not blank; a row with quoted line breaks counts once.

    Args:
        path: The file.
        wanted: Columns that it should have; they help to find out how cells are separated.

    Raises:
        Malformed: with file and line, if it is not valid CSV.
    """
    _allow_long_cells()
    form = _format(path, wanted)
    with open_stream(path) as raw:
        text = _text(raw)
        reader = csv.reader(text, delimiter=form.delimiter, strict=True)
        try:
            for number, cells in enumerate(reader, start=1):
                is_blank = not cells or (len(cells) == 1 and not cells[0].strip())
                if not is_blank and not (number == 1 and form.has_separator_line):
                    yield number, cells
        except csv.Error as error:
            raise Malformed(
                f"not valid CSV ({error})", where=f"{path}:{reader.line_num}"
            ) from error
        except UnicodeDecodeError as error:
            raise not_decoded(error, f"{path}:{reader.line_num + 1}") from error


def _text(raw: io.BufferedReader) -> io.TextIOWrapper:
    return io.TextIOWrapper(text_as_utf8(raw), encoding="utf-8-sig", newline="")


def _format(path: Path, wanted: Sequence[Column]) -> _Format:
    """By Excel's first line, or else by the wanted names, or else by what gives even rows."""
    with open_stream(path) as raw:
        try:
            sample = _text(raw).read(_SAMPLE_CHARACTERS)
        except UnicodeDecodeError:
            return _Format(",", has_separator_line=False)  # the reader will name the line
    first_line = sample.partition("\n")[0].strip("\r")
    separator = _SEPARATOR_LINE.fullmatch(first_line)
    if separator:
        return _Format(separator[1], has_separator_line=True)
    candidates = {delimiter: _sample_rows(sample, delimiter) for delimiter in DELIMITERS}
    for delimiter, rows in candidates.items():
        if wanted and rows and set(wanted) <= {name.strip() for name in rows[0]}:
            return _Format(delimiter, has_separator_line=False)
    best = max(candidates, key=lambda delimiter: _evenness(candidates[delimiter], wanted))
    return _Format(best, has_separator_line=False)


def _sample_rows(sample: str, delimiter: str) -> list[list[str]]:
    """The first rows that are not blank, without the last one, which may be cut off."""
    rows: list[list[str]] = []
    lenient = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    try:
        for cells in lenient:
            if cells:
                rows.append(cells)
            if len(rows) > _SAMPLE_ROWS:
                break
    except csv.Error:
        return []
    whole = len(sample) < _SAMPLE_CHARACTERS and len(rows) <= _SAMPLE_ROWS
    return rows if whole or len(rows) < 2 else rows[:-1]


def _evenness(rows: list[list[str]], wanted: Sequence[Column]) -> tuple[bool, ...]:
    """Greater for a delimiter that explains the rows better; equal ones keep their order."""
    widths = {len(cells) for cells in rows}
    numbers = [column for column in wanted if isinstance(column, int)]
    splits = bool(widths) and min(widths) >= 2
    enough = splits and min(widths) >= max([2, *numbers])
    exact = bool(numbers) and widths == {max(numbers)}
    return enough, splits, splits and len(widths) == 1, exact


def _allow_long_cells() -> None:
    """Raise the csv module's cell limit, which holds for the whole process; never lower it."""
    if csv.field_size_limit() < MAX_LINE_BYTES:
        csv.field_size_limit(MAX_LINE_BYTES)
