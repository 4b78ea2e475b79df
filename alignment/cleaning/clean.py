"""The cleaning pass over one language: every row is kept, or dropped for exactly one reason.

Batches are normalised, scored and hashed side by side; what depends on earlier rows (duplicates) is
then decided in their order, so that the result does not depend on the number of workers.
"""

from __future__ import annotations

import functools
import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import pyarrow as pa

from alignment.cleaning import columns
from alignment.cleaning.columns import Ints
from alignment.cleaning.filters import FILTERS, Batch, Context, Filter
from alignment.cleaning.minhash import band_hashes
from alignment.cleaning.normalise import repair
from alignment.cleaning.seen import SeenHashes
from alignment.cleaning.split import held_out
from alignment.config import Clean
from alignment.types import FilterReport

KEPT = -1
MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: spreads the bits of small numbers
DUPLICATES = ("held_out", "contaminated", "duplicate", "same_target", "near_duplicate")
REASONS = ("empty", *FILTERS, *DUPLICATES)
_NUMBER = {name: i for i, name in enumerate(REASONS)}
T = TypeVar("T")
U = TypeVar("U")


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
        for number, count in enumerate(np.bincount(reasons[reasons != KEPT], minlength=len(REASONS)).tolist()):
            if count:
                self.dropped[REASONS[number]] += count

    def report(self) -> FilterReport:
        """The finished, checked counts, in the order of the steps."""
        return FilterReport(self.seen, self.kept, {name: self.dropped[name] for name in REASONS if self.dropped[name]})


class Judged(NamedTuple):
    """A batch with normalised texts, and what was found out about its rows without looking at others."""

    rows: pa.RecordBatch
    reasons: np.ndarray
    """Number of the reason in `REASONS`, or `KEPT` (rows,)."""
    source: np.ndarray
    """Fingerprint of the source (rows,) int64."""
    target: np.ndarray
    bands: np.ndarray
    """Hashes of the MinHash bands (rows, bands) int64; no columns when near duplicates stay."""


def clean(
    batches: Iterable[pa.RecordBatch], limits: Clean, ledger: Ledger, *, share: float, seed: int,
    blocked: np.ndarray, context: Context, scratch: Path | None = None, workers: int = 1,
    rejects: Callable[[pa.RecordBatch, np.ndarray], None] | None = None,
) -> Iterator[pa.RecordBatch]:  # fmt: skip
    """Training rows: filtered, without duplicates, without what the suites hold.

    `blocked` holds the fingerprints of sentences that stand in a suite of any language. `rejects` is
    given each batch with the numbers of the reasons.
    """
    ledgered = _Duplicates(limits, scratch)
    look = functools.partial(_judge, limits=limits, context=context, share=share, seed=seed, blocked=blocked)
    for judged in ordered(batches, look, workers):
        reasons = ledgered.decide(judged)
        ledger.count(reasons)
        if rejects is not None:
            rejects(judged.rows, reasons)
        yield judged.rows.filter(pa.array(reasons == KEPT))


def judge(batch: pa.RecordBatch, limits: Clean, context: Context) -> tuple[pa.RecordBatch, Batch, np.ndarray]:
    """Normalise, then filter: the rows with normal texts, the same as columns, and each row's reason."""
    texts = [columns.normalised(_texts(batch.column(side), limits)) for side in ("source", "target")]
    pairs = Batch.of(*texts)
    reasons = np.full(len(pairs), KEPT, dtype=np.int16)
    reasons[np.minimum(pairs.source.lengths, pairs.target.lengths) == 0] = _NUMBER["empty"]
    left, rows = pairs, np.arange(len(pairs))
    for found, threshold in active(limits):
        if found.costly and (alive := reasons[rows] == KEPT).sum() < len(rows):
            left, rows = left.rows(np.flatnonzero(alive)), rows[alive]
        refused = found.refused(found.score(left, context), threshold) & (reasons[rows] == KEPT)
        reasons[rows[refused]] = _NUMBER[found.name]
    for side, normal in zip(("source", "target"), texts, strict=True):
        batch = batch.set_column(batch.schema.get_field_index(side), side, columns.to_arrow(normal))
    return batch, pairs, reasons


