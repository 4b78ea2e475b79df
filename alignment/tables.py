"""Schemas of the Parquet files between stages, and reading and writing them in batches."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from alignment.errors import Corrupt

ROWS_PER_BATCH = 16_384
ROWS_PER_GROUP = 2 * ROWS_PER_BATCH
"""Rows of a Parquet row group, which is what one worker takes at a time."""

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
_DISTINCT = frozenset({"pair_id", "source", "target", "origin"})
"""Columns of `PAIRS` with a different value in nearly every row."""
# Scored by `semantic`: the score, and the probability that the pair is a translation.
SCORED_PAIRS = PAIRS.append(pa.field("semantic_score", pa.float32())).append(
    pa.field("probability", pa.float32())
)
EXCERPTS = pa.schema(
    [
        ("corpus", pa.string()),
        ("excerpt", pa.int64()),  # counts from 0 in each corpus
        ("source", pa.string()),
        ("target", pa.string()),
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
        # Cosine of anchor and positive under the encoder that mined.
        ("positive_similarity", pa.float32()),
        # Rows of the clean table, best first.
        ("candidates", pa.list_(pa.int32())),
        # The strategy's own scores of the candidates.
        ("scores", pa.list_(pa.float32())),
        # Cosine of anchor and candidate under the encoder that mined.
        ("similarities", pa.list_(pa.float32())),
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
        # Of negative and positive; null where a cheap bound shows that it is below the limit.
        ("chrf", pa.float32()),
        ("weight", pa.float32()),
    ]
)
OUTCOMES = pa.schema(
    [
        ("query_id", pa.string()),
        ("direction", pa.string()),
        ("correct", pa.bool_()),
        ("similarity", pa.float32()),  # cosine of the query and its translation
        ("best_wrong", pa.float32()),  # cosine of the query and the nearest wrong candidate
    ]
)

HARD_OUTCOMES = pa.schema(
    [
        ("query_id", pa.string()),
        ("direction", pa.string()),
        ("correct", pa.bool_()),
        # What a wrong query found: a kind of altered copy, or `other_text`; empty if right.
        ("winner", pa.string()),
    ]
)
RELEVANCE_OUTCOMES = pa.schema(
    [
        ("query_id", pa.string()),
        ("ndcg@10", pa.float64()),
        ("recall@100", pa.float64()),
        ("mrr@10", pa.float64()),
    ]
)
MIXED_OUTCOMES = pa.schema(
    [
        ("language", pa.string()),  # of the query
        ("query_id", pa.string()),  # hash of the query's text
        ("correct", pa.bool_()),
        ("recalled", pa.bool_()),  # a translation is among the first 10
        ("own_language", pa.bool_()),  # the nearest wrong text is in the query's language
    ]
)


def write(path: Path, schema: pa.Schema, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows in batches, compressed with zstd; returns the number of rows."""
    return write_batches(path, schema, in_batches(rows, schema))


def in_batches(rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Rows as record batches of at most `ROWS_PER_BATCH` rows."""
    iterator = iter(rows)
    while batch := list(itertools.islice(iterator, ROWS_PER_BATCH)):
        yield pa.RecordBatch.from_pylist(batch, schema)


def write_batches(path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
    """Write record batches, joined into row groups; returns the number of rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    total = 0
    pending_rows = 0
    pending: list[pa.RecordBatch] = []
    with new_writer(path, schema) as writer:
        for batch in batches:
            pending.append(batch)
            pending_rows += batch.num_rows
            total += batch.num_rows
            if pending_rows >= ROWS_PER_GROUP:
                writer.write_table(pa.Table.from_batches(pending, schema), ROWS_PER_GROUP)
                pending = []
                pending_rows = 0
        writer.write_table(pa.Table.from_batches(pending, schema), ROWS_PER_GROUP)
    return total


def new_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """A writer whose pages are compressed with zstd and have checksums; a context manager.

    A dictionary of values that hardly repeat costs time and space, and nobody asks for the smallest
    of them, so the texts of pairs have neither dictionary nor statistics.
    """
    plain = _DISTINCT if set(PAIRS.names) <= set(schema.names) else frozenset()
    repeated = [name for name in schema.names if name not in plain]
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        write_page_checksum=True,
        use_dictionary=repeated,
        write_statistics=repeated,
    )


