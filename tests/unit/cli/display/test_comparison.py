"""The table and the plot of `alignment compare`."""

from __future__ import annotations

from pathlib import Path

import pytest

from alignment.cli.display.comparison import (
    print_comparison,
    print_development,
    print_scores,
    write_plot,
)
from alignment.cli.display.console import console
from alignment.pipeline.arms import Arm
from alignment.pipeline.compare import ArmResult, Stopped
from alignment.pipeline.development import Development
from tests.support import line_with

RESULTS = [
    ArmResult(Arm("loss triplet", ()), 60, 12345, {"heldout": [0.5, 0.6], "tatoeba": [0.2, 0.2]}),
    ArmResult(Arm("loss [infonce]", ()), 58, 12400, {"heldout": [0.7, 0.7]}),
]


def test_line_for_a_finished_combination() -> None:
    with console.capture() as capture:
        print_scores(RESULTS[0], 1, 2)
    assert capture.get() == "1/2 loss triplet: heldout 55.0, tatoeba 20.0\n"


STOPPED = ArmResult(
    Arm("loss triplet", ()),
    60,
    12345,
    {"development": [0.25, 0.35]},
    seconds=12.4,
    stopped=Stopped(15, "30.0 points behind loss infonce (adjusted p = 0.001)"),
    scores=[0.5] * 8,
)
FINISHED = [
    ArmResult(Arm("loss infonce", ()), 58, 12400, {"development": [0.75]}, scores=[1.0] * 8),
    ArmResult(Arm("loss both", ()), 58, 12400, {"development": [0.7]}, scores=[0.0] * 8),
    ArmResult(Arm("loss third", ()), 58, 12400, {"development": [0.7]}, scores=[1.0] * 7 + [0]),
]


def test_line_for_a_combination_that_was_stopped() -> None:
    with console.capture() as capture:
        print_scores(STOPPED, 1, 2)
    assert capture.get() == (
        "1/2 loss triplet: development 30.0; stopped at step 15: 30.0 points behind loss infonce "
        "(adjusted p = 0.001)\n"
    )


def test_table_says_what_was_stopped_and_what_is_best() -> None:
    with console.capture() as capture:
        print_comparison([STOPPED, *FINISHED], seeds=2)
    text = capture.get()
    row = line_with("12,345", text)
    assert "30.0 ± 7.1" in row and "│ 12 │" in " ".join(row.split()) and "step 15:" in row
    assert "best on the development text: loss infonce\n" in text
    assert (
        line_with("loss both: ", text)
        == "  loss both: 5.0 points behind, worse (adjusted p = 0.023)"
    )
    assert "not shown to be worse (adjusted p = 1)" in line_with("loss third: ", text)


def test_the_suites_of_the_gate_are_not_for_choosing() -> None:
    with console.capture() as capture:
        print_comparison(RESULTS, seeds=2)
    assert "These are the suites of the gate. Choose by other text" in capture.get()


def test_what_was_left_out() -> None:
    pairs = {"court": {"fi": 1000, "cy": 500}, "talks": {"fi": 7}}
    with console.capture() as capture:
        print_development(Development(pairs, in_training=41, in_suites=2))
        print_development(Development(pairs, in_training=0, in_suites=0))
    lines = capture.get().splitlines()
    assert lines[0] == "development suite court: 1,500 pairs in 2 languages"
    assert lines[2].startswith("41 sentences of the training text are in a development suite")
    assert lines[3].startswith("2 pairs are also in suites of the gate: they are left out")
    assert len(lines) == 4 + 2


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
    assert row.split("│")[-3].strip() == ""


@pytest.mark.parametrize("results", [RESULTS[:1], RESULTS], ids=["one", "a suite missing"])
def test_plot(results: list[ArmResult], tmp_path: Path) -> None:
    path = tmp_path / "plot.svg"
    with console.capture() as capture:
        write_plot(results, path)
    assert "<svg" in path.read_text()
    assert str(path) in capture.get()
