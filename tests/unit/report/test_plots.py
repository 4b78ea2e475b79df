from dataclasses import replace
from xml.etree import ElementTree

import pytest

from alignment.report import plots
from alignment.report.summary import Summary
from alignment.types import StepMetrics

STEP = StepMetrics(
    step=1,
    loss=0.3,
    active=1.0,
    hard=0.5,
    positive=0.1,
    negative=0.2,
    gradient_norm=1.0,
    triplets=32,
    seconds=0.1,
)


def texts(svg: str) -> list[str]:
    """All text of an SVG, which must be well-formed."""
    root = ElementTree.fromstring(svg.replace("xlink:href", "href"))
    return ["".join(element.itertext()) for element in root.iter() if element.tag.endswith("text")]


def test_accuracy_names_controls(summary: Summary) -> None:
    labels = texts(plots.accuracy(summary.languages, "heldout"))
    assert "Welsh" in labels
    assert "German (not trained)" in labels
    assert "after, failed" in labels


def test_equal_plots_are_equal_bytes(summary: Summary) -> None:
    first = plots.accuracy(summary.languages, "heldout")
    assert plots.accuracy(summary.languages, "heldout") == first


def test_curves_have_a_panel_for_each_metric() -> None:
    steps = [replace(STEP, step=step) for step in (1, 2)]
    labels = texts(plots.curves(steps))
    assert {"loss", "triplets (%)", "mean distance", "gradient norm"} <= set(labels)
    assert "validation accuracy (%)" not in labels


def test_curves_without_a_gradient_norm() -> None:
    assert "gradient norm" not in texts(plots.curves([replace(STEP, gradient_norm=None)]))


def test_curves_mark_the_best_validation() -> None:
    accuracies = [(10, 0.5), (20, 0.8), (30, 0.8), (40, 0.6)]
    steps = [replace(STEP, step=step, validation={"fi": value}) for step, value in accuracies]
    assert "best: step 30" in texts(plots.curves(steps))  # the later one of equal steps


def test_comparison_without_a_value() -> None:
    labels = texts(plots.comparison({"a": {"heldout": [0.5, 0.6]}, "b": {}}, ["heldout"]))
    assert {"a", "b", "heldout"} <= set(labels)


def test_hardness_leaves_out_unmeasured_strategies() -> None:
    measured = {"measured": 4, "easy": 1, "semi-hard": 1, "hard": 2}
    labels = texts(plots.hardness({"lexical": measured, "edited": {"measured": 0}}))
    assert "lexical" in labels
    assert "edited" not in labels


def test_smoothing_starts_at_the_first_value() -> None:
    smoothed = plots._smoothed([2.0, 2.0, 4.0])
    assert smoothed[:2] == pytest.approx([2.0, 2.0])
    assert 2.0 < smoothed[2] < 4.0
