"""What is asked of Ray, and what is said about a lost worker. Ray itself is in tests/scale."""

from __future__ import annotations

from pathlib import Path

import pytest

from alignment.config.runner import RunnerSettings
from alignment.errors import OutOfMemory, WorkerLost
from alignment.pipeline.cluster.runner import UNKNOWN, lost_worker, task_options
from alignment.pipeline.cluster.task import Task


def task(stage: str) -> Task:
    return Task(stage, "cy", int, 1, Path("mark"), {})


def test_cores_and_memory_are_declared() -> None:
    settings = RunnerSettings(kind="ray", cpus_per_task=4, memory_per_task=1.5)
    assert task_options(settings, task("clean")) == {
        "name": "clean cy",
        "num_cpus": 4,
        "memory": 1_500_000_000,
    }


@pytest.mark.parametrize(
    "stage", ["check", "embed", "embed part", "evaluate candidate", "retrieve reference"]
)
def test_what_encodes_gets_a_gpu(stage: str) -> None:
    options = task_options(RunnerSettings(kind="ray", gpus=0.5), task(stage))
    assert options["num_gpus"] == 0.5


@pytest.mark.parametrize("stage", ["clean", "sentences", "pools", "mine part", "mine", "semantic"])
def test_what_does_not_encode_gets_none(stage: str) -> None:
    assert "num_gpus" not in task_options(RunnerSettings(kind="ray", gpus=0.5), task(stage))


def test_a_lost_worker_names_stage_language_and_hosts() -> None:
    error = lost_worker(RuntimeError(), task("embed"), ["node1", UNKNOWN, "node2", "node1"])
    assert isinstance(error, WorkerLost)
    assert error.message == "the worker of embed of cy was lost on node1, node2 (attempt 4 of 4)"


def test_nobody_answered() -> None:
    error = lost_worker(RuntimeError(), task("embed"), [UNKNOWN])
    assert "lost on a machine that did not answer (attempt 1 of 4)" in error.message


def test_memory_is_named() -> None:
    class OutOfMemoryError(Exception):
        """Named as Ray's."""

    error = lost_worker(OutOfMemoryError(), task("embed"), ["node1"])
    assert isinstance(error, OutOfMemory)
    assert "out of memory in embed of cy on node1" in str(error)
    assert "runner.memory_per_task" in str(error)
