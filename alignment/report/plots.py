"""Plots as inline SVG."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from alignment.report.summary import LanguageResult, SemanticFilter, SuiteResult
from alignment.types import StepMetrics

BEFORE = "#9aa5b1"
AFTER = "#1f7a5c"
FAILED = "#c0392b"
INK = "#2b3440"
GRID = "#eef1f4"
HARDNESS = {"easy": "#cfd8e3", "semi-hard": "#e6a23c", "hard": "#c0392b"}
STYLE: Any = {
    "svg.hashsalt": "alignment",  # equal plots are equal bytes
    "text.parse_math": False,  # a name with dollar signs is no formula
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#c5ccd4",
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "svg.fonttype": "none",
    "font.family": "sans-serif",
}


def accuracy(languages: Mapping[str, LanguageResult], suite: str) -> str:
    """Accuracy before and after by language, with 95% intervals and floors."""
    results = [result for result in languages.values() if suite in result.suites]
    results.sort(key=lambda result: (result.trained, result.suites[suite].after.mean))
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(8, 0.46 * len(results) + 1.1))
        labels = []
        for y, result in enumerate(results):
            _draw_result(axes, y, result.suites[suite])
            labels.append(result.name if result.trained else f"{result.name} (not trained)")
        axes.set_yticks(range(len(results)), labels)
        axes.set_xlabel("accuracy@1, mean of both directions (%)")
        axes.grid(axis="x", color=GRID)
        axes.set_axisbelow(True)
        handles = [
            Line2D([], [], marker="o", linestyle="", color=BEFORE, label="before"),
            Line2D([], [], marker="o", linestyle="", color=AFTER, label="after, passed"),
            Line2D([], [], marker="o", linestyle="", color=FAILED, label="after, failed"),
            Line2D([], [], linestyle=":", color=INK, label="floor"),
        ]
        _legend_above(axes, handles=handles, ncols=4)
        return _svg(figure)


def curves(steps: Sequence[StepMetrics]) -> str:
    """The metrics of training over its steps, and the accuracy on the validation pairs.

    A metric without any value has no panel.
    """
    panels = [panel for panel in _PANELS if panel.has_values(steps)]
    validation = [
        (step.step, 100 * fmean(step.validation.values())) for step in steps if step.validation
    ]
    total = len(panels) + bool(validation)
    with plt.rc_context(STYLE):
        rows = math.ceil(total / 3)
        figure, grid = plt.subplots(rows, 3, figsize=(10, 2.6 * rows), squeeze=False)
        drawn = list(grid.flat)[:total]
        for axes in list(grid.flat)[total:]:
            axes.remove()
        for axes, panel in zip(drawn, panels, strict=False):
            _draw_panel(axes, panel, steps)
        if validation:
            _draw_validation(drawn[-1], validation)
        for axes in drawn:
            axes.set_xlabel("step")
        figure.tight_layout()
        return _svg(figure)


def comparison(arms: Mapping[str, Mapping[str, Sequence[float]]], suites: Sequence[str]) -> str:
    """Accuracy of each arm by suite: one dot per seed, a bar at the mean."""
    names = list(arms)
    with plt.rc_context(STYLE):
        size = (4.2 * len(suites) + 2, 0.42 * len(names) + 1)
        figure, panels = plt.subplots(1, len(suites), figsize=size, sharey=True, squeeze=False)
        for axes, suite in zip(panels[0], suites, strict=True):
            for y, name in enumerate(names):
                values = [100 * value for value in arms[name].get(suite, ())]
                axes.scatter(values, [y] * len(values), color=AFTER, s=30, alpha=0.7, zorder=3)
                if values:
                    mean = sum(values) / len(values)
                    axes.plot([mean, mean], [y - 0.3, y + 0.3], color=INK, linewidth=1.6)
            axes.set_title(suite, fontsize=10)
            axes.set_xlabel("accuracy@1 (%)")
            axes.grid(axis="x", color=GRID)
            axes.set_axisbelow(True)
        panels[0][0].set_yticks(range(len(names)), names)
        panels[0][0].invert_yaxis()
        return _svg(figure)


def score_distributions(filters: Mapping[str, SemanticFilter]) -> str:
    """The scores of the pairs and of mismatched pairs, with the threshold, by language's name."""
    shown = {name: result for name, result in filters.items() if result.edges}
    with plt.rc_context(STYLE):
        rows = math.ceil(len(shown) / 3)
        figure, grid = plt.subplots(rows, 3, figsize=(10, 2.2 * rows), squeeze=False)
        panels = list(grid.flat)
        for axes in panels[len(shown) :]:
            axes.remove()
        for axes, (name, result) in zip(panels, shown.items(), strict=False):
            _draw_distribution(axes, result.edges, result.mismatched_counts, BEFORE)
            _draw_distribution(axes, result.edges, result.pair_counts, AFTER)
            if result.threshold is not None:
                axes.axvline(result.threshold, color=INK, linestyle=":", linewidth=1.2)
            axes.set_title(name, fontsize=10)
            axes.set_yticks([])
        handles = [
            Line2D([], [], color=AFTER, label="pairs"),
            Line2D([], [], color=BEFORE, label="mismatched pairs"),
            Line2D([], [], color=INK, linestyle=":", label="threshold"),
        ]
        panels[0].legend(handles=handles, loc="upper left", frameon=False, fontsize=8)
        return _svg(figure)


