"""Our side of `benchmarks.clean`: a process that reads a prepared file and writes a clean one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from alignment import tables
from alignment.cleaning.batch import Context
from alignment.cleaning.clean import BatchCallback, CleanRules, clean
from alignment.cleaning.langid import load_identifier
from alignment.cleaning.ledger import Ledger
from alignment.config import Clean
from alignment.workers import available_cpus

LANGUAGE = "de"  # of the targets, for language identification


def cleaned(
    home: Path,
    limits: Clean,
    ledger: Ledger,
    on_batch: BatchCallback | None = None,
) -> Iterator[pa.RecordBatch]:
    """The clean rows of a prepared directory."""
    identifier = load_identifier(None) if limits.max_other_language is not None else None
    rules = CleanRules(limits, Context("en", LANGUAGE, 1.0, identifier), seed=1)
    return clean(
        tables.row_groups(home / "pairs.parquet"),
        rules,
        ledger,
        scratch=home,
        workers=available_cpus(),
        on_batch=on_batch,
    )


if __name__ == "__main__":
    home = Path(sys.argv[1])
    limits = Clean.model_validate_json(sys.argv[2])
    tables.write_batches(home / "ours.parquet", tables.PAIRS, cleaned(home, limits, Ledger()))
