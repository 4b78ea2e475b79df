"""The plot of `alignment compare`, by Matplotlib. The page has its own charts (`charts`)."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

DOTS = "#0b62b0"
INK = "#2b3440"
GRID = "#eef1f4"
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


def comparison(arms: Mapping[str, Mapping[str, Sequence[float]]], suites: Sequence[str]) -> str:
    """Accuracy of each arm by suite as SVG: one dot per seed, a bar at the mean."""
    names = list(arms)
    with plt.rc_context(STYLE):
        size = (4.2 * len(suites) + 2, 0.42 * len(names) + 1)
        figure, panels = plt.subplots(1, len(suites), figsize=size, sharey=True, squeeze=False)
        for axes, suite in zip(panels[0], suites, strict=True):
            for y, name in enumerate(names):
                values = [100 * value for value in arms[name].get(suite, ())]
                axes.scatter(values, [y] * len(values), color=DOTS, s=30, alpha=0.7, zorder=3)
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


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    figure.tight_layout()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    plt.close(figure)
    text = buffer.getvalue()
    return text[text.index("<svg") :]
