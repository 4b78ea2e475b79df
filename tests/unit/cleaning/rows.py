"""Rows, batches and one call of the cleaning pass, for the tests of this folder."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from alignment.cleaning import columns
from alignment.cleaning.batch import Batch, Context
from alignment.cleaning.clean import CleanRules, clean
from alignment.cleaning.ledger import Ledger
from alignment.config import Clean

SCHEMA = pa.schema([("source", pa.string()), ("target", pa.string())])
LIMITS = Clean()
FINNISH = Context("en", "fi")


def row(source: str, target: str) -> dict[str, str]:
    return {"source": source, "target": target}


def record_batch(rows: Iterable[Mapping[str, str]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows), SCHEMA)


def pairs(*sides: tuple[str, str]) -> Batch:
    """Normalized pairs, as filters see them."""
    sources, targets = zip(*sides, strict=True)
    return Batch(columns.from_strings(sources), columns.from_strings(targets))


def cleaned(
    rows: Iterable[Mapping[str, str]],
    limits: Clean = LIMITS,
    blocked: Iterable[int] = (),
    context: Context = FINNISH,
) -> tuple[list[dict[str, Any]], Mapping[str, int]]:
    """The kept rows, and the counts of dropped rows by reason."""
    ledger = Ledger()
    rules = CleanRules(limits, context, blocked=np.array(sorted(blocked), dtype=np.int64))
    kept: list[dict[str, Any]] = []
    for batch in clean([record_batch(rows)], rules, ledger):
        kept += batch.to_pylist()
    report = ledger.report()
    assert report.kept == len(kept)
    return kept, report.dropped
