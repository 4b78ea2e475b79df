"""Rows of Parquet files within limits on memory: a file of 5 KB can declare gigabytes of text.

A dictionary of a few values may be repeated for millions of rows, and a page of zeros compresses
to almost nothing. So the file's metadata is checked first, the dictionaries next, and then rows are
decoded a few at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from alignment.corpora.streams import MAX_LINE_BYTES
from alignment.downloads.archives import MAX_RATIO
from alignment.errors import Malformed, UnsafeArchive

MAX_CELL_BYTES = MAX_LINE_BYTES
_ALWAYS_ALLOWED_BYTES = 64 * 2**20  # any file may expand to this size, whatever its ratio
_ALWAYS_ALLOWED_ROWS = 2**20
_BATCH_ROWS = 64  # times MAX_CELL_BYTES is what a column of a batch can take
_BATCH_BYTES = _BATCH_ROWS * MAX_CELL_BYTES
_UNREADABLE = (pa.ArrowException, OSError, UnicodeDecodeError)


def parquet_header(path: Path) -> list[str]:
    """The column names, with the fields of nested ones: `translation`, `translation.de`."""
    with _open(path) as file:
        return list(_names(_schema(file, path)))


def parquet_records(path: Path, wanted: list[str]) -> Iterator[dict[str, Any]]:
    """The rows with their wanted columns; `a.b` is a field of a nested one.

    Raises:
        Malformed: with file and row, if they cannot be read.
        UnsafeArchive: if they expand past the limits.
    """
    number = 0
    remaining = _limit(path)
    try:
        with _open(path) as file:
            _check(file, path, wanted)
            for group in range(file.metadata.num_row_groups):
                _check_group(file, path, group, wanted)
                _check_dictionaries(path, group, wanted)
                rows = _rows_per_batch(file, group, wanted)
                for batch in file.iter_batches(rows, [group], wanted, use_threads=False):
                    remaining -= batch.nbytes
                    if remaining < 0:
                        raise _explodes(path)
                    _check_cells(batch, path, number)
                    records = batch.to_pylist()
                    number += len(records)
                    yield from records
    except pa.ArrowMemoryError:
        raise
    except _UNREADABLE as error:
        raise _unreadable(error, f"{path}:{number + 1}") from error


def _open(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path, pre_buffer=False)  # see `tables.opened`
    except pa.ArrowMemoryError:
        raise
    except _UNREADABLE as error:
        raise _unreadable(error, str(path)) from error


def _schema(file: pq.ParquetFile, path: Path) -> pa.Schema:
    try:
        return file.schema_arrow
    except pa.ArrowMemoryError:
        raise
    except _UNREADABLE as error:
        raise _unreadable(error, str(path)) from error


def _unreadable(error: Exception, where: str) -> Malformed:
    return Malformed(f"not a readable Parquet file ({error})", where=where)


def _names(fields: Iterable[pa.Field], prefix: str = "") -> Iterator[str]:
    for column in fields:
        yield f"{prefix}{column.name}"
        if pa.types.is_struct(column.type):
            children = [column.type.field(number) for number in range(column.type.num_fields)]
            yield from _names(children, f"{prefix}{column.name}.")


def _limit(path: Path) -> int:
    return max(_ALWAYS_ALLOWED_BYTES, MAX_RATIO * path.stat().st_size)


def _explodes(path: Path) -> UnsafeArchive:
    return UnsafeArchive(f"expands past {MAX_RATIO} times its size", where=str(path))


def _check(file: pq.ParquetFile, path: Path, wanted: list[str]) -> None:
    """Refuse by the file's own metadata alone: too many rows, and lists."""
    metadata = file.metadata
    size = path.stat().st_size
    if metadata.num_rows > max(_ALWAYS_ALLOWED_ROWS, MAX_RATIO * size):
        raise UnsafeArchive(f"{metadata.num_rows:,} rows in {size:,} bytes", where=str(path))
    for number in _leaves(file, wanted):
        column = file.schema.column(number)
        if column.max_repetition_level:
            raise Malformed(f"{column.path}: expected text, got list", where=f"{path}:1")


def _check_group(file: pq.ParquetFile, path: Path, group: int, wanted: list[str]) -> None:
    """Refuse pages that expand too far.

    One row is read first: `column` ends the process if the metadata of a column is damaged
    (pyarrow 26), where reading raises an error.
    """
    metadata = file.metadata.row_group(group)
    if metadata.total_byte_size > _limit(path):
        raise _explodes(path)
    next(file.iter_batches(1, [group], wanted, use_threads=False), None)
    for number in _leaves(file, wanted):
        if metadata.column(number).total_uncompressed_size > _limit(path):
            raise _explodes(path)


def _leaves(file: pq.ParquetFile, wanted: list[str]) -> list[int]:
    """Numbers of the columns that hold the wanted ones or their fields."""
    numbers = []
    for number in range(file.metadata.num_columns):
        path = file.schema.column(number).path
        if any(path == name or path.startswith(f"{name}.") for name in wanted):
            numbers.append(number)
    return numbers


def _check_dictionaries(path: Path, group: int, wanted: list[str]) -> None:
    """Refuse long values before they are repeated: the first row brings the whole dictionary."""
    with pq.ParquetFile(path, pre_buffer=False) as plain:
        encoded = []
        for number in _leaves(plain, wanted):
            if plain.metadata.row_group(group).column(number).has_dictionary_page:
                encoded.append(plain.schema.column(number).path)
    if not encoded:
        return
    with pq.ParquetFile(path, read_dictionary=encoded, pre_buffer=False) as file:
        batch = next(file.iter_batches(1, [group], encoded, use_threads=False), None)
    for column in _flat(batch.columns if batch else []):
        if pa.types.is_dictionary(column.type):
            _check_lengths(column.dictionary, path, 0)


def _flat(columns: Iterable[pa.Array]) -> Iterator[pa.Array]:
    """The columns, and the fields of nested ones."""
    for column in columns:
        if pa.types.is_struct(column.type):
            yield from _flat(column.flatten())
        else:
            yield column


def _rows_per_batch(file: pq.ParquetFile, group: int, wanted: list[str]) -> int:
    """Fewer rows for an encoding in which values share their starts, so that each may be long."""
    rows = _BATCH_ROWS
    for number in _leaves(file, wanted):
        column = file.metadata.row_group(group).column(number)
        if "DELTA_BYTE_ARRAY" in column.encodings:
            longest = max(1, column.total_uncompressed_size)
            rows = min(rows, max(1, _BATCH_BYTES // longest))
    return rows


def _check_cells(batch: pa.RecordBatch, path: Path, rows_before: int) -> None:
    if batch.nbytes > MAX_CELL_BYTES:  # otherwise no cell can be longer
        for column in _flat(batch.columns):
            _check_lengths(column, path, rows_before + 1)


def _check_lengths(values: pa.Array, path: Path, first_row: int) -> None:
    """Refuse values longer than a line of text may be; `first_row` is 0 if rows are not known."""
    is_text = pa.types.is_string(values.type) or pa.types.is_large_string(values.type)
    if not is_text and not pa.types.is_binary(values.type):
        return
    lengths = pc.binary_length(values)
    longest = pc.max(lengths).as_py() or 0
    if longest > MAX_CELL_BYTES:
        row = pc.index(lengths, longest).as_py()
        where = f"{path}:{first_row + row}" if first_row else str(path)
        raise Malformed(
            f"the cell is longer than {MAX_CELL_BYTES:,} bytes: {longest:,}", where=where
        )
