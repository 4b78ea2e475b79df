import dataclasses
import logging
import shutil
from pathlib import Path
from typing import Any

import pytest

from alignment.config import Train
from alignment.context import RunContext
from alignment.downloads import Downloads
from alignment.files import tree_digests
from alignment.stages import train as stage
from alignment.stages.train import (
    Part,
    TrainCounts,
    Training,
    log_progress,
    parts,
    train,
)
from alignment.store import Store
from alignment.training.job import LOG, PLAN, PROGRESS, Job, PlanSummary
from alignment.training.jsonl import append_line
from alignment.types import Artifact, StepCallback, StepMetrics
from tests.unit.training.support import step_metrics


@pytest.mark.parametrize(
    ("steps", "remine_every", "expected"),
    [
        (0, None, [(0, 0)]),
        (0, 5, [(0, 0)]),
        (10, None, [(0, 10)]),
        (10, 4, [(0, 4), (4, 8), (8, 10)]),
        (10, 10, [(0, 10)]),
        (10, 40, [(0, 10)]),
    ],
)
def test_parts(steps: int, remine_every: int | None, expected: list[tuple[int, int]]) -> None:
    assert parts(steps, remine_every) == expected


def artifact(path: Path, **counts: Any) -> Artifact:
    """An artifact of triplets, tokens or an encoder."""
    (path / "model").mkdir(parents=True)
    (path / "tokens").mkdir()
    (path / "tokens" / "column").touch()
    (path / "triplets.parquet").touch()
    (path / "model" / "weights").touch()
    return Artifact("x", "", "key", path, tree_digests(path), counts, 0.0, "digest")


class FakeTraining:
    """Replaces the training process: writes what that writes, of 8 triplets per step."""

    def __init__(self, stop_at: int = 1000, best_step: int | None = None) -> None:
        self.jobs: list[Job] = []
        self.stop_at = stop_at
        self.best_step = best_step

    def launch(self, job: Job, on_step: StepCallback) -> None:
        self.jobs.append(job)
        job.output.mkdir()
        (job.output / "weights").write_text(str(job.end_step))
        (job.scratch / LOG).write_text("a log")
        steps = range(job.start_step + 1, min(job.end_step, self.stop_at) + 1)
        for step in steps:
            metrics = step_metrics(step)
            append_line(job.scratch / PROGRESS, metrics.to_json())
            on_step(metrics)
        by_language = {"en": 8 * len(steps), "fi": 8 * len(steps)}
        PlanSummary(256, self.best_step, by_language).write(job.scratch / PLAN)


class Stage:
    """The stage in an empty store."""

    def __init__(self, path: Path, **counts: Any) -> None:
        downloads = Downloads(path / "downloads")
        self.context = RunContext(Store(path / "store"), downloads, pivot="en", seed=3)
        counts.setdefault("triplets_by_language", {})
        self.triplets = artifact(path / "triplets", **counts)
        self.tokens = artifact(path / "tokens")
        self.encoder = artifact(path / "encoder")
        self.reported: list[StepMetrics] = []

    def run(self, settings: Train, part: Part | None = None) -> Artifact:
        return train(self.training(settings, part), on_step=self.reported.append)

    def training(self, settings: Train, part: Part | None = None) -> Training:
        part = part or Part(0, settings.steps)
        return Training(self.context, self.triplets, self.tokens, self.encoder, settings, part)


def fake(monkeypatch: pytest.MonkeyPatch, **options: Any) -> FakeTraining:
    training = FakeTraining(**options)
    monkeypatch.setattr(stage, "launch", training.launch)
    return training


def curves_of(trained: Artifact) -> list[StepMetrics]:
    lines = (trained.path / "curves.jsonl").read_text().splitlines()
    return [StepMetrics.from_json(line) for line in lines]


def test_curves_and_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch, best_step=3)
    of_stage = Stage(tmp_path)
    trained = of_stage.run(Train(steps=5))
    assert curves_of(trained) == of_stage.reported == [step_metrics(n) for n in range(1, 6)]
    assert TrainCounts.of(trained) == TrainCounts(
        steps=5,
        best_step=3,
        triplets=40,
        batch_tokens=256,
        triplets_by_language={"en": 40, "fi": 40},
    )
    assert (trained.path / "train.log").read_text() == "a log"


