"""Accuracy by language: one table for each suite, and everything about each language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from alignment.report import charts
from alignment.report.accuracy import AccuracyRow, accuracy_row
from alignment.report.sections.changes import (
    ChangeGroup,
    LanguageChange,
    change_bar,
    groups,
    language_changes,
    points,
    with_bars,
)
from alignment.report.summary import RuleOutcome, Summary

MANY = 12
"""From this many languages on, there are an overview and an index."""


@dataclass(frozen=True)
class Row:
    """One language in the table of a suite."""

    change: LanguageChange
    accuracy: Markup
    """The chart."""
    small: bool
    """Whether it passed on a suite that is too small."""


@dataclass(frozen=True)
class RowGroup:
    """The rows of one group, worse first."""

    group: ChangeGroup
    rows: Sequence[Row]


@dataclass(frozen=True)
class SuiteTable:
    """One suite."""

    suite: str
    groups: Sequence[RowGroup]
    axis: Sequence[str]
    """Labels of the accuracy charts: left, middle, right, in percent."""
    overview: Markup | None
    """All changes in one picture, if there are many languages."""
    overview_axis: tuple[str, str]
    """Labels of its lower and its upper end, in points."""


@dataclass(frozen=True)
class SuiteFacts:
    """All numbers of one language on one suite."""

    row: AccuracyRow
    change: LanguageChange
    suite: str
    digest: str
    rules: Sequence[RuleOutcome]


@dataclass(frozen=True)
class LanguageFacts:
    """Everything about one language."""

    code: str
    name: str
    trained: bool
    sign: str
    """Of its worst change."""
    suites: Sequence[SuiteFacts]


@dataclass(frozen=True)
class Languages:
    """The section."""

    tables: Sequence[SuiteTable]
    facts: Sequence[LanguageFacts]
    """By name."""
    many: bool
    level: str
    """Below which an adjusted p-value refuses."""
    has_intervals: bool
    has_measures: bool
    """Whether F1, xsim and the others were measured."""


def languages_section(summary: Summary) -> Languages:
    """Tables and facts of all languages."""
    changes = {suite: language_changes(summary, suite) for suite in summary.suites()}
    all_changes = [change for of_suite in changes.values() for change in of_suite]
    return Languages(
        tables=[_table(suite, of_suite) for suite, of_suite in changes.items()],
        facts=_facts(summary, all_changes),
        many=len(summary.languages) > MANY,
        level=f"{summary.trial.level:.2g}",
        has_intervals=any(change.interval for change in all_changes),
        has_measures=any(change.result.measures for change in all_changes),
    )


def _table(suite: str, changes: Sequence[LanguageChange]) -> SuiteTable:
    axis = charts.accuracy_axis([change.result for change in changes])
    middle = (axis[0] + axis[1]) / 2
    bars = [bar for bar in map(change_bar, changes) if bar is not None]
    change_axis = charts.change_axis(bars)
    is_overview = len(bars) > MANY
    return SuiteTable(
        suite=suite,
        groups=[_rows(group, axis) for group in groups(with_bars(changes)) if group.changes],
        axis=[f"{100 * value:.0f}" for value in (axis[0], middle, axis[1])],
        overview=charts.overview(bars, change_axis) if is_overview else None,
        overview_axis=(points(change_axis[0] / 100), points(change_axis[1] / 100)),
    )


def _rows(group: ChangeGroup, axis: tuple[float, float]) -> RowGroup:
    rows = []
    for change in group.changes:
        small = change.result.passed and change.result.is_small()
        rows.append(Row(change, charts.dumbbell(change.result, axis), small))
    return RowGroup(group, rows)


def _facts(summary: Summary, changes: Sequence[LanguageChange]) -> list[LanguageFacts]:
    by_language: dict[str, list[LanguageChange]] = {}
    for change in changes:
        by_language.setdefault(change.code, []).append(change)
    facts = []
    for code, of_language in by_language.items():
        language = summary.languages[code]
        suites = []
        for change in of_language:
            row = accuracy_row(language, change.result)
            digest = change.result.digest[:12]
            suites.append(SuiteFacts(row, change, change.suite, digest, change.result.rules))
        sign = min(of_language, key=_severity).sign
        facts.append(LanguageFacts(code, language.name, language.trained, sign, suites))
    return sorted(facts, key=lambda entry: entry.name.casefold())


def _severity(change: LanguageChange) -> int:
    return ("worse", "same", "better").index(change.direction)
