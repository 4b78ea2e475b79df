"""The history of the deployed version: each change of it, and the accuracy over versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from alignment.report import charts, svg
from alignment.report.accuracy import percent
from alignment.report.charts import Series
from alignment.report.summary import Deployment, Summary
from alignment.report.svg import Point

ACTIONS = {
    "publish": "published",
    "promote": "promoted by hand",
    "override": "deployed against the gate",
    "rollback": "rolled back to",
    "repair": "restored by a repair",
}


@dataclass(frozen=True)
class HistoryRow:
    """One change of the deployed version."""

    time: str
    """UTC, to the minute."""
    version: str
    previous: str
    action: str
    approved: bool
    accuracy: Sequence[str]
    """By suite, in percent, with the number of languages; empty where it was not measured."""
    note: str
    """Who decided it, and why."""


@dataclass(frozen=True)
class SuiteCurve:
    """The mean accuracy on one suite over the deployments."""

    suite: str
    chart: Markup


@dataclass(frozen=True)
class HistorySection:
    """The section, the newest deployment first."""

    suites: Sequence[str]
    rows: Sequence[HistoryRow]
    curves: Sequence[SuiteCurve]


def history_section(summary: Summary) -> HistorySection | None:
    """None if nothing was ever deployed."""
    moves = summary.history
    if not moves:
        return None
    names: dict[str, None] = dict.fromkeys(summary.suites())
    for move in moves:
        names.update(dict.fromkeys(move.accuracy))
    curves = [_curve(suite, moves) for suite in names]
    return HistorySection(
        suites=list(names),
        rows=[_row(move, list(names)) for move in reversed(moves)],
        curves=[curve for curve in curves if curve is not None],
    )


def _row(move: Deployment, suites: Sequence[str]) -> HistoryRow:
    note = f"{move.by}: {move.reason}" if move.by or move.reason else ""
    return HistoryRow(
        time=move.time[:16].replace("T", " "),
        version=move.version,
        previous=move.previous or "",
        action=ACTIONS.get(move.action, move.action),
        approved=move.approved,
        accuracy=[_accuracy(move, suite) for suite in suites],
        note=note,
    )


def _accuracy(move: Deployment, suite: str) -> str:
    if suite not in move.accuracy:
        return ""
    return f"{percent(move.accuracy[suite])} ({move.languages.get(suite, 0)})"


def _curve(suite: str, moves: Sequence[Deployment]) -> SuiteCurve | None:
    """A new line starts where the pairs or the languages change: such means do not compare."""
    lines: list[list[Point]] = []
    measured_on = None
    for number, move in enumerate(moves, 1):
        if suite in move.accuracy:
            pairs = (move.languages.get(suite), move.suites.get(suite))
            if pairs != measured_on:
                measured_on = pairs
                lines.append([])
            lines[-1].append((number, 100 * move.accuracy[suite]))
    values = [value for line in lines for _, value in line]
    if len(values) < 2:
        return None
    spread = svg.nice(max(values) - min(values))
    low = max(0.0, min(values) - spread / 2)
    series = [Series("", line) for line in lines]
    label = f"mean accuracy on {suite} over {len(moves)} deployments, in percent"
    return SuiteCurve(suite, charts.panel(series, label, low=round(low), dots=True, same=True))
