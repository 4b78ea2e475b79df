"""The curves of the training: its metrics, and the validation accuracy of each language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

from markupsafe import Markup

from alignment import languages
from alignment.report import charts
from alignment.report.accuracy import percent
from alignment.report.charts import Series
from alignment.report.svg import Point
from alignment.types import StepMetrics

Value = Callable[[StepMetrics], float | None]


@dataclass(frozen=True)
class Curve:
    """One panel."""

    title: str
    lines: Sequence[str]
    """What each line is, if there are several."""
    chart: Markup
    note: str = ""


@dataclass(frozen=True)
class LanguageCurve:
    """The validation accuracy of one language over the steps."""

    name: str
    first: str
    best: str
    chart: Markup


@dataclass(frozen=True)
class TrainingCurves:
    """The section."""

    curves: Sequence[Curve]
    languages: Sequence[LanguageCurve]
    """By name."""


_PANELS: tuple[tuple[str, tuple[tuple[str, Value], ...]], ...] = (
    ("loss", (("", lambda step: step.loss),)),
    (
        "triplets (%)",
        (
            ("active", lambda step: 100 * step.active),
            ("hard", lambda step: 100 * step.hard),
        ),
    ),
    (
        "mean distance",
        (("translation", lambda step: step.positive), ("negative", lambda step: step.negative)),
    ),
    ("gradient norm", (("", lambda step: step.gradient_norm),)),
)


def training_section(steps: Sequence[StepMetrics]) -> TrainingCurves | None:
    """None without steps. A metric without any value has no panel."""
    if not steps:
        return None
    curves = []
    for title, lines in _PANELS:
        series = [_series(name, value, steps) for name, value in lines]
        if any(line.points for line in series):
            chart = charts.panel(series, f"{title} over {len(steps)} steps")
            names = [line.label for line in series if line.label]
            curves.append(Curve(title, names, chart))
    validation = _validation(steps)
    if validation is not None:
        curves.append(validation)
    return TrainingCurves(curves, _by_language(steps))


def smoothed(values: Sequence[float], weight: float = 0.9) -> list[float]:
    """Exponential moving average, corrected for its start as in Adam (Kingma and Ba 2015)."""
    averages = []
    mean = 0.0
    total = 0.0
    for value in values:
        mean = weight * mean + (1 - weight) * value
        total = weight * total + (1 - weight)
        averages.append(mean / total)
    return averages


def _series(name: str, value: Value, steps: Sequence[StepMetrics]) -> Series:
    points: list[Point] = []
    for step in steps:
        measured = value(step)
        if measured is not None:
            points.append((step.step, measured))
    averages = smoothed([measured for _, measured in points])
    smooth = [(number, mean) for (number, _), mean in zip(points, averages, strict=True)]
    return Series(name, points, smooth)


def _validation(steps: Sequence[StepMetrics]) -> Curve | None:
    points: list[Point] = []
    for step in steps:
        if step.validation:
            points.append((step.step, 100 * fmean(step.validation.values())))
    if not points:
        return None
    best_step, best = max(points, key=lambda point: (point[1], point[0]))
    chart = charts.panel([Series("", points)], "validation accuracy over the steps", dots=True)
    return Curve("validation accuracy (%)", [], chart, f"best: {best:.1f} at step {best_step:,.0f}")


def _by_language(steps: Sequence[StepMetrics]) -> list[LanguageCurve]:
    by_language: dict[str, list[Point]] = {}
    for step in steps:
        for code, accuracy in step.validation.items():
            by_language.setdefault(code, []).append((step.step, accuracy))
    low = min((value for points in by_language.values() for _, value in points), default=0.0)
    curves = []
    for code, points in by_language.items():
        first = percent(points[0][1])
        best = percent(max(value for _, value in points))
        label = f"from {first} to {percent(points[-1][1])}, best {best}"
        chart = charts.spark(points, label, (low, 1.0))
        curves.append(LanguageCurve(languages.name(code), first, best, chart))
    return sorted(curves, key=lambda curve: curve.name.casefold())
