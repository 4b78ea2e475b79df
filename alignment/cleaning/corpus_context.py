"""What cleaning needs to know about a corpus as a whole before it reads the first row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from alignment import tables
from alignment.cleaning import columns
from alignment.cleaning.batch import Context
from alignment.cleaning.langid import load_identifier
from alignment.cleaning.scores import expected_ratio
from alignment.config import Clean
from alignment.workers import available_cpus

PARALLEL_FROM = 100_000
"""Pairs; starting processes for fewer takes longer than it saves."""
RATIO_SAMPLE = 50_000
"""Pairs from which the usual ratio of lengths is estimated, spread over the corpus."""


def corpus_context(pairs: Path, limits: Clean, pivot: str, language: str) -> Context:
    """The corpus's usual ratio of lengths, and the language identifier if one is configured."""
    identifier = None
    if limits.max_other_language is not None:
        identifier = load_identifier(limits.language_model)
    sources = []
    targets = []
    for batch in _sample(pairs):
        sources.append(columns.normalized(columns.from_arrow(batch.column("source"))))
        targets.append(columns.normalized(columns.from_arrow(batch.column("target"))))
    return Context(pivot, language, expected_ratio(sources, targets), identifier)


def workers_for(pairs: int) -> int:
    """How many processes are worth starting for so large a corpus."""
    return available_cpus() if pairs >= PARALLEL_FROM else 1


def _sample(pairs: Path) -> Iterator[pa.RecordBatch]:
    """The first rows of every row group."""
    with tables.opened(pairs) as file:
        rows_per_group = max(1, RATIO_SAMPLE // max(1, file.num_row_groups))
        for number in range(file.num_row_groups):
            group = file.read_row_group(number, columns=["source", "target"])
            yield from group.slice(0, rows_per_group).to_batches()
