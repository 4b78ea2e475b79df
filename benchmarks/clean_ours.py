"""What `benchmarks.clean` measures of us: a process that reads a prepared file and writes a clean one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from alignment import tables
from alignment.cleaning.clean import Ledger, clean
from alignment.cleaning.filters import Context
from alignment.cleaning.langid import load_identifier
from alignment.config import Clean
from alignment.workers import processors

LANGUAGE = "de"  # that language identification expects


def cleaned(
    home: Path,
    limits: Clean,
    ledger: Ledger,
    rejects: Callable[[pa.RecordBatch, np.ndarray], None] | None = None,
) -> Iterator[pa.RecordBatch]:
    """The clean rows of a prepared directory."""
    identifier = load_identifier(None) if limits.max_other_language is not None else None
    return clean(
        tables.row_groups(home / "pairs.parquet"),
        limits,
        ledger,
        share=0.0,
        seed=1,
        blocked=np.zeros(0, np.int64),
        context=Context("en", LANGUAGE, 1.0, identifier),
        scratch=home,
        workers=processors(),
        rejects=rejects,
    )


if __name__ == "__main__":
    home = Path(sys.argv[1])
    limits = Clean.model_validate_json(sys.argv[2])
    tables.write_batches(home / "ours.parquet", tables.PAIRS, cleaned(home, limits, Ledger()))
