"""How every language changed on every suite, how sure that is, and three groups: worse first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from markupsafe import Markup

from alignment.report import charts
from alignment.report.accuracy import percent
from alignment.report.charts import ChangeBar
from alignment.report.summary import LanguageResult, RuleOutcome, SuiteResult, Summary

Direction = Literal["worse", "better", "same"]
DIRECTIONS: tuple[Direction, ...] = ("worse", "better", "same")
TITLES: dict[Direction, str] = {
    "worse": "Worse",
    "better": "Better",
    "same": "No clear change",
}
SIGNS: dict[Direction, str] = {"worse": "▼", "better": "▲", "same": "="}
"""Shown with the color, which alone says nothing to some readers."""
CLEAR = 0.05
ALMOST_CERTAIN = 0.001
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class LanguageChange:
    """One language on one suite; texts are in percent or points."""

    code: str
    name: str
    suite: str
    trained: bool
    result: SuiteResult
    direction: Direction
    points: str
    """With its sign."""
    interval: str
    """95% interval of the points; empty in runs of earlier releases."""
    sure: str
    """In words."""
    p: str
    """Adjusted p-value, or empty."""
    too_small: str
    """What the suite cannot show, if it shows no change and is too small; or empty."""
    bar: Markup | None = None

    @property
    def before(self) -> str:
        """Accuracy of the reference."""
        return percent(self.result.before.mean)

    @property
    def after(self) -> str:
        """Accuracy of the new encoder."""
        return percent(self.result.after.mean)

    @property
    def sign(self) -> str:
        """The direction as a sign."""
        return SIGNS[self.direction]

    @property
    def failed_rules(self) -> str:
        """Names of the rules that refuse it."""
        names = [rule.name for rule in self.result.rules if not rule.passed]
        return ", ".join(name.replace("_", " ") for name in names)


@dataclass(frozen=True)
class ChangeGroup:
    """The languages that changed in one direction, the largest change first."""

    direction: Direction
    title: str
    sign: str
    changes: Sequence[LanguageChange]


def language_changes(summary: Summary, suite: str) -> list[LanguageChange]:
    """Every language of a suite, the worst change first."""
    changes = []
    for code, language in summary.languages.items():
        if suite in language.suites:
            changes.append(_change(code, language, suite))
    changes.sort(key=_by_change)
    return changes


def with_bars(changes: Sequence[LanguageChange]) -> list[LanguageChange]:
    """The same with their charts, all on one axis."""
    bars = [change_bar(change) for change in changes]
    axis = charts.change_axis([bar for bar in bars if bar is not None])
    return [_with_bar(change, bar, axis) for change, bar in zip(changes, bars, strict=True)]


def groups(changes: Sequence[LanguageChange]) -> list[ChangeGroup]:
    """Worse, better, and no clear change; empty groups as well."""
    grouped = []
    for direction in DIRECTIONS:
        members = [change for change in changes if change.direction == direction]
        members.sort(key=_by_change, reverse=direction == "better")
        grouped.append(ChangeGroup(direction, TITLES[direction], SIGNS[direction], members))
    return grouped


def change_of(result: SuiteResult) -> float:
    """The change in accuracy, in [-1, 1]."""
    return result.after.mean - result.before.mean


def points(change: float) -> str:
    """A change in [-1, 1] as points with a sign.

    >>> points(0.123), points(-0.02), points(0.0)
    ('+12.3', '−2.0', '0.0')
    """
    rounded = round(100 * change, 1)
    if rounded == 0:
        return "0.0"
    return f"{'+' if rounded > 0 else MINUS}{abs(rounded):.1f}"


def change_bar(change: LanguageChange) -> ChangeBar | None:
    """What a chart needs; None in runs of earlier releases, which have no interval."""
    tested = change.result.change
    if tested is None:
        return None
    label = f"{change.name}: {change.points} points, {change.interval}"
    return ChangeBar(
        points=100 * change_of(change.result),
        low=100 * tested.low,
        high=100 * tested.high,
        direction=change.direction,
        label=label,
    )


def _by_change(change: LanguageChange) -> tuple[float, str]:
    return change_of(change.result), change.name


def _change(code: str, language: LanguageResult, suite: str) -> LanguageChange:
    result = language.suites[suite]
    tested = result.change
    return LanguageChange(
        code=code,
        name=language.name,
        suite=suite,
        trained=language.trained,
        result=result,
        direction=_direction(result),
        points=points(change_of(result)),
        interval=f"{points(tested.low)} to {points(tested.high)}" if tested else "",
        sure=_sure(result),
        p=_p(tested.p_adjusted) if tested else "",
        too_small=_too_small(result),
    )


def _direction(result: SuiteResult) -> Direction:
    """Clear if the test says so after Holm's correction, or the gate does."""
    refused = [rule for rule in result.rules if not rule.passed and rule.name == "not_worse"]
    change = change_of(result)
    if refused and change < 0:
        return "worse"
    if result.change is None or result.change.p_adjusted >= CLEAR or change == 0:
        return "same"
    return "better" if change > 0 else "worse"


def _sure(result: SuiteResult) -> str:
    tested = result.change
    if tested is None:
        return "not tested"
    if tested.p_adjusted < ALMOST_CERTAIN:
        return "almost certain"
    if tested.p_adjusted < CLEAR or _direction(result) != "same":
        return "clear"
    if tested.p < CLEAR:
        return "possible"
    return "not shown"


def _p(value: float) -> str:
    return "p < 0.001" if value < ALMOST_CERTAIN else f"p = {value:.2g}"


def _too_small(result: SuiteResult) -> str:
    """Only where no change is shown: elsewhere the suite was large enough to show one."""
    sizes = [rule for rule in result.rules if rule.name == "suite_size" and is_small(rule)]
    if not sizes or _direction(result) != "same":
        return ""
    drop = sizes[0].numbers.get("drop")
    if drop is None:
        return "suite too small"
    return f"too small to see a loss of {100 * drop:.3g} points"


def is_small(rule: RuleOutcome) -> bool:
    """Whether the rule on the size of the suite refused it or warned."""
    return rule.warning or not rule.passed


def _with_bar(
    change: LanguageChange, bar: ChangeBar | None, axis: tuple[float, float]
) -> LanguageChange:
    if bar is None:
        return change
    return replace(change, bar=charts.change_bar(bar, axis))