@contextmanager
def opened(path: Path) -> Iterator[pq.ParquetFile]:
    """The file, whose pages are compared with their checksums when they are read.

    Without `pre_buffer`, which pyarrow 26 turned on: it keeps all that was read until the end.

    Raises:
        Corrupt: if a page does not match its checksum, or the file is not Parquet.
    """
    with (
        _damage_named(path),
        pq.ParquetFile(path, page_checksum_verification=True, pre_buffer=False) as file,
    ):
        yield file


def read_table(path: Path, **options: Any) -> pa.Table:
    """The table in memory, its pages compared with their checksums.

    `options` are `columns` and `filters` of `pyarrow.parquet.read_table`.

    Raises:
        Corrupt: if a page does not match its checksum, or the file is not Parquet.
    """
    with _damage_named(path):
        # In threads, Arrow waits for ever if memory is too short to start one.
        return pq.read_table(
            path,
            page_checksum_verification=True,
            use_threads=False,
            pre_buffer=False,
            **options,
        )


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise Corrupt(
            f"the table cannot be read: {error}",
            where=str(path),
            hint="`alignment store verify` finds every damaged artifact; the next run builds them "
            "again.",
        ) from error


def batches(path: Path, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Record batches of at most `ROWS_PER_BATCH` rows, read one at a time."""
    with opened(path) as file:
        yield from file.iter_batches(ROWS_PER_BATCH, columns=columns)


def batches_of_rows(
    path: Path, rows: NDArray[np.int64], columns: list[str]
) -> Iterator[pa.RecordBatch]:
    """Record batches of some rows, which ascend. Row groups that have none of them are not read."""
    first = 0
    with opened(path) as file:
        for number in range(file.num_row_groups):
            size = file.metadata.row_group(number).num_rows
            start, stop = np.searchsorted(rows, [first, first + size])
            if start < stop:
                group = file.read_row_group(number, columns, use_threads=False)
                yield from group.take(rows[start:stop] - first).to_batches()
            first += size


class RowGroup(NamedTuple):
    """One row group of a Parquet file, which the worker that gets it reads itself."""

    path: Path
    number: int

    def batches(self, *columns: str) -> Iterator[pa.RecordBatch]:
        """Record batches of at most `ROWS_PER_BATCH` rows; all columns unless some are named."""
        with opened(self.path) as file:
            yield from file.iter_batches(
                ROWS_PER_BATCH, [self.number], columns or None, use_threads=False
            )


def row_groups(path: Path) -> list[RowGroup]:
    """The whole file, in parts that several workers can share."""
    with opened(path) as file:
        return [RowGroup(path, number) for number in range(file.num_row_groups)]


def count_rows(path: Path) -> int:
    """The number of rows, from the file's metadata."""
    with opened(path) as file:
        return int(file.metadata.num_rows)


def read(path: Path, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    """Rows as dictionaries, one batch in memory at a time."""
    with opened(path) as file:
        for batch in file.iter_batches(ROWS_PER_BATCH, columns=columns):
            yield from batch.to_pylist()


def read_columns(path: Path, *columns: str) -> list[list[Any]]:
    """Whole columns as Python lists, for tables that fit in memory (the texts of one language)."""
    table = read_table(path, columns=list(columns))
    return [table.column(name).to_pylist() for name in columns]


def content_digest(path: Path) -> str:
    """sha256 of the rows, independent of how the file was written; for golden tests."""
    digest = hashlib.sha256()
    for row in read(path):
        digest.update(repr(sorted(row.items())).encode())
    return digest.hexdigest()
