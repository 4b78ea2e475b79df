"""Plots as inline SVG: what one would rather look at than read."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from alignment.report.summary import LanguageResult

BEFORE, AFTER, REFUSED, INK = "#9aa5b1", "#1f7a5c", "#c0392b", "#2b3440"
HARDNESS = {"easy": "#cfd8e3", "semi-hard": "#e6a23c", "hard": "#c0392b"}
STYLE: Any = {
    "svg.hashsalt": "alignment",  # the same plot is the same text
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
    """Accuracy before and after per language with 95 % intervals, and each floor."""
    rows = [
        (result.name, result.suites[suite], result.trained)
        for result in languages.values()
        if suite in result.suites
    ]
    rows.sort(key=lambda row: (row[2], row[1].after.mean))
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(8, 0.46 * len(rows) + 1.1))
        for y, (_, result, _) in enumerate(rows):
            before, after = result.before, result.after
            axes.plot(
                [100 * before.mean, 100 * after.mean],
                [y, y],
                color="#d5dbe2",
                linewidth=3,
                zorder=1,
            )
            for score, color, shift in (
                (before, BEFORE, 0.14),
                (after, AFTER if result.passed else REFUSED, -0.14),
            ):
                axes.plot(
                    [100 * score.low, 100 * score.high],
                    [y + shift, y + shift],
                    color=color,
                    linewidth=1.2,
                )
                axes.scatter([100 * score.mean], [y], color=color, s=46, zorder=3)
            axes.plot(
                [100 * result.floor] * 2,
                [y - 0.32, y + 0.32],
                color=INK,
                linewidth=1.2,
                linestyle=":",
            )
        axes.set_yticks(
            range(len(rows)),
            [name if trained else f"{name} (control)" for name, _, trained in rows],
        )
        axes.set_xlabel("accuracy@1, mean of both directions (%)")
        axes.grid(axis="x", color="#eef1f4")
        axes.set_axisbelow(True)
        handles = [
            Line2D([], [], marker="o", linestyle="", color=BEFORE, label="before"),
            Line2D([], [], marker="o", linestyle="", color=AFTER, label="after, passed"),
            Line2D([], [], marker="o", linestyle="", color=REFUSED, label="after, refused"),
            Line2D([], [], linestyle=":", color=INK, label="floor"),
        ]
        axes.legend(
            handles=handles, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4, frameon=False
        )
        return _svg(figure)


def curves(steps: Sequence[Mapping[str, Any]]) -> str:
    """Loss, active and hard share, the two mean distances, the gradient's norm and the development accuracy over the steps.

    What was not measured (no development pairs, an older run) has no panel.
    """
    panels = [
        ("loss", {"": ("loss", 1.0, AFTER)}),
        ("triplets (%)", {"active": ("active", 100.0, AFTER), "hard": ("hard", 100.0, REFUSED)}),
        (
            "mean distance",
            {"translation": ("positive", 1.0, AFTER), "negative": ("negative", 1.0, BEFORE)},
        ),
        ("gradient norm", {"": ("gradient", 1.0, AFTER)}),
    ]
    panels = [
        panel
        for panel in panels
        if any(step.get(key) is not None for step in steps for key, *_ in panel[1].values())
    ]
    looks = [
        (step["step"], 100 * fmean(step["development"].values()))
        for step in steps
        if step.get("development")
    ]
    with plt.rc_context(STYLE):
        total = len(panels) + bool(looks)
        rows = math.ceil(total / 3)
        figure, grid = plt.subplots(rows, 3, figsize=(10, 2.6 * rows), squeeze=False)
        drawn, unused = list(grid.flat)[:total], list(grid.flat)[total:]
        for axes in unused:
            axes.remove()
        for axes, (title, series) in zip(drawn, panels, strict=False):
            for label, (key, scale, color) in series.items():
                found = [
                    (step["step"], scale * step[key]) for step in steps if step.get(key) is not None
                ]
                x, values = [at for at, _ in found], [value for _, value in found]
                axes.plot(x, values, color=color, linewidth=0.6, alpha=0.35)
                axes.plot(x, _smoothed(values), color=color, linewidth=2, label=label)
            if len(series) > 1:
                axes.legend(frameon=False, fontsize=8)
            axes.set_title(title, fontsize=10)
            axes.set_ylim(bottom=0)
        if looks:
            axes = drawn[-1]
            axes.plot(
                [at for at, _ in looks],
                [value for _, value in looks],
                color=AFTER,
                marker="o",
                markersize=3,
            )
            best = max(looks, key=lambda look: (look[1], look[0]))
            axes.scatter(*best, color=INK, s=40, zorder=3, label=f"kept: step {best[0]}")
            axes.legend(frameon=False, fontsize=8)
            axes.set_title("development accuracy (%)", fontsize=10)
        for axes in drawn:
            axes.set_xlabel("step")
        figure.tight_layout()
        return _svg(figure)


def comparison(arms: Mapping[str, Mapping[str, Sequence[float]]], suites: Sequence[str]) -> str:
    """Accuracy of each arm, one dot a seed and a bar at the mean; one panel a suite."""
    names = list(arms)
    with plt.rc_context(STYLE):
        size = (4.2 * len(suites) + 2, 0.42 * len(names) + 1)
        figure, panels = plt.subplots(1, len(suites), figsize=size, sharey=True, squeeze=False)
        for axes, suite in zip(panels[0], suites, strict=True):
            for y, name in enumerate(names):
                values = [100 * value for value in arms[name].get(suite, ())]
                axes.scatter(values, [y] * len(values), color=AFTER, s=30, alpha=0.7, zorder=3)
                if values:
                    axes.plot(
                        [sum(values) / len(values)] * 2,
                        [y - 0.3, y + 0.3],
                        color=INK,
                        linewidth=1.6,
                    )
            axes.set_title(suite, fontsize=10)
            axes.set_xlabel("accuracy@1 (%)")
            axes.grid(axis="x", color="#eef1f4")
            axes.set_axisbelow(True)
        panels[0][0].set_yticks(range(len(names)), names)
        panels[0][0].invert_yaxis()
        return _svg(figure)


def hardness(strategies: Mapping[str, Mapping[str, Any]]) -> str:
    """How hard each strategy's negatives are under the base encoder."""
    names = [name for name, found in strategies.items() if found["measured"]]
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(8, 0.5 * len(names) + 0.9))
        left = [0.0] * len(names)
        for kind, color in HARDNESS.items():
            shares = [100 * strategies[name][kind] / strategies[name]["measured"] for name in names]
            axes.barh(names, shares, left=left, color=color, label=kind, height=0.6)
            left = [a + b for a, b in zip(left, shares, strict=True)]
        axes.set_xlabel("share of the triplets (%)")
        axes.set_xlim(0, 100)
        axes.invert_yaxis()
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False)
        return _svg(figure)


def _smoothed(values: Sequence[float], weight: float = 0.9) -> list[float]:
    """Exponential moving average, corrected for its start."""
    result, mean, total = [], 0.0, 0.0
    for value in values:
        mean, total = weight * mean + (1 - weight) * value, weight * total + (1 - weight)
        result.append(mean / total)
    return result


def _svg(figure: Figure) -> str:
    text = io.StringIO()
    figure.tight_layout()
    figure.savefig(text, format="svg", metadata={"Date": None})
    plt.close(figure)
    return text.getvalue()[text.getvalue().index("<svg") :]
