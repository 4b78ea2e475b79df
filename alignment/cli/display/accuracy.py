"""Accuracy of a run in rows of text, for the terminal and for Prefect's artifacts."""

from __future__ import annotations

from typing import NamedTuple

from alignment.report.summary import LanguageResult, Score, SuiteResult, Summary


class AccuracyRow(NamedTuple):
    """One language on one suite; accuracy@1 in percent."""

    language: str
    suite: str
    pairs: str
    before: str
    """Of the model that the candidate was compared with."""
    after: str
    interval: str
    """95 % confidence interval of `after`."""
    passed: bool
    reason: str
    """Why the gate decided so."""


def accuracy_rows(summary: Summary) -> list[AccuracyRow]:
    """One row per language and suite, in the order of the configuration."""
    rows = []
    for language in summary.languages.values():
        for suite, result in language.suites.items():
            rows.append(_row(language, suite, result))
    return rows


def means(summary: Summary, suite: str) -> tuple[str, str]:
    """Mean accuracy of the trained languages before and after, in percent."""
    mean = summary.mean[suite]
    return _percent(mean.before), _percent(mean.after)


def _row(language: LanguageResult, suite: str, result: SuiteResult) -> AccuracyRow:
    return AccuracyRow(
        language=language.name if language.trained else f"{language.name} (control)",
        suite=suite,
        pairs=f"{result.n:,}",
        before=_percent(result.before.mean),
        after=_percent(result.after.mean),
        interval=_interval(result.after),
        passed=result.passed,
        reason=result.reason,
    )


def _interval(score: Score) -> str:
    return f"{_percent(score.low)}-{_percent(score.high)}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
