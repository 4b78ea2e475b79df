"""From downloaded pairs to training: the ledger, the corpora, and what the checks say of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from alignment.report import charts
from alignment.report.alignment import AlignmentRow, alignment_rows, verdict_counts
from alignment.report.semantic import SemanticRow, by_name, semantic_rows
from alignment.report.summary import CorpusUse, Rows, SemanticFilter, Summary

REASONS = 3
"""Reasons that a row of the ledger names before it counts the others together."""


@dataclass(frozen=True)
class LedgerRow:
    """The rows of one trained language."""

    code: str
    name: str
    rows: Rows
    kept: str
    """Share of the pulled rows in percent."""
    bar: Markup
    dropped: str
    """The most frequent reasons, in the order of their counts."""
    skipped: str


@dataclass(frozen=True)
class ScorePanel:
    """The distribution of the semantic scores of one language."""

    name: str
    chart: Markup


@dataclass(frozen=True)
class Data:
    """The section."""

    ledger: Sequence[LedgerRow]
    total: Rows
    reasons: Sequence[tuple[str, int]]
    """Over all languages, the most frequent first."""
    corpora: Sequence[CorpusUse]
    alignment: Sequence[AlignmentRow]
    verdicts: str
    semantic: Sequence[SemanticRow]
    semantic_total: str
    """What was dropped over all languages, in a sentence."""
    scores: Sequence[ScorePanel]


def data_section(summary: Summary) -> Data:
    """The ledger of every trained language, by name."""
    alignment = alignment_rows(summary.alignment)
    ledger = [_ledger_row(code, rows, summary) for code, rows in summary.rows.items()]
    total = _total(summary.rows)
    return Data(
        ledger=sorted(ledger, key=lambda row: row.name.casefold()),
        total=total,
        reasons=_most_frequent(total.dropped),
        corpora=summary.corpora,
        alignment=alignment,
        verdicts=verdict_counts(alignment),
        semantic=semantic_rows(summary.semantic),
        semantic_total=_semantic_total(summary.semantic),
        scores=_score_panels(summary.semantic),
    )


def _ledger_row(code: str, rows: Rows, summary: Summary) -> LedgerRow:
    share = rows.kept / rows.pulled if rows.pulled else 0.0
    return LedgerRow(
        code=code,
        name=summary.languages[code].name if code in summary.languages else code,
        rows=rows,
        kept=f"{share:.0%}",
        bar=charts.shares_bar([("kept", share), ("dropped", 1 - share)]),
        dropped=_named_counts(rows.dropped),
        skipped=_named_counts(rows.skipped),
    )


def _named_counts(counts: Mapping[str, int]) -> str:
    """The `REASONS` most frequent with their counts, and the sum of the others."""
    ordered = _most_frequent(counts)
    parts = [f"{name.replace('_', ' ')} {count:,}" for name, count in ordered[:REASONS]]
    rest = sum(count for _, count in ordered[REASONS:])
    if rest:
        parts.append(f"other reasons {rest:,}")
    return ", ".join(parts)


def _most_frequent(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: -item[1])


def _total(by_language: Mapping[str, Rows]) -> Rows:
    dropped: dict[str, int] = {}
    for rows in by_language.values():
        for reason, count in rows.dropped.items():
            dropped[reason] = dropped.get(reason, 0) + count
    return Rows(
        pulled=sum(rows.pulled for rows in by_language.values()),
        kept=sum(rows.kept for rows in by_language.values()),
        dropped=dropped,
        triplets=sum(rows.triplets for rows in by_language.values()),
        triplets_seen=sum(rows.triplets_seen for rows in by_language.values()),
    )


def _semantic_total(filters: Mapping[str, SemanticFilter]) -> str:
    pairs = sum(result.pairs for result in filters.values())
    dropped = sum(result.dropped for result in filters.values())
    filtered = sum(result.outcome == "filtered" for result in filters.values())
    return (
        f"{dropped:,} of {pairs:,} pairs were dropped, because their vectors are no nearer than "
        f"those of mismatched pairs; {filtered} of {len(filters)} languages were filtered."
    )


def _score_panels(filters: Mapping[str, SemanticFilter]) -> list[ScorePanel]:
    panels = []
    for name, result in by_name(filters).items():
        if result.edges:
            limit = "" if result.threshold is None else f", threshold {result.threshold:.2f}"
            label = f"scores from {result.edges[0]:.2f} to {result.edges[-1]:.2f}{limit}"
            chart = charts.distribution(
                result.edges,
                result.pair_counts,
                result.mismatched_counts,
                result.threshold,
                label,
            )
            panels.append(ScorePanel(name, chart))
    return panels
