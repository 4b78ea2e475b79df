"""`report.html`: one file that needs no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from alignment.report import plots
from alignment.report.accuracy import accuracy_rows, small_suite_line
from alignment.report.alignment import alignment_rows, verdict_counts
from alignment.report.averaging import averaging_rows
from alignment.report.semantic import by_name, semantic_rows
from alignment.report.summary import SemanticFilter, Summary
from alignment.report.templating import render_html, trusted
from alignment.types import StepMetrics


def render_report(
    summary: Summary,
    audits: Mapping[int, Mapping[str, Any]],
    steps: Sequence[StepMetrics],
    versions: Mapping[str, str],
) -> str:
    """The page, in which all text from corpora is escaped.

    Args:
        summary: The run in numbers.
        audits: `audit.json` by the step after which its triplets were mined, from 0.
        steps: The metrics of each training step.
        versions: Versions of the packages that can change a result.
    """
    suites = summary.suites()
    alignment = alignment_rows(summary.alignment)
    accuracy = {suite: plots.accuracy(summary.languages, suite) for suite in suites}
    return render_html(
        "report.html.j2",
        s=summary,
        suites=suites,
        accuracy_rows={suite: accuracy_rows(summary, suite) for suite in suites},
        accuracy_plot={suite: trusted(plot) for suite, plot in accuracy.items()},
        alignment_rows=alignment,
        verdict_counts=verdict_counts(alignment),
        semantic_rows=semantic_rows(summary.semantic),
        score_plot=_score_plot(summary.semantic),
        failures=summary.failures(),
        small_suites=[small_suite_line(*entry) for entry in summary.small_suites().items()],
        audits=[(step, audit, _hardness_plot(audit)) for step, audit in audits.items()],
        curves=trusted(plots.curves(steps)) if steps else None,
        averaging_rows=averaging_rows(summary.averaging),
        versions=versions,
    )


def _hardness_plot(audit: Mapping[str, Any]) -> Markup | None:
    """None if no encoder measured the similarities of any triplet."""
    strategies = audit["strategies"]
    if not any(strategy["measured"] for strategy in strategies.values()):
        return None
    return trusted(plots.hardness(strategies))


def _score_plot(filters: Mapping[str, SemanticFilter]) -> Markup | None:
    """None if no language has scores."""
    if not any(result.edges for result in filters.values()):
        return None
    return trusted(plots.score_distributions(by_name(filters)))
