"""Declared schemas of the Parquet files between stages, and bounded reading and writing of them."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

ROWS_PER_BATCH = 16_384
ROWS_PER_GROUP = 2 * ROWS_PER_BATCH  # of a Parquet file: what one worker takes at a time

PAIRS = pa.schema(
    [
        ("pair_id", pa.string()),
        ("source", pa.string()),
        ("target", pa.string()),
        ("source_lang", pa.string()),
        ("target_lang", pa.string()),
        ("corpus", pa.string()),
        ("version", pa.string()),
        ("license", pa.string()),
        ("origin", pa.string()),
    ]
)
REJECTS = PAIRS.append(pa.field("reason", pa.string()))
BLOCKED = pa.schema([("hash", pa.int64())])
CANDIDATES = pa.schema(
    [
        ("pair", pa.int32()),  # row of the pair in the clean table
        ("direction", pa.string()),
        ("strategy", pa.string()),
        (
            "positive_similarity",
            pa.float32(),
        ),  # cosine of anchor and positive under the base encoder
        ("candidates", pa.list_(pa.int32())),  # rows of the clean table, best first
        ("scores", pa.list_(pa.float32())),  # the strategy's own score
        (
            "similarities",
            pa.list_(pa.float32()),
        ),  # cosine of anchor and candidate under the base encoder
    ]
)
TRIPLETS = pa.schema(
    [
        ("pair_id", pa.string()),
        ("anchor", pa.string()),
        ("positive", pa.string()),
        ("negative", pa.string()),
        ("anchor_lang", pa.string()),
        ("positive_lang", pa.string()),
        ("negative_lang", pa.string()),
        ("group", pa.int64()),
        ("negative_group", pa.int64()),
        ("direction", pa.string()),
        ("strategy", pa.string()),
        ("rank", pa.int32()),
        ("score", pa.float32()),
        ("positive_similarity", pa.float32()),
        ("negative_similarity", pa.float32()),
        (
            "chrf",
            pa.float32(),
        ),  # of the negative against the positive; null where a bound shows that it is below the limit
        ("weight", pa.float32()),
    ]
)
OUTCOMES = pa.schema(
    [
        ("query_id", pa.string()),
        ("direction", pa.string()),
        ("correct", pa.bool_()),
        ("similarity", pa.float32()),  # cosine of query and gold
        ("best_wrong", pa.float32()),  # cosine of query and the nearest wrong candidate
    ]
)


def write(path: Path, schema: pa.Schema, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows by batch (zstd); returns how many."""
    return write_batches(path, schema, in_batches(rows, schema))


def in_batches(rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Rows as record batches of at most `ROWS_PER_BATCH`."""
    iterator = iter(rows)
    while batch := list(itertools.islice(iterator, ROWS_PER_BATCH)):
        yield pa.RecordBatch.from_pylist(batch, schema)


def write_batches(path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
    """Write record batches (zstd), small ones joined; returns how many rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    total = waiting = 0
    held: list[pa.RecordBatch] = []
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches:
            held.append(batch)
            waiting += batch.num_rows
            total += batch.num_rows
            if waiting >= ROWS_PER_GROUP:
                writer.write_table(pa.Table.from_batches(held, schema), ROWS_PER_GROUP)
                held, waiting = [], 0
        writer.write_table(pa.Table.from_batches(held, schema), ROWS_PER_GROUP)
    return total


def batches(path: Path, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Record batches of at most `ROWS_PER_BATCH` rows, read as they are asked for."""
    with pq.ParquetFile(path) as file:
        yield from file.iter_batches(ROWS_PER_BATCH, columns=columns)


class RowGroup(NamedTuple):
    """A stretch of a Parquet file, to be read by whoever works on it."""

    path: Path
    number: int

    def batches(self, *columns: str) -> Iterator[pa.RecordBatch]:
        """Record batches of at most `ROWS_PER_BATCH` rows, with these columns or all of them."""
        with pq.ParquetFile(self.path) as file:
            yield from file.iter_batches(
                ROWS_PER_BATCH, [self.number], columns or None, use_threads=False
            )


def row_groups(path: Path) -> list[RowGroup]:
    """All of a file, in parts for several workers."""
    with pq.ParquetFile(path) as file:
        return [RowGroup(path, number) for number in range(file.num_row_groups)]


def read(path: Path, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    """Rows as dictionaries, one batch in memory at a time."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(ROWS_PER_BATCH, columns=columns):
            yield from batch.to_pylist()


def read_columns(path: Path, *columns: str) -> list[list[Any]]:
    """Whole columns as Python lists, for tables that are small by nature (one language's texts)."""
    table = pq.read_table(path, columns=list(columns))
    return [table.column(name).to_pylist() for name in columns]


def content_digest(path: Path) -> str:
    """sha256 of the rows themselves, whatever wrote the file: for golden tests."""
    digest = hashlib.sha256()
    for row in read(path):
        digest.update(repr(sorted(row.items())).encode())
    return digest.hexdigest()
