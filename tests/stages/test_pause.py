"""A training that pauses: where it works, and what goes on from there."""

from __future__ import annotations

from pathlib import Path

import pytest

from alignment.config import Train
from alignment.stages.pause import PauseCounts, pause
from alignment.stages.train import train
from alignment.training.job import CHECKPOINTS, Job
from alignment.training.jsonl import complete_lines
from alignment.types import StepCallback, StepMetrics
from tests.stages.test_train import FakeTraining, Stage, curves_of


class ResumingTraining(FakeTraining):
    """Goes on after the last checkpoint, and writes one where it pauses."""

    def launch(self, job: Job, on_step: StepCallback) -> None:
        lines = complete_lines(job.scratch / "progress.jsonl")
        done = max([StepMetrics.from_json(line).step for line in lines], default=0)
        end = job.pause_step or job.end_step
        super().launch(job.model_copy(update={"start_step": done, "end_step": end}), on_step)
        self.jobs[-1] = job
        checkpoint = job.scratch / CHECKPOINTS / f"checkpoint-{end}"
        checkpoint.mkdir(parents=True)
        (checkpoint / "trainer_state.json").write_text("{}")


@pytest.fixture
def fake() -> ResumingTraining:
    return ResumingTraining()


SETTINGS = Train(steps=8)


def test_the_training_goes_on_where_it_paused(tmp_path: Path, fake: ResumingTraining) -> None:
    of_stage = Stage(tmp_path)
    training = of_stage.training(SETTINGS)
    for step in (2, 4):
        paused = pause(training, step, launcher=fake.launch)
        assert PauseCounts.of(paused).steps == step
        assert [metrics.step for metrics in curves_of(paused)] == list(range(1, step + 1))
        assert (paused.path / "model" / "weights").read_text() == str(step)
    trained = train(training, launcher=fake.launch)
    assert [job.pause_step for job in fake.jobs] == [2, 4, None]
    assert len({job.scratch for job in fake.jobs}) == 1
    assert [metrics.step for metrics in curves_of(trained)] == list(range(1, 9))
    assert not fake.jobs[0].scratch.exists()


def test_a_pause_is_reused(tmp_path: Path, fake: ResumingTraining) -> None:
    training = Stage(tmp_path).training(SETTINGS)
    first = pause(training, 2, launcher=fake.launch)
    pause(training, 4, launcher=fake.launch)
    again = pause(training, 2, launcher=fake.launch)
    assert again.reused and again.key == first.key
    assert len(fake.jobs) == 2


def test_a_training_that_is_further_does_not_go_back(
    tmp_path: Path, fake: ResumingTraining
) -> None:
    training = Stage(tmp_path).training(SETTINGS)
    pause(training, 4, launcher=fake.launch)
    pause(training, 2, launcher=fake.launch)
    further, back = fake.jobs
    assert further.scratch != back.scratch
    assert further.scratch.exists() and not back.scratch.exists()


def test_a_training_that_is_done_is_left_alone(tmp_path: Path, fake: ResumingTraining) -> None:
    training = Stage(tmp_path).training(SETTINGS)
    trained = train(training, launcher=fake.launch)
    paused = pause(training, 2, launcher=fake.launch)
    assert (paused.path / "model" / "weights").read_text() == "2"
    assert not fake.jobs[1].scratch.exists()
    assert train(training, launcher=fake.launch).key == trained.key
    assert len(fake.jobs) == 2
