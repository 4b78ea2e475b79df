"""Mixed pool with its language bias, hard pool, and queries to documents, where they are measured.

Rows are ordered by the change of the main measure, the worst first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from alignment.report.accuracy import percent
from alignment.report.pools import BeforeAfter, HardPool, MixedPool, Retrieval
from alignment.report.sections.changes import points
from alignment.report.summary import Summary

MANY = 12
"""Rows that are all shown at once."""
WORST = 8
"""Rows that are shown of more."""
METRICS = {"ndcg@10": "nDCG@10", "mrr@10": "MRR@10"}
"""Metrics whose name is written in another way."""
Result = TypeVar("Result", MixedPool, HardPool, Retrieval)


@dataclass(frozen=True)
class Cell:
    """One measure of both encoders, in percent."""

    before: str
    after: str
    change: str
    """In points, with its sign; empty if one of the two is not defined."""


@dataclass(frozen=True)
class PoolRow:
    """One language, and where there are several suites, one suite."""

    name: str
    suite: str
    queries: str
    cells: Sequence[Cell]
    notes: Sequence[str]
    """Further columns as text."""


@dataclass(frozen=True)
class PoolTable:
    """One section: the columns of `cells` and of `notes`, and the rows."""

    measures: Sequence[str]
    note_columns: Sequence[str]
    rows: Sequence[PoolRow]
    several_suites: bool

    @property
    def worst(self) -> Sequence[PoolRow]:
        """The rows that are shown at once: all, if they are few."""
        return self.rows if len(self.rows) <= MANY else self.rows[:WORST]

    @property
    def others(self) -> Sequence[PoolRow]:
        """The rest."""
        return self.rows[len(self.worst) :]


def mixed_pool_section(summary: Summary) -> PoolTable | None:
    """None if it was not measured."""
    entries = [(code, "", result) for code, result in summary.mixed_pool.items()]
    rows = [_mixed_row(_name(summary, code), result) for code, _, result in _worst_first(entries)]
    measures = ("accuracy", "recall@10", "wrong answers in the query's language")
    return _table(measures, ("its share of the pool", "bias"), rows)


def hard_pool_section(summary: Summary) -> PoolTable | None:
    """None if it was not measured."""
    rows = []
    for code, suite, result in _worst_first(_by_suite(summary.hard_pool)):
        cells = [_cell(result.hard), _cell(result.plain)]
        name = _name(summary, code)
        rows.append(PoolRow(name, suite, f"{result.queries:,}", cells, [_errors(result)]))
    return _table(("accuracy, hard pool", "accuracy, plain pool"), ("errors (% of queries)",), rows)


def retrieval_section(summary: Summary) -> PoolTable | None:
    """None if it was not measured."""
    entries = _by_suite(summary.retrieval)
    names: dict[str, None] = {}
    for _, _, result in entries:
        names.update(dict.fromkeys(result.metrics))
    missing = BeforeAfter(before=None, after=None)
    rows = []
    for code, suite, result in _worst_first(entries):
        cells = [_cell(result.metrics.get(name, missing)) for name in names]
        documents = f"{result.documents:,}"
        row = PoolRow(_name(summary, code), suite, f"{result.queries:,}", cells, [documents])
        rows.append(row)
    return _table([METRICS.get(name, name) for name in names], ("documents",), rows)


def _table(
    measures: Sequence[str], note_columns: Sequence[str], rows: Sequence[PoolRow]
) -> PoolTable | None:
    if not rows:
        return None
    return PoolTable(measures, note_columns, rows, len({row.suite for row in rows}) > 1)


def _mixed_row(name: str, result: MixedPool) -> PoolRow:
    cells = [_cell(result.accuracy), _cell(result.recall), _cell(result.own_language)]
    share = result.share_of_pool
    wrong = result.own_language.after
    bias = f"{wrong / share:.1f}" if share and wrong is not None else ""
    notes = ["" if share is None else percent(share), bias]
    return PoolRow(name, "", f"{result.queries:,}", cells, notes)


def _by_suite(
    by_language: Mapping[str, Mapping[str, Result]],
) -> list[tuple[str, str, Result]]:
    entries = []
    for code, by_suite in by_language.items():
        for suite, result in by_suite.items():
            entries.append((code, suite, result))
    return entries


def _worst_first(
    entries: Sequence[tuple[str, str, Result]],
) -> list[tuple[str, str, Result]]:
    return sorted(entries, key=lambda entry: _change(_main_measure(entry[-1])))


def _main_measure(result: MixedPool | HardPool | Retrieval) -> BeforeAfter:
    if isinstance(result, MixedPool):
        return result.accuracy
    if isinstance(result, HardPool):
        return result.hard
    return next(iter(result.metrics.values()), BeforeAfter(before=None, after=None))


def _change(measure: BeforeAfter) -> float:
    if measure.before is None or measure.after is None:
        return 0.0
    return measure.after - measure.before


def _cell(measure: BeforeAfter) -> Cell:
    change = ""
    if measure.before is not None and measure.after is not None:
        change = points(measure.after - measure.before)
    return Cell(_percent(measure.before), _percent(measure.after), change)


def _percent(share: float | None) -> str:
    return "" if share is None else percent(share)


def _errors(result: HardPool) -> str:
    """What won, the most frequent first, in percent of the queries."""
    ordered = sorted(result.errors.items(), key=lambda item: -item[1])
    queries = max(1, result.queries)
    parts = [f"{kind.replace('_', ' ')} {percent(count / queries)}" for kind, count in ordered]
    return ", ".join(parts)


def _name(summary: Summary, code: str) -> str:
    language = summary.languages.get(code)
    return language.name if language else code
