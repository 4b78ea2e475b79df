"""The cleaning pass over one language: every row is kept, or dropped for exactly one reason.

Batches are normalized, scored and hashed side by side; what depends on earlier rows (duplicates) is
then decided in their order, so that the result does not depend on the number of workers.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from alignment import tables
from alignment.cleaning import columns
from alignment.cleaning.columns import Ints
from alignment.cleaning.filters import FILTERS, Batch, Context, Filter
from alignment.cleaning.minhash import band_hashes
from alignment.cleaning.normalize import normalize, repair
from alignment.cleaning.seen import SeenHashes
from alignment.cleaning.split import held_out
from alignment.config import Clean
from alignment.types import FilterReport
from alignment.workers import ordered

KEPT = -1
WORTH_A_COPY = (
    0.6  # share of rows left, below which the later filters look at a copy of those alone
)
MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: spreads the bits of small numbers
DUPLICATES = ("held_out", "contaminated", "duplicate", "same_target", "near_duplicate")
REASONS = ("empty", *FILTERS, *DUPLICATES)
_NUMBER = {name: i for i, name in enumerate(REASONS)}


@dataclass
class Ledger:
    """Counts while rows stream by."""

    seen: int = 0
    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    def count(self, reasons: np.ndarray) -> None:
        """Add a batch, given the number of each row's reason (`KEPT` for none)."""
        self.seen += len(reasons)
        self.kept += int((reasons == KEPT).sum())
        for number, count in enumerate(
            np.bincount(reasons[reasons != KEPT], minlength=len(REASONS)).tolist()
        ):
            if count:
                self.dropped[REASONS[number]] += count

    def report(self) -> FilterReport:
        """The finished, checked counts, in the order of the steps."""
        return FilterReport(
            self.seen,
            self.kept,
            {name: self.dropped[name] for name in REASONS if self.dropped[name]},
        )


class Changed(NamedTuple):
    """The texts of one side that normalization changes: little beside all texts."""

    rows: np.ndarray
    """Which ones (rows,) bool."""
    texts: pa.Array


class Filtered(NamedTuple):
    """A batch after its filters."""

    reasons: np.ndarray
    """Number of the reason in `REASONS`, or `KEPT` (rows,)."""
    changed: dict[str, Changed]
    """By side."""
    pairs: Batch
    """The normalized pairs."""
    left: Batch
    """Those of them that the last filter looked at: the ones without a reason, and a few more."""
    kept: Ints
    """Rows in `left` of those without a reason (kept,)."""


class Judged(NamedTuple):
    """What was found out about a batch without looking at others, and what it takes to compare it with earlier ones."""

    reasons: np.ndarray
    changed: dict[str, Changed]
    source: np.ndarray
    """Fingerprint of the source of each row that has no reason (kept,) int64."""
    target: np.ndarray
    bands: np.ndarray
    """Hashes of the MinHash bands (kept, bands) int64; no columns when near duplicates stay."""


Part: TypeAlias = pa.RecordBatch | tables.RowGroup
"""Rows at hand, or rows that whoever needs them reads."""


