"""Declared schemas of the Parquet files between stages, and bounded reading and writing of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ROWS_PER_BATCH = 16_384

PAIRS = pa.schema(
    [
        ("pair_id", pa.string()),
        ("source", pa.string()),
        ("target", pa.string()),
        ("source_lang", pa.string()),
        ("target_lang", pa.string()),
        ("corpus", pa.string()),
        ("version", pa.string()),
        ("licence", pa.string()),
        ("origin", pa.string()),
    ]
)
BLOCKED = pa.schema([("hash", pa.int64())])
CANDIDATES = pa.schema(
    [
        ("pair", pa.int32()),  # row of the pair in the clean table
        ("direction", pa.string()),
        ("strategy", pa.string()),
        ("positive_similarity", pa.float32()),  # cosine of anchor and positive under the base encoder
        ("candidates", pa.list_(pa.int32())),  # rows of the clean table, best first
        ("scores", pa.list_(pa.float32())),  # the strategy's own score
        ("similarities", pa.list_(pa.float32())),  # cosine of anchor and candidate under the base encoder
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
        ("group", pa.int64()),
        ("negative_group", pa.int64()),
        ("direction", pa.string()),
        ("strategy", pa.string()),
        ("rank", pa.int32()),
        ("score", pa.float32()),
        ("positive_similarity", pa.float32()),
        ("negative_similarity", pa.float32()),
        ("chrf", pa.float32()),
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
    path.parent.mkdir(parents=True, exist_ok=True)
    total = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        batch: list[Mapping[str, Any]] = []
        for row in rows:
            batch.append(row)
            if len(batch) == ROWS_PER_BATCH:
                writer.write_batch(pa.RecordBatch.from_pylist(batch, schema))
                total += len(batch)
                batch = []
        writer.write_batch(pa.RecordBatch.from_pylist(batch, schema))
    return total + len(batch)


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
