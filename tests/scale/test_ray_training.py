"""Training with several processes on a cluster: the losses are those of one process."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import psutil
import pytest

from alignment.config import load_config
from alignment.errors import ConfigError, NonFiniteLoss
from alignment.pipeline.cluster.connection import connected
from alignment.pipeline.cluster.training import RayTraining
from alignment.pipeline.run import run_pipeline
from alignment.pipeline.workspace import open_workspace
from alignment.store import Store
from alignment.training.job import CHECKPOINTS, LOG, Job
from alignment.training.launch import launch
from alignment.training.resume import newest_checkpoint
from alignment.types import Approved, StepMetrics
from tests.scale.cluster import Cluster
from tests.scale.test_ray import command, options, settings, summary
from tests.support import SMOKE
from tests.unit.training.support import job, losses_of, metrics_of, short

pytestmark = [pytest.mark.scale, pytest.mark.timeout(900)]
STEPS = 20


def ignore(metrics: StepMetrics) -> None:
    """Do nothing with a step."""


def train_on(cluster: Cluster, trained: Job, on_step: object = ignore) -> None:
    with connected(settings(cluster), trained.scratch):
        RayTraining(settings(cluster), Store(trained.scratch / "store"))(trained, on_step)  # type: ignore[arg-type]


@pytest.fixture
def alone(finished: Path, tmp_path: Path) -> Job:
    """A training with one process."""
    train = short(steps=STEPS, dropout=0.0, validation_share=0.3, evaluate_every=5)
    trained = job(finished, tmp_path / "alone", train)
    launch(trained, ignore)
    return trained


def together(alone: Job, finished: Path, out: Path) -> Job:
    return job(finished, out, alone.train.model_copy(update={"workers": 2}))


def check_losses(trained: Job, alone: Job) -> None:
    differences = np.abs(np.subtract(losses_of(trained), losses_of(alone)))
    print(f"largest difference of {STEPS} losses: {differences.max():.1e}")
    assert differences.max() < 1e-4
    for one, two in zip(metrics_of(alone), metrics_of(trained), strict=True):
        assert one.triplets == two.triplets
        assert two.validation == pytest.approx(one.validation, abs=0.04)  # one pair in 50 or fewer


def test_two_processes_train_what_one_does(
    cluster: Cluster, finished: Path, tmp_path: Path, alone: Job
) -> None:
    trained = together(alone, finished, tmp_path / "together")
    steps: list[int] = []
    train_on(cluster, trained, lambda metrics: steps.append(metrics.step))
    assert steps == list(range(1, STEPS + 1))
    check_losses(trained, alone)
    assert "step" in (trained.scratch / LOG).read_text()


def test_a_process_of_the_training_is_killed(
    cluster: Cluster,
    finished: Path,
    tmp_path: Path,
    alone: Job,
    caplog: pytest.LogCaptureFixture,
) -> None:
    trained = together(alone, finished, tmp_path / "together")
    killed: list[int] = []

    def kill_one(metrics: StepMetrics) -> None:
        if metrics.step == 10 and not killed:
            assert newest_checkpoint(trained.scratch / CHECKPOINTS)
            process = training_processes()[0]
            process.kill()
            killed.append(process.pid)

    train_on(cluster, trained, kill_one)
    assert killed
    assert "a process was lost" in caplog.text
    check_losses(trained, alone)


def test_an_error_of_the_training_comes_back_as_itself(
    cluster: Cluster, finished: Path, tmp_path: Path
) -> None:
    train = short(learning_rate=1e30, workers=2)
    with pytest.raises(NonFiniteLoss, match=r"at step \d+"):
        train_on(cluster, job(finished, tmp_path / "diverging", train))


def test_there_is_no_room_for_all_processes(
    cluster: Cluster, finished: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"room for \d of 64 training processes"):
        train_on(cluster, job(finished, tmp_path / "large", short(workers=64)))


def test_the_pipeline_trains_on_the_cluster(cluster: Cluster, workspace: Path) -> None:
    done = command(
        "alignment",
        "run",
        SMOKE,
        "--workspace",
        workspace,
        *options(cluster),
        "--set",
        "train.workers=2",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert summary(workspace)["verdict"] == "approved"
    assert "was lost" not in done.stderr
    assert not list((workspace / "store" / "scratch").iterdir())


def test_a_training_through_the_place_that_machines_share(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALIGNMENT_WORKSPACE_CACHE", str(tmp_path / "cache"))
    shared = tmp_path / "shared"
    shared.mkdir()
    place = open_workspace(f"file://{shared}")
    chosen = ["runner.kind=ray", f"runner.address={cluster.address}", "runner.memory_per_task=1.0"]
    config = load_config(SMOKE, ["train.workers=2", *chosen])
    with connected(config.runner, None):
        outcome = run_pipeline(config, place)
    assert isinstance(outcome.verdict, Approved)
    assert not list(shared.glob("**/scratch/*/checkpoints/*")), "the scratch directory is left"


def training_processes() -> list[psutil.Process]:
    """Those that Ray Train has started."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        name = " ".join(process.info["cmdline"] or [])
        if name.startswith("ray::") and "TrainWorker" in name and process.pid != os.getpid():
            found.append(process)
    return found