def active(limits: Clean) -> list[tuple[Filter, float]]:
    """The filters that are on, with their thresholds, in the configured order."""
    pairs = [(FILTERS[name], FILTERS[name].threshold(limits)) for name in limits.filters]
    return [(found, threshold) for found, threshold in pairs if threshold is not None]


def ordered(items: Iterable[T], function: Callable[[T], U], workers: int) -> Iterator[U]:
    """`map`, with `workers` processes that are at most a few items ahead.

    Processes, because language identification holds Python's lock; loky's, because they do not run
    the caller's main module again and may be started from a thread.
    """
    if workers < 2:
        yield from map(function, items)
        return
    from loky import ProcessPoolExecutor

    with ProcessPoolExecutor(workers) as pool:
        waiting: deque[Future[U]] = deque()
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def processors() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _texts(column: pa.Array, limits: Clean) -> columns.Texts:
    texts = columns.from_arrow(column)
    return columns.from_strings([repair(text) for text in texts.strings()]) if limits.repair else texts


def _fingerprints(column: pa.Array, limits: Clean) -> Ints:
    """Of raw texts (rows,)."""
    return columns.fingerprints(columns.comparables(columns.normalised(_texts(column, limits))))


def _judge(batch: pa.RecordBatch, limits: Clean, context: Context, share: float, seed: int, blocked: np.ndarray) -> Judged:
    batch, pairs, reasons = judge(batch, limits, context)
    source, target = columns.fingerprints(pairs.source_compared), columns.fingerprints(pairs.target_compared)
    _mark(reasons, held_out(source, share, seed), "held_out")
    leaks = np.zeros(len(pairs), dtype=bool)
    for hashes, compared in ((source, pairs.source_compared), (target, pairs.target_compared)):
        leaks |= np.isin(hashes, blocked) & (compared.lengths > 0)  # texts without letters or digits all compare equal
    _mark(reasons, leaks, "contaminated")
    bands = band_hashes([pairs.source_compared, pairs.target_compared], _mixed(source, target), limits.near_duplicates)
    return Judged(batch, reasons, source, target, bands)


def _mark(reasons: np.ndarray, refused: np.ndarray, reason: str) -> None:
    """Give the reason to the refused rows that have none yet."""
    reasons[refused & (reasons == KEPT)] = _NUMBER[reason]


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
        reasons = judged.reasons.copy()
        rows = np.flatnonzero(reasons == KEPT)
        repeated = self.pairs.add(_mixed(judged.source[rows], judged.target[rows]))
        reasons[rows[repeated]] = _NUMBER["duplicate"]
        if self.limits.max_same_target is not None:
            self._cap(reasons, judged.target, self.limits.max_same_target)
        if judged.bands.shape[1]:
            rows = np.flatnonzero(reasons == KEPT)
            self.bands = self.bands or [SeenHashes(self.scratch) for _ in range(judged.bands.shape[1])]
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
    batches: Iterable[pa.RecordBatch], limits: Clean, context: Context, *, share: float | None, seed: int
) -> Iterator[pa.RecordBatch]:
    """Rows fit for an evaluation suite, each sentence of either side once, so that each gold is unique.

    With a `share` only the held-out ones; with None all of them.
    """
    sources: set[int] = set()
    targets: set[int] = set()
    for batch in batches:
        if share is not None:  # first, since it leaves few rows to judge
            batch = batch.filter(pa.array(held_out(_fingerprints(batch.column("source"), limits), share, seed)))
        rows, pairs, reasons = judge(batch, limits, context)
        source, target = columns.fingerprints(pairs.source_compared), columns.fingerprints(pairs.target_compared)
        fit = reasons == KEPT
        for row in np.flatnonzero(fit).tolist():  # a row that is left out does not rule out others
            a, b = int(source[row]), int(target[row])
            if a in sources or b in targets:
                fit[row] = False
            else:
                sources.add(a)
                targets.add(b)
        yield rows.filter(pa.array(fit))
