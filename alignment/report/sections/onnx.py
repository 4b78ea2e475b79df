"""The ONNX graphs: what is published, what is left out and why, and the loss in each language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alignment.report.accuracy import percent
from alignment.report.onnx import OnnxGraph, OnnxResults, OnnxScore
from alignment.report.sections.changes import points
from alignment.report.sections.pools import Cell, PoolRow, PoolTable
from alignment.report.summary import Summary

WEIGHTS = {"fp32": "weights in float32", "int8": "weights in 8 bits"}
REASONS = 5
"""Languages that a sentence about a refused graph names."""


@dataclass(frozen=True)
class Graph:
    """One graph in words."""

    folder: str
    sentence: str
    reasons: Sequence[str]
    """Why it is refused, by language."""
    more: int
    """Further languages that refuse it."""


@dataclass(frozen=True)
class OnnxSection:
    """The section of the page."""

    graphs: Sequence[Graph]
    table: PoolTable | None
    """None if no graph could be made."""
    cosine: str
    """Lowest one to the vectors of torch; empty if there is no graph."""


def onnx_section(summary: Summary) -> OnnxSection | None:
    """None if no graph was asked for."""
    results = summary.onnx
    if results is None:
        return None
    graphs = [_graph(summary, folder, graph) for folder, graph in results.graphs.items()]
    cosine = "" if results.lowest_cosine is None else f"{results.lowest_cosine:.6f}"
    return OnnxSection(graphs, _table(summary, results), cosine)


def left_out(summary: Summary) -> list[str]:
    """A sentence about each graph that an approved version does not have."""
    if summary.onnx is None or summary.verdict != "approved":
        return []
    sentences = []
    for folder, graph in summary.onnx.graphs.items():
        if not graph.accepted:
            refusals = graph.refusals()
            code, suite, score = refusals[0]
            rest = f" ({len(refusals) - 1} more like it)" if len(refusals) > 1 else ""
            name = _name(summary, code)
            sentences.append(f"{folder} is not published. {name}, {suite}: {score.reason}{rest}.")
    return sentences


def _graph(summary: Summary, folder: str, graph: OnnxGraph) -> Graph:
    refusals = graph.refusals()
    reasons = [f"{_name(summary, code)}, {suite}: {s.reason}" for code, suite, s in refusals]
    size = f"{graph.bytes / 1e6:,.0f} MB" if graph.bytes else "not made"
    if graph.accepted:
        end = "no language refuses it"
        if summary.version:
            end = f"it is part of {summary.version}"
    else:
        end = "it is refused"
    sentence = f"{WEIGHTS[graph.precision]}, {size}: {end}."
    return Graph(folder, sentence, reasons[:REASONS], max(0, len(reasons) - REASONS))


def _table(summary: Summary, results: OnnxResults) -> PoolTable | None:
    """One row for each language and suite, the greatest loss first."""
    if results.problem:
        return None
    scores: dict[tuple[str, str], dict[str, OnnxScore]] = {}
    for folder, graph in results.graphs.items():
        for code, suites in graph.languages.items():
            for suite, score in suites.items():
                scores.setdefault((code, suite), {})[folder] = score
    ordered = sorted(scores.items(), key=lambda entry: -_greatest_loss(entry[1]))
    rows = []
    for (code, suite), by_graph in ordered:
        cells = [_cell(by_graph[folder]) for folder in results.graphs]
        row = PoolRow(_name(summary, code), suite, _queries(summary, code, suite), cells, [])
        rows.append(row)
    several = len({row.suite for row in rows}) > 1
    return PoolTable(list(results.graphs), (), rows, several)


def _cell(score: OnnxScore) -> Cell:
    if score.onnx is None or score.loss is None:
        return Cell(percent(score.torch), "", "")
    return Cell(percent(score.torch), percent(score.onnx), points(-score.loss))


def _greatest_loss(by_graph: dict[str, OnnxScore]) -> float:
    return max(score.loss or 0.0 for score in by_graph.values())


def _queries(summary: Summary, code: str, suite: str) -> str:
    return f"{2 * summary.languages[code].suites[suite].n:,}"


def _name(summary: Summary, code: str) -> str:
    language = summary.languages.get(code)
    return language.name if language else code
