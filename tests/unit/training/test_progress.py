import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import TrainerControl, TrainerState, TrainingArguments

from alignment.errors import ConfigError
from alignment.training.losses import Loss
from alignment.training.progress import BatchResult, Progress, read_metrics
from alignment.types import StepMetrics
from tests.unit.training.support import step_metrics, tensorboard_scalars

BATCH = BatchResult(Loss(*(torch.tensor(n) for n in (0.5, 0.25, 0.125, 0.1, 0.4))), 8)


class Training:
    """Calls a `Progress` as transformers' trainer does."""

    def __init__(self, path: Path, batch: BatchResult | None = BATCH, **options: Any) -> None:
        self.progress = Progress(path / "progress.jsonl", lambda: batch, None, **options)
        self.arguments = TrainingArguments(output_dir=str(path), use_cpu=True)
        self.state = TrainerState(is_world_process_zero=True)
        self.control = TrainerControl()

    def begin(self, after: int = 0) -> None:
        self.state.global_step = after
        self.progress.on_train_begin(self.arguments, self.state, self.control)

    def log(self, **logs: float) -> None:
        self.progress.on_log(self.arguments, self.state, self.control, logs)

    def step(self, gradient_norm: float = 1.5) -> None:
        self.state.global_step += 1
        self.log(grad_norm=gradient_norm)


def written(path: Path) -> list[StepMetrics]:
    return read_metrics(path / "progress.jsonl")


def test_no_file_no_metrics(tmp_path: Path) -> None:
    assert written(tmp_path) == []


def test_a_line_per_step(tmp_path: Path) -> None:
    training = Training(tmp_path)
    training.begin()
    training.step()
    training.step()
    first, second = written(tmp_path)
    assert (first.step, second.step) == (1, 2)
    assert first == step_metrics(
        1, seconds=first.seconds, positive=pytest.approx(0.1), negative=pytest.approx(0.4)
    )


def test_a_gradient_that_is_not_finite_is_none(tmp_path: Path) -> None:
    training = Training(tmp_path)
    training.begin()
    training.step(float("inf"))
    assert written(tmp_path)[0].gradient_norm is None


def test_other_logs_are_no_steps(tmp_path: Path) -> None:
    training = Training(tmp_path)
    training.begin()
    training.log(train_runtime=3.0)
    silent = Training(tmp_path, batch=None)
    silent.begin()
    silent.step()
    assert written(tmp_path) == []


def test_only_the_first_process_writes(tmp_path: Path) -> None:
    training = Training(tmp_path)
    training.begin()
    training.state.is_world_process_zero = False
    training.step()
    assert written(tmp_path) == []


def test_steps_after_the_checkpoint_are_dropped(tmp_path: Path) -> None:
    first = Training(tmp_path)
    first.begin()
    for _ in range(5):
        first.step()
    resumed = Training(tmp_path)
    resumed.begin(after=3)
    assert [metrics.step for metrics in written(tmp_path)] == [1, 2, 3]
    resumed.step()
    assert [metrics.step for metrics in written(tmp_path)] == [1, 2, 3, 4]


def test_a_later_part_continues_the_numbers(tmp_path: Path) -> None:
    training = Training(tmp_path, start_step=6)
    training.begin()
    training.step()
    assert [metrics.step for metrics in written(tmp_path)] == [7]


def test_tensorboard_files_hold_the_curves(tmp_path: Path) -> None:
    training = Training(tmp_path, tensorboard=tmp_path / "board")
    training.begin()
    training.step()
    training.step(float("nan"))
    training.progress.on_train_end(training.arguments, training.state, training.control)
    scalars = tensorboard_scalars(tmp_path / "board")
    assert scalars["train/loss"] == [(1, 0.5), (2, 0.5)]
    assert scalars["train/gradient_norm"] == [(1, 1.5)]


def test_tensorboard_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(ConfigError, match=r"pip install 'crosslingual-alignment\[tensorboard\]'"):
        Training(tmp_path, tensorboard=tmp_path / "board")


def test_a_checkpoint_by_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("alignment.training.progress.time.monotonic", lambda: now)
    training = Training(tmp_path)
    training.begin()

    def wants_checkpoint(after: float) -> bool:
        nonlocal now
        now += after
        training.control.should_save = False
        training.progress.on_step_end(training.arguments, training.state, training.control)
        return bool(training.control.should_save)

    assert not wants_checkpoint(599)
    assert wants_checkpoint(2)
    training.progress.on_save(training.arguments, training.state, training.control)
    assert not wants_checkpoint(500), "one was just written"
    assert wants_checkpoint(101)