def test_without_validation_the_last_step_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(monkeypatch, stop_at=4)
    counts = TrainCounts.of(Stage(tmp_path).run(Train(steps=5)))
    assert (counts.steps, counts.best_step) == (4, 4)


def test_no_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch)
    trained = Stage(tmp_path).run(Train(steps=0, batch_tokens=512))
    assert TrainCounts.of(trained) == TrainCounts(0, 0, 0, 512, {})
    assert curves_of(trained) == []


def test_a_part_continues_the_previous_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    training = fake(monkeypatch)
    of_stage = Stage(tmp_path)
    settings = Train(steps=10)
    first = of_stage.run(settings, Part(0, 6))
    second = of_stage.run(settings, Part(6, 10, first))
    assert [step.step for step in curves_of(second)] == list(range(1, 11))
    counts = TrainCounts.of(second)
    assert (counts.steps, counts.triplets) == (10, 80)
    assert counts.triplets_by_language == {"en": 80, "fi": 80}
    job = training.jobs[1]
    assert (job.start_step, job.end_step) == (6, 10)
    assert job.encoder == first.path / "model"
    assert job.teacher == of_stage.encoder.path / "model"


def test_a_resumed_run_counts_each_step_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process reports the steps after its checkpoint twice."""
    training = fake(monkeypatch)

    def resumed(job: Job, on_step: StepCallback) -> None:
        on_step(step_metrics(5))
        training.launch(job, on_step)

    monkeypatch.setattr(stage, "launch", resumed)
    of_stage = Stage(tmp_path)
    assert TrainCounts.of(of_stage.run(Train(steps=5))).triplets == 40
    assert len(of_stage.reported) == 6


def test_the_same_training_is_reused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    training = fake(monkeypatch)
    of_stage = Stage(tmp_path)
    first = of_stage.run(Train(steps=5))
    assert of_stage.run(Train(steps=5)) == dataclasses.replace(first, reused=True)
    of_stage.run(Train(steps=5), Part(0, 3))
    assert len(training.jobs) == 2


@pytest.mark.parametrize(
    "where", [{"workers": 2}, {"workers": 2, "sharding": "fsdp"}, {"gpus_per_worker": 1}]
)
def test_processes_and_their_shares_are_not_in_the_key(
    where: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = fake(monkeypatch)
    of_stage = Stage(tmp_path)
    first = of_stage.run(Train(steps=4))
    assert of_stage.run(Train(steps=4, **where)) == dataclasses.replace(first, reused=True)
    assert len(training.jobs) == 1


def test_tensorboard_files_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    training = fake(monkeypatch)

    def with_board(job: Job, on_step: StepCallback) -> None:
        training.launch(job, on_step)
        shutil.copytree(job.output, job.scratch / "tensorboard")

    monkeypatch.setattr(stage, "launch", with_board)
    trained = Stage(tmp_path).run(Train(steps=5))
    assert (trained.path / "tensorboard" / "weights").is_file()


def test_small_languages_are_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fake(monkeypatch)
    by_language = {f"x{i}": 20 for i in range(12)}
    by_language["fi"] = 128
    of_stage = Stage(tmp_path, triplets_by_language=by_language)
    first = of_stage.run(Train(steps=2, batch_size=64), Part(0, 1))
    (warning,) = caplog.messages
    assert "fewer triplets per direction than one batch (64): x0 (10), x1 (10)" in warning
    assert "and 2 more" in warning and "fi (" not in warning
    assert "Set train.mix_languages: true" in warning
    of_stage.run(Train(steps=2, batch_size=64), Part(1, 2, first))
    assert len(caplog.messages) == 1  # once per training


def test_steps_are_logged_by_time(caplog: pytest.LogCaptureFixture) -> None:
    """The first, one every half minute of training, and the last."""
    caplog.set_level(logging.INFO)
    callback = log_progress(50)
    for step in range(1, 51):
        callback(step_metrics(step, seconds=4.0))
    steps = [int(message.split()[2].partition("/")[0]) for message in caplog.messages]
    assert steps == [1, 9, 17, 25, 33, 41, 49, 50]
    assert caplog.messages[1] == (
        "train step 9/50: loss 0.5000, active 25%, 2.0 triplets/s, about 3 min left"
    )
    assert caplog.messages[-1].endswith(", done")
