"""The table and the plot of `alignment compare`."""

from __future__ import annotations

from pathlib import Path

import pytest

from alignment.cli.display.comparison import print_comparison, print_scores, write_plot
from alignment.cli.display.console import console
from alignment.pipeline.arms import Arm
from alignment.pipeline.compare import ArmResult
from tests.support import line_with

RESULTS = [
    ArmResult(Arm("loss triplet", ()), 60, 12345, {"heldout": [0.5, 0.6], "tatoeba": [0.2, 0.2]}),
    ArmResult(Arm("loss [infonce]", ()), 58, 12400, {"heldout": [0.7, 0.7]}),
]


def test_line_for_a_finished_combination() -> None:
    with console.capture() as capture:
        print_scores(RESULTS[0], 1, 2)
    assert capture.get() == "1/2 loss triplet: heldout 55.0, tatoeba 20.0\n"


def test_table_has_mean_and_deviation() -> None:
    with console.capture() as capture:
        print_comparison(RESULTS[:1], seeds=2)
    text = capture.get()
    assert "12,345" in text
    assert "55.0 ± 7.1" in text and "20.0 ± 0.0" in text


def test_brackets_and_missing_suites() -> None:
    with console.capture() as capture:
        print_comparison(RESULTS, seeds=2)
    row = line_with("loss [infonce]", capture.get())
    assert row.split("│")[-2].strip() == ""


@pytest.mark.parametrize("results", [RESULTS[:1], RESULTS], ids=["one", "a suite missing"])
def test_plot(results: list[ArmResult], tmp_path: Path) -> None:
    path = tmp_path / "plot.svg"
    with console.capture() as capture:
        write_plot(results, path)
    assert "<svg" in path.read_text()
    assert str(path) in capture.get()