def hardness(strategies: Mapping[str, Mapping[str, Any]]) -> str:
    """The shares of easy, semi-hard and hard negatives, by strategy."""
    names = [name for name, strategy in strategies.items() if strategy["measured"]]
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(8, 0.5 * len(names) + 0.9))
        left = [0.0] * len(names)
        for kind, color in HARDNESS.items():
            shares = [100 * strategies[name][kind] / strategies[name]["measured"] for name in names]
            axes.barh(names, shares, left=left, color=color, label=kind, height=0.6)
            left = [start + width for start, width in zip(left, shares, strict=True)]
        axes.set_xlabel("share of the triplets (%)")
        axes.set_xlim(0, 100)
        axes.invert_yaxis()
        _legend_above(axes, ncols=3)
        return _svg(figure)


@dataclass(frozen=True)
class _Series:
    """One line of a panel."""

    label: str
    value: Callable[[StepMetrics], float | None]
    color: str = AFTER


@dataclass(frozen=True)
class _Panel:
    """One plot of the training curves."""

    title: str
    series: tuple[_Series, ...]

    def has_values(self, steps: Sequence[StepMetrics]) -> bool:
        return any(series.value(step) is not None for series in self.series for step in steps)


_PANELS = (
    _Panel("loss", (_Series("", lambda step: step.loss),)),
    _Panel(
        "triplets (%)",
        (
            _Series("active", lambda step: 100 * step.active),
            _Series("hard", lambda step: 100 * step.hard, FAILED),
        ),
    ),
    _Panel(
        "mean distance",
        (
            _Series("translation", lambda step: step.positive),
            _Series("negative", lambda step: step.negative, BEFORE),
        ),
    ),
    _Panel("gradient norm", (_Series("", lambda step: step.gradient_norm),)),
)


def _draw_result(axes: Axes, y: int, result: SuiteResult) -> None:
    before = result.before
    after = result.after
    means = [100 * before.mean, 100 * after.mean]
    axes.plot(means, [y, y], color="#d5dbe2", linewidth=3, zorder=1)
    after_color = AFTER if result.passed else FAILED
    for score, color, shift in ((before, BEFORE, 0.14), (after, after_color, -0.14)):
        interval = [100 * score.low, 100 * score.high]
        axes.plot(interval, [y + shift, y + shift], color=color, linewidth=1.2)
        axes.scatter([100 * score.mean], [y], color=color, s=46, zorder=3)
    floor = [100 * result.floor] * 2
    axes.plot(floor, [y - 0.32, y + 0.32], color=INK, linewidth=1.2, linestyle=":")


def _draw_distribution(
    axes: Axes, edges: Sequence[float], counts: Sequence[int], color: str
) -> None:
    """As shares, since there are more mismatched pairs than pairs."""
    total = max(1, sum(counts))
    shares = [count / total for count in counts]
    axes.stairs(shares, edges, fill=True, color=color, alpha=0.35)
    axes.stairs(shares, edges, color=color, linewidth=1.2)


def _draw_panel(axes: Axes, panel: _Panel, steps: Sequence[StepMetrics]) -> None:
    for series in panel.series:
        numbers = []
        values = []
        for step in steps:
            value = series.value(step)
            if value is not None:
                numbers.append(step.step)
                values.append(value)
        axes.plot(numbers, values, color=series.color, linewidth=0.6, alpha=0.35)
        axes.plot(numbers, _smoothed(values), color=series.color, linewidth=2, label=series.label)
    if len(panel.series) > 1:
        axes.legend(frameon=False, fontsize=8)
    axes.set_title(panel.title, fontsize=10)
    axes.set_ylim(bottom=0)


def _draw_validation(axes: Axes, accuracies: Sequence[tuple[int, float]]) -> None:
    numbers = [step for step, _ in accuracies]
    values = [value for _, value in accuracies]
    axes.plot(numbers, values, color=AFTER, marker="o", markersize=3)
    step, best = max(accuracies, key=lambda accuracy: (accuracy[1], accuracy[0]))
    axes.scatter(step, best, color=INK, s=40, zorder=3, label=f"best: step {step}")
    axes.legend(frameon=False, fontsize=8)
    axes.set_title("validation accuracy (%)", fontsize=10)


def _smoothed(values: Sequence[float], weight: float = 0.9) -> list[float]:
    """Exponential moving average, corrected for its start as in Adam (Kingma and Ba 2015)."""
    smoothed = []
    mean = 0.0
    total = 0.0
    for value in values:
        mean = weight * mean + (1 - weight) * value
        total = weight * total + (1 - weight)
        smoothed.append(mean / total)
    return smoothed


def _legend_above(axes: Axes, **options: Any) -> None:
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False, **options)


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    figure.tight_layout()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    plt.close(figure)
    text = buffer.getvalue()
    return text[text.index("<svg") :]
