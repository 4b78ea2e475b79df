"""The cleaning pass over one language: each row is kept, or dropped for exactly one reason.

Worker processes normalize, filter and hash the batches. Duplicates depend on earlier rows and are
decided afterwards in the order of the rows, so the result does not depend on the number of workers.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa

from alignment import memory, tables
from alignment.cleaning import columns
from alignment.cleaning.batch import Context
from alignment.cleaning.columns import Bools, Ints
from alignment.cleaning.duplicates import DuplicateFinder, pair_hashes
from alignment.cleaning.filtering import (
    Changed,
    apply_filters,
    normalize_column,
    with_normalized,
)
from alignment.cleaning.ledger import KEPT, REASON_NUMBERS, Ledger, Reasons
from alignment.cleaning.minhash import band_hashes
from alignment.cleaning.split import held_out
from alignment.config import Clean
from alignment.workers import ordered

Part: TypeAlias = pa.RecordBatch | tables.RowGroup
"""Rows in memory, or rows that the process that needs them reads from a file."""
BatchCallback: TypeAlias = Callable[[pa.RecordBatch, Reasons], None]


@dataclass(frozen=True)
class CleanRules:
    """What decides whether a row is kept."""

    limits: Clean
    context: Context
    held_out_share: float = 0.0
    """Share of the pivot's sentences that are kept out for evaluation, in [0, 1)."""
    seed: int = 0
    """Of the held-out split."""
    blocked: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """Fingerprints of sentences that occur in an evaluation suite of any language, sorted (n,)."""


class _Checked(NamedTuple):
    """A batch after all checks that do not depend on other batches.

    The hashes are what it takes to compare its kept rows with earlier ones.
    """

    reasons: Reasons
    changed: dict[str, Changed]
    source: Ints
    """Fingerprint of the source of each kept row (kept,)."""
    target: Ints
    """Fingerprint of the target of each kept row (kept,)."""
    bands: Ints
    """MinHash bands of each kept row (kept, bands); no columns if near duplicates are kept."""


def clean(
    parts: Sequence[Part],
    rules: CleanRules,
    ledger: Ledger,
    *,
    scratch: Path | None = None,
    workers: int = 1,
    on_batch: BatchCallback | None = None,
) -> Iterator[pa.RecordBatch]:
    """Training rows: filtered, without duplicates, without sentences of the suites.

    Args:
        parts: the rows, with columns `source` and `target` and any others.
        rules: what decides whether a row is kept.
        ledger: receives the counts while the rows stream by.
        scratch: a directory for hashes that outgrow memory; None keeps all of them in memory.
        workers: processes, of which the calling one is the first.
        on_batch: called with every batch, normalized and complete, and the reasons of its rows.
    """
    memory.keep_freed()
    duplicates = DuplicateFinder(rules.limits, scratch)
    check = functools.partial(_check_part, rules=rules)
    check_here = functools.partial(_check_and_keep, rules=rules)
    checked_parts = ordered(parts, check, workers, here=check_here)
    for part, (kept, results) in zip(parts, checked_parts, strict=True):
        # Reading a part again costs less than sending its rows between processes.
        batches = _batches(part) if kept is None else kept
        for batch, checked in zip(batches, results, strict=True):
            reasons = checked.reasons.copy()
            duplicate = duplicates.find(checked.source, checked.target, checked.bands)
            reasons[reasons == KEPT] = duplicate
            ledger.count(reasons)
            rows = with_normalized(batch, checked.changed)
            if on_batch is not None:
                on_batch(rows, reasons)
            yield rows.filter(pa.array(reasons == KEPT))


class _CheckedPart(NamedTuple):
    """A part after `_check`."""

    batches: list[pa.RecordBatch] | None
    """All of its rows; None if another process has read it."""
    results: list[_Checked]


def _check_part(part: Part, rules: CleanRules) -> _CheckedPart:
    memory.keep_freed()
    batches = _batches(part, "source", "target")
    return _CheckedPart(None, [_check(batch, rules) for batch in batches])


