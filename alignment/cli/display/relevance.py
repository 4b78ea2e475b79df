"""The tables of document retrieval."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from rich.console import JustifyMethod

from alignment.cli.display.console import add_row, console, new_table, percent, say
from alignment.pipeline.measure_retrieval import RetrievalScores, change
from alignment.retrieval.relevance import METRICS

_RIGHT: JustifyMethod = "right"
_LABELS = {"ndcg@10": "nDCG@10", "recall@100": "recall@100", "mrr@10": "MRR@10"}


def print_relevance(name: str, results: Sequence[RetrievalScores]) -> None:
    """One row per language of the queries, then the means."""
    columns: dict[str, JustifyMethod] = {"queries in": "left"}
    columns |= dict.fromkeys(("queries", "documents", *_LABELS.values()), _RIGHT)
    table = new_table(f"{name}: queries to documents, in %", columns)
    for result in results:
        means = [percent(result.mean(metric)) for metric in METRICS]
        counts = f"{len(result.queries):,}", f"{result.documents:,}"
        add_row(table, result.language, *counts, *means)
    console.print(table)
    if len(results) > 1:
        means = []
        for metric in METRICS:
            mean = statistics.mean(result.mean(metric) for result in results)
            means.append(f"{_LABELS[metric]} {percent(mean)}")
        say(f"mean of {len(results)} languages: {', '.join(means)}")
    unjudged = sum(result.unjudged for result in results)
    if unjudged:
        noun = "query" if unjudged == 1 else "queries"
        say(f"left out: {unjudged:,} {noun} without judgments, as of another split")


def print_relevance_change(
    before: Sequence[RetrievalScores],
    after: Sequence[RetrievalScores],
    names: tuple[str, str],
) -> None:
    """One row per language and measure: both means, and the change with its interval."""
    columns: dict[str, JustifyMethod] = {"queries in": "left", "measure": "left"}
    columns |= dict.fromkeys(("before", "after", "change", "95%"), _RIGHT)
    table = new_table(f"{names[0]} -> {names[1]}: queries to documents, in %", columns)
    for old, new in zip(before, after, strict=True):
        for metric in METRICS:
            interval = change([old], [new], metric)
            add_row(
                table,
                old.language,
                _LABELS[metric],
                percent(old.mean(metric)),
                percent(new.mean(metric)),
                f"{100 * interval.estimate:+.1f}",
                f"{100 * interval.low:+.1f} to {100 * interval.high:+.1f}",
            )
    console.print(table)
    say("The interval is that of a paired bootstrap over the queries.")
