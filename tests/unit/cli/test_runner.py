"""The runner that prints a line per stage."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest

from alignment.cli.display import console as terminal
from alignment.cli.display.console import console
from alignment.cli.runner import ConsoleRunner, console_runner
from alignment.config import load_config
from alignment.errors import AlignmentError, Unavailable
from alignment.pipeline.threads import ThreadsRunner
from alignment.pipeline.workspace import Workspace
from alignment.types import Artifact, StepMetrics
from tests.summaries import make_artifact
from tests.support import SMOKE


def step(number: int) -> StepMetrics:
    return StepMetrics(
        step=number,
        loss=0.25,
        active=0.5,
        hard=0.1,
        positive=0.2,
        negative=0.9,
        gradient_norm=1.0,
        triplets=32,
        seconds=0.5,
    )


def built(label: str, pairs: int, *, reused: bool = False) -> Artifact:
    return make_artifact("pull", label, counts={"pairs": pairs}, reused=reused)


def test_run_prints_one_line() -> None:
    artifact = make_artifact("triplets", counts={"triplets": 5480})
    with console.capture() as capture:
        assert ConsoleRunner(10).run("triplets", lambda: artifact) is artifact
    assert capture.get().startswith("✓ triplets")
    assert "5,480 triplets" in capture.get()


def test_run_is_silent_about_other_results() -> None:
    with console.capture() as capture:
        assert ConsoleRunner(10).run("publish", lambda: "v1") == "v1"
    assert capture.get() == ""


def test_map_sums_over_the_languages() -> None:
    artifacts = {"fi": built("fi", 1000), "cy": built("cy", 234, reused=True)}
    calls = {label: lambda artifact=artifact: artifact for label, artifact in artifacts.items()}
    with console.capture() as capture:
        assert ConsoleRunner(10).map("pull", calls) == artifacts
    assert "2 languages · 1,234 pairs · 1 reused" in capture.get()


def test_several_languages_at_once_print_the_same_line() -> None:
    artifacts = {"fi": built("fi", 1000), "cy": built("cy", 234)}
    calls = {label: lambda artifact=artifact: artifact for label, artifact in artifacts.items()}
    with console.capture() as capture:
        assert ConsoleRunner(10, ThreadsRunner(2)).map("pull", calls) == artifacts
    assert "2 languages · 1,234 pairs" in capture.get()


def test_parts_are_counted_as_parts() -> None:
    artifact = make_artifact("de", counts={"vectors": 3, "dim": 8})
    calls = {f"de source {number}": lambda: artifact for number in range(3)}
    with console.capture() as capture:
        ConsoleRunner(10, ThreadsRunner(2)).map("embed part", calls)
    assert "3 parts" in capture.get()
    assert "languages" not in capture.get()


@pytest.mark.parametrize(("kind", "parallel"), [("local", False), ("threads", True)])
def test_the_configuration_chooses_the_runner(kind: str, parallel: bool, tmp_path: Path) -> None:
    config = load_config(SMOKE, [f"runner.kind={kind}"])
    with console_runner(config, Workspace(tmp_path)) as runner:
        assert isinstance(runner._parallel, ThreadsRunner) == parallel
    assert "ray" not in sys.modules


def test_map_marks_what_is_reused() -> None:
    with console.capture() as capture:
        ConsoleRunner(10).map("pull", {"fi": lambda: built("fi", 10, reused=True)})
    assert capture.get().startswith("= pull")
    assert "10 pairs · reused" in capture.get()


def test_brackets_are_printed_as_they_are() -> None:
    artifact = make_artifact("x", counts={"pairs": 1})
    with console.capture() as capture:
        ConsoleRunner(10).map("[red]pull", {"[bold]fi": lambda: artifact})
    assert "[red]pull" in capture.get()


def test_map_tries_all_and_reports_all_failures() -> None:
    tried = []

    def failing(label: str) -> Artifact:
        tried.append(label)
        raise Unavailable(f"no answer for {label}")

    calls = {label: lambda label=label: failing(label) for label in ("fi", "cy")}
    with (
        console.capture() as capture,
        pytest.raises(AlignmentError, match="pull failed for 2 languages") as caught,
    ):
        ConsoleRunner(10).map("pull", calls)
    assert tried == ["fi", "cy"]
    assert "no answer for fi" in str(caught.value) and "no answer for cy" in str(caught.value)
    assert capture.get() == ""


def test_steps_are_logged_off_a_terminal(caplog: pytest.LogCaptureFixture) -> None:
    runner = ConsoleRunner(100)
    with caplog.at_level(logging.INFO, logger="alignment"):
        for number in range(1, 101):
            runner.on_step(step(number))
    messages = [record.message for record in caplog.records if "train step" in record.message]
    assert len(messages) == 3, "the first, one after half a minute of training, the last"
    assert "train step 100/100" in messages[-1]


def test_bar_is_removed_when_the_stage_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alignment.cli.runner.shows_progress", lambda: True)
    runner = ConsoleRunner(100)

    def train() -> Artifact:
        runner.on_step(step(1))
        assert runner._bar is not None
        raise AlignmentError("stopped")

    with pytest.raises(AlignmentError, match="stopped"):
        runner.run("train", train)
    assert runner._bar is None


def test_no_bars_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal.console, "_force_terminal", True)
    monkeypatch.delenv("CI", raising=False)
    assert terminal.shows_progress()
    monkeypatch.setenv("CI", "true")
    assert not terminal.shows_progress()


def test_gate_line_counts_the_refused() -> None:
    artifact = make_artifact("gate", counts={"findings": 3, "passed": 1})
    with console.capture() as capture:
        ConsoleRunner(10).run("gate", lambda: artifact)
    assert "1 of 3 passed" in capture.get()
