"""The cleaning pass over one language: every row is kept, or dropped for exactly one reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from alignment.cleaning.filters import Pair, reason_to_drop
from alignment.cleaning.normalise import comparable, fingerprint, normalise
from alignment.cleaning.split import held_out
from alignment.config import Clean
from alignment.types import FilterReport

Row = dict[str, Any]


@dataclass
class Ledger:
    """Counts while rows stream by."""

    seen: int = 0
    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    def report(self) -> FilterReport:
        """The finished, checked counts."""
        return FilterReport(self.seen, self.kept, dict(sorted(self.dropped.items())))


def clean(
    rows: Iterable[Row], limits: Clean, ledger: Ledger, *, share: float, seed: int, blocked: Container[int]
) -> Iterator[Row]:
    """Training rows: filtered, without duplicates, without what the suites hold.

    `blocked` holds the fingerprints of sentences that stand in a suite of any language.
    """
    seen: set[tuple[int, int]] = set()
    for raw in rows:
        ledger.seen += 1
        row = {**raw, "source": normalise(raw["source"]), "target": normalise(raw["target"])}
        reason = reason_to_drop(Pair(row["source"], row["target"]), limits)
        if reason is None:
            marks = fingerprint(row["source"]), fingerprint(row["target"])
            if held_out(row["source"], share, seed):
                reason = "held_out"
            elif _leaks(row, marks, blocked):
                reason = "contaminated"
            elif marks in seen:
                reason = "duplicate"
            seen.add(marks)
        if reason is not None:
            ledger.dropped[reason] += 1
            continue
        ledger.kept += 1
        yield row


def _leaks(row: Row, marks: tuple[int, int], blocked: Container[int]) -> bool:
    """A side stands in a suite; texts without any letter or digit all compare equal and do not count."""
    return any(mark in blocked and comparable(row[side]) for side, mark in zip(("source", "target"), marks, strict=True))


def suite_rows(rows: Iterable[Row], limits: Clean, *, share: float | None, seed: int) -> Iterator[Row]:
    """Rows fit for an evaluation suite, each sentence of either side once, so that each gold is unique.

    With a `share` only the held-out ones; with None all of them.
    """
    sources: set[int] = set()
    targets: set[int] = set()
    for raw in rows:
        source, target = normalise(raw["source"]), normalise(raw["target"])
        if share is not None and not held_out(source, share, seed):
            continue
        if reason_to_drop(Pair(source, target), limits) is not None:
            continue
        marks = fingerprint(source), fingerprint(target)
        if marks[0] in sources or marks[1] in targets:
            continue
        sources.add(marks[0])
        targets.add(marks[1])
        yield {**raw, "source": source, "target": target}