def _check_and_keep(part: Part, rules: CleanRules) -> _CheckedPart:
    batches = list(_batches(part))
    return _CheckedPart(batches, [_check(batch, rules) for batch in batches])


def _batches(part: Part, *names: str) -> Iterator[pa.RecordBatch]:
    if isinstance(part, pa.RecordBatch):
        return iter([part])
    return part.batches(*names)


def _check(batch: pa.RecordBatch, rules: CleanRules) -> _Checked:
    filtered = apply_filters(batch, rules.limits, rules.context)
    reasons = filtered.reasons
    rows = filtered.kept_rows
    sides = (filtered.remaining.source_compared, filtered.remaining.target_compared)
    source = columns.fingerprints(sides[0], rows)
    target = columns.fingerprints(sides[1], rows)
    # What is known only now, after the filters, about the rows that they kept (kept,).
    late_reasons = np.full(len(rows), KEPT, dtype=np.int16)
    for hashes, compared in zip((source, target), sides, strict=True):
        filled = compared.lengths[rows] > 0  # texts without letters or digits all compare equal
        leaked = _is_in(hashes, rules.blocked) & filled
        late_reasons[leaked] = REASON_NUMBERS["contaminated"]
    late_reasons[held_out(source, rules.held_out_share, rules.seed)] = REASON_NUMBERS["held_out"]
    reasons[reasons == KEPT] = late_reasons
    kept_mask = late_reasons == KEPT
    source = source[kept_mask]
    target = target[kept_mask]
    bands = np.zeros((len(source), 0), dtype=np.int64)
    if rules.limits.near_duplicates is not None:
        kept_texts = [columns.take(compared, rows[kept_mask]) for compared in sides]
        fallback = pair_hashes(source, target)
        bands = band_hashes(kept_texts, fallback, rules.limits.near_duplicates)
    return _Checked(reasons, filtered.changed, source, target, bands)


def _is_in(hashes: Ints, ordered_hashes: Ints) -> Bools:
    """`np.isin` without sorting the second array for every batch (n,)."""
    if not len(ordered_hashes):
        return np.zeros(len(hashes), dtype=bool)
    places = np.minimum(np.searchsorted(ordered_hashes, hashes), len(ordered_hashes) - 1)
    equal: Bools = ordered_hashes[places] == hashes
    return equal


def suite_rows(
    batches: Iterable[pa.RecordBatch],
    limits: Clean,
    context: Context,
    *,
    share: float | None,
    seed: int,
) -> Iterator[pa.RecordBatch]:
    """Rows for an evaluation suite: filtered, and each sentence of either side only once.

    Every query therefore has exactly one right answer. With a `share` only held-out rows, with
    None all of them.
    """
    sources: set[int] = set()
    targets: set[int] = set()
    for batch in batches:
        if share is not None:  # first, since it leaves few rows to filter
            batch = _held_out_rows(batch, limits, share, seed)
        filtered = apply_filters(batch, limits, context)
        rows = filtered.kept_rows
        source = columns.fingerprints(filtered.remaining.source_compared, rows)
        target = columns.fingerprints(filtered.remaining.target_compared, rows)
        selected = filtered.reasons == KEPT
        selected[selected] = _first_of_each(source, target, sources, targets)
        yield with_normalized(batch, filtered.changed).filter(pa.array(selected))


def _held_out_rows(batch: pa.RecordBatch, limits: Clean, share: float, seed: int) -> pa.RecordBatch:
    texts, _ = normalize_column(batch.column("source"), limits)
    hashes = columns.fingerprints(columns.comparables(texts))
    return batch.filter(pa.array(held_out(hashes, share, seed)))


def _first_of_each(source: Ints, target: Ints, sources: set[int], targets: set[int]) -> Bools:
    """Rows whose source and target are both new (rows,); adds them to the sets.

    A row that is left out does not rule out later ones.
    """
    is_new = np.zeros(len(source), dtype=bool)
    for row, (a, b) in enumerate(zip(source.tolist(), target.tolist(), strict=True)):
        if a not in sources and b not in targets:
            sources.add(a)
            targets.add(b)
            is_new[row] = True
    return is_new