def clean(
    parts: Sequence[Part],
    limits: Clean,
    ledger: Ledger,
    *,
    share: float,
    seed: int,
    blocked: np.ndarray,
    context: Context,
    scratch: Path | None = None,
    workers: int = 1,
    rejects: Callable[[pa.RecordBatch, np.ndarray], None] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Training rows: filtered, without duplicates, without what the suites hold.

    `blocked` holds the fingerprints of sentences that stand in a suite of any language. `rejects` is
    given each batch with the numbers of the reasons.
    """
    duplicates = _Duplicates(limits, scratch)
    look = functools.partial(
        _judge_part, limits=limits, context=context, share=share, seed=seed, blocked=blocked
    )
    for part, found in zip(parts, ordered(parts, look, workers), strict=True):
        for batch, judged in zip(
            _batches(part), found, strict=True
        ):  # read again here: less than what workers would send
            reasons = duplicates.decide(judged)
            ledger.count(reasons)
            rows = with_normal(batch, judged.changed)
            if rejects is not None:
                rejects(rows, reasons)
            yield rows.filter(pa.array(reasons == KEPT))


def judge(batch: pa.RecordBatch, limits: Clean, context: Context) -> Filtered:
    """Normalize, then filter."""
    changed: dict[str, Changed] = {}
    pairs = Batch(*(_normal(batch, side, limits, changed) for side in ("source", "target")))
    reasons = np.full(len(pairs), KEPT, dtype=np.int16)
    reasons[np.minimum(pairs.source.lengths, pairs.target.lengths) == 0] = _NUMBER["empty"]
    left, rows = pairs, np.arange(len(pairs))
    for found, threshold in active(limits):
        alive = reasons[rows] == KEPT
        if alive.sum() < WORTH_A_COPY * len(alive):
            left, rows = left.rows(np.flatnonzero(alive)), rows[alive]
            alive = np.ones(len(rows), dtype=bool)
        reasons[rows[found.refuses(left, context, threshold, alive)]] = _NUMBER[found.name]
    return Filtered(reasons, changed, pairs, left, np.flatnonzero(reasons[rows] == KEPT))


def with_normal(batch: pa.RecordBatch, changed: Mapping[str, Changed]) -> pa.RecordBatch:
    """The rows with their texts normalized."""
    for side, (rows, texts) in changed.items():
        column = pc.replace_with_mask(batch.column(side), pa.array(rows), texts)
        batch = batch.set_column(batch.schema.get_field_index(side), side, column)
    return batch


def active(limits: Clean) -> list[tuple[Filter, float]]:
    """The filters that are on, with their thresholds, in the configured order."""
    pairs = [(FILTERS[name], FILTERS[name].threshold(limits)) for name in limits.filters]
    return [(found, threshold) for found, threshold in pairs if threshold is not None]


def _normal(
    batch: pa.RecordBatch, side: str, limits: Clean, changed: dict[str, Changed]
) -> columns.Texts:
    """Normalized texts of one side; notes which ones differ from what was there."""
    texts = columns.from_arrow(batch.column(side))
    rows = np.ones(len(texts), dtype=bool) if limits.repair else columns.not_normal(texts)
    texts = columns.with_rows(texts, rows, _repaired if limits.repair else normalize)
    if rows.any():
        changed[side] = Changed(rows, columns.to_arrow(columns.take(texts, np.flatnonzero(rows))))
    return texts


def _repaired(text: str) -> str:
    return normalize(repair(text))


def _batches(part: Part, *names: str) -> Iterator[pa.RecordBatch]:
    return iter([part]) if isinstance(part, pa.RecordBatch) else part.batches(*names)


def _judge_part(part: Part, **settings: Any) -> list[Judged]:
    return [_judge(batch, **settings) for batch in _batches(part, "source", "target")]


def _judge(
    batch: pa.RecordBatch,
    limits: Clean,
    context: Context,
    share: float,
    seed: int,
    blocked: np.ndarray,
) -> Judged:
    reasons, changed, _, left, kept = judge(batch, limits, context)
    sides = left.source_compared, left.target_compared
    source, target = (columns.fingerprints(compared, kept) for compared in sides)
    late = np.full(len(kept), KEPT, dtype=np.int16)
    for hashes, compared in zip((source, target), sides, strict=True):
        filled = compared.lengths[kept] > 0  # texts without letters or digits all compare equal
        late[np.isin(hashes, blocked) & filled] = _NUMBER["contaminated"]
    late[held_out(source, share, seed)] = _NUMBER["held_out"]
    reasons[reasons == KEPT] = late
    fit = late == KEPT
    source, target, bands = source[fit], target[fit], np.zeros((int(fit.sum()), 0), dtype=np.int64)
    if limits.near_duplicates is not None:
        compared_fit = [columns.take(compared, kept[fit]) for compared in sides]
        bands = band_hashes(compared_fit, _mixed(source, target), limits.near_duplicates)
    return Judged(reasons, changed, source, target, bands)


class _Duplicates:
    """What depends on the rows before: exact pairs, one target for many sources, near duplicates."""

    def __init__(self, limits: Clean, scratch: Path | None) -> None:
        self.limits = limits
        self.pairs = SeenHashes(scratch)
        self.targets = SeenHashes(scratch)
        self.bands: list[SeenHashes] = []
        self.scratch = scratch

    def decide(self, judged: Judged) -> np.ndarray:
        """The reasons of the batch, duplicates among them (rows,)."""
        reasons, kept = judged.reasons.copy(), np.flatnonzero(judged.reasons == KEPT)
        reasons[kept] = self._fit(judged)
        return reasons

    def _fit(self, judged: Judged) -> np.ndarray:
        """The reasons of the rows that had none (kept,)."""
        reasons = np.full(len(judged.source), KEPT, dtype=np.int16)
        reasons[self.pairs.add(_mixed(judged.source, judged.target))] = _NUMBER["duplicate"]
        if self.limits.max_same_target is not None:
            self._cap(reasons, judged.target, self.limits.max_same_target)
        if judged.bands.shape[1]:
            rows = np.flatnonzero(reasons == KEPT)
            self.bands = self.bands or [
                SeenHashes(self.scratch) for _ in range(judged.bands.shape[1])
            ]
            near = np.zeros(len(rows), dtype=bool)
            for band, hashes in zip(self.bands, judged.bands[rows].T, strict=True):
                near |= band.add(hashes)
            reasons[rows[near]] = _NUMBER["near_duplicate"]
        return reasons

    def _cap(self, reasons: np.ndarray, target: np.ndarray, cap: int) -> None:
        """At most `cap` rows of one target: the k-th of them is remembered as (target, k)."""
        rows = np.flatnonzero(reasons == KEPT)
        for k in range(cap):
            rows = rows[self.targets.add(_mixed(target[rows], np.full(len(rows), k)))]
            if not len(rows):
                return
        reasons[rows] = _NUMBER["same_target"]


def _mixed(a: Ints, b: Ints) -> Ints:
    """One hash of two columns (n,)."""
    x, y = a.view(np.uint64), b.view(np.uint64)
    mixed = ((x ^ (x >> np.uint64(29))) * MIX + y) * MIX
    mixed ^= mixed >> np.uint64(32)
    return mixed.view(np.int64)


def suite_rows(
    batches: Iterable[pa.RecordBatch],
    limits: Clean,
    context: Context,
    *,
    share: float | None,
    seed: int,
) -> Iterator[pa.RecordBatch]:
    """Rows fit for an evaluation suite, each sentence of either side once, so that each gold is unique.

    With a `share` only the held-out ones; with None all of them.
    """
    sources: set[int] = set()
    targets: set[int] = set()
    for batch in batches:
        if share is not None:  # first, since it leaves few rows to judge
            texts = _normal(batch, "source", limits, {})
            batch = batch.filter(
                pa.array(held_out(columns.fingerprints(columns.comparables(texts)), share, seed))
            )
        reasons, changed, _, left, kept = judge(batch, limits, context)
        fit = reasons == KEPT
        hashes = [
            columns.fingerprints(texts, kept).tolist()
            for texts in (left.source_compared, left.target_compared)
        ]
        for row, a, b in zip(np.flatnonzero(fit).tolist(), *hashes, strict=True):
            if a in sources or b in targets:  # a row that is left out does not rule out others
                fit[row] = False
            else:
                sources.add(a)
                targets.add(b)
        yield with_normal(batch, changed).filter(pa.array(fit))
