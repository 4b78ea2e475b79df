"""Progress bars of a run."""

import pytest

from alignment.api.progress import ProgressRunner
from alignment.pipeline.threads import ThreadsRunner
from alignment.types import StepMetrics


def _metrics(step: int) -> StepMetrics:
    return StepMetrics(step, 0.25, 0.5, 0.1, 0.2, 0.6, 1.0, 32, 0.01)


def test_the_training_bar_follows_the_steps(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressRunner(steps=3) as runner:
        for step in (1, 2, 3):
            runner.on_step(_metrics(step))
    last = capsys.readouterr().err.rpartition("\r")[2]
    assert "train: 100%" in last
    assert "3/3" in last
    assert "loss=0.250" in last


def test_mapped_calls_move_their_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressRunner(steps=3) as runner:
        assert runner.map("mine", {"fi": lambda: 1, "cy": lambda: 2}) == {"fi": 1, "cy": 2}
    assert "mine: 100%" in capsys.readouterr().err


def test_calls_on_threads_move_their_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressRunner(3, ThreadsRunner(2)) as runner:
        assert runner.map("mine", {"fi": lambda: 1, "cy": lambda: 2}) == {"fi": 1, "cy": 2}
    assert "mine: 100%" in capsys.readouterr().err


def test_a_failure_moves_the_bar_and_is_raised(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> int:
        raise ValueError("no text")

    with ProgressRunner(steps=3) as runner, pytest.raises(ValueError, match="no text"):
        runner.map("mine", {"fi": fail, "cy": lambda: 2})
    assert "mine: 100%" in capsys.readouterr().err


def test_no_bar_without_training(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressRunner(steps=3):
        pass
    assert "train" not in capsys.readouterr().err
