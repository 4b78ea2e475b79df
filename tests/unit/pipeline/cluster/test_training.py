"""The parts of training on a cluster that need no cluster."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from alignment.config import Train
from alignment.config.runner import GB, RunnerSettings
from alignment.errors import ConfigError, NonFiniteLoss, RegistryError
from alignment.pipeline.cluster.training import _failure, check_room, resources
from alignment.pipeline.cluster.training_worker import Work, _prepared, _send_news, _was_started
from alignment.store.remote.scratch import RemoteScratch
from alignment.training.job import CHECKPOINTS, ERROR, PROGRESS, Job
from alignment.training.messages import write_error
from alignment.training.resume import DIGESTS, newest_checkpoint, record_digests
from tests.buckets import memory_objects
from tests.machines import build, machine
from tests.unit.training.support import scratch_job

KEY = "a" * 64
NEEDED = {"CPU": 2.0, "memory": 4.0 * GB, "GPU": 1.0}


def offered(cpus: float, memory: float, gpus: float) -> dict[str, float]:
    return {"CPU": cpus, "memory": memory * GB, "GPU": gpus}


def test_what_a_process_gets() -> None:
    settings = RunnerSettings(kind="ray", cpus_per_task=2, memory_per_task=4.0)
    assert resources(settings, Train(workers=2, gpus_per_worker=1)) == NEEDED


@pytest.mark.parametrize(
    ("machines", "room"),
    [
        ([offered(8, 64, 4)], 4),
        ([offered(8, 8, 4)], 2),
        ([offered(3, 64, 4), offered(3, 64, 4)], 2),
        ([{"CPU": 64.0, "memory": 64.0 * GB}], 0),
        ([], 0),
    ],
)
def test_room_is_counted_by_machine(machines: list[dict[str, float]], room: int) -> None:
    check_room(NEEDED, room, machines)
    with pytest.raises(ConfigError, match=f"has room for {room} of {room + 1} training processes"):
        check_room(NEEDED, room + 1, machines)


class WorkersFailed(Exception):
    """As Ray Train raises it."""

    def __init__(self, failure: Exception) -> None:
        super().__init__("Training failed due to worker errors:\n...")
        self.worker_failures = {1: failure}


def test_the_reason_is_the_job_s_own_or_the_worker_s(tmp_path: Path) -> None:
    job = scratch_job(tmp_path)
    lost = _failure(job, WorkersFailed(RuntimeError("noise\nthe actor died")), None)
    assert "training on the cluster ended: the actor died" in str(lost)
    assert "There is no checkpoint yet" in str(lost)
    refused = ConfigError("other versions", where="runner.address")
    assert _failure(job, WorkersFailed(refused), None) is refused
    write_error(tmp_path / ERROR, NonFiniteLoss("the loss is nan"))
    assert isinstance(_failure(job, RuntimeError("process 0 failed"), None), NonFiniteLoss)


def test_a_checkpoint_in_the_bucket_is_named(tmp_path: Path) -> None:
    job = scratch_job(tmp_path)
    shared = RemoteScratch(memory_objects(), tmp_path)
    (tmp_path / CHECKPOINTS / "checkpoint-5").mkdir(parents=True)
    (tmp_path / CHECKPOINTS / "checkpoint-5" / "model.safetensors").touch()
    shared.send(CHECKPOINTS)
    failure = _failure(job, RuntimeError("the actor died"), shared)
    assert "resumes from the last checkpoint" in str(failure)


def test_whole_checkpoints_are_sent_and_older_ones_deleted(tmp_path: Path) -> None:
    job = scratch_job(tmp_path)
    shared = RemoteScratch(memory_objects(), tmp_path)
    sent: dict[str, int] = {}

    def checkpoint(step: int, *, whole: bool) -> None:
        path = tmp_path / CHECKPOINTS / f"checkpoint-{step}"
        path.mkdir(parents=True, exist_ok=True)
        (path / "model.safetensors").write_text("weights")
        if whole:
            (path / DIGESTS).write_text("{}")

    def names() -> set[str]:
        _send_news(job, shared, sent)
        return {name.rpartition("/")[0] or name for name in shared.names()}

    assert names() == set()
    (tmp_path / PROGRESS).write_text("{}\n")
    checkpoint(5, whole=False)
    assert names() == {PROGRESS}
    checkpoint(5, whole=True)
    assert names() == {PROGRESS, f"{CHECKPOINTS}/checkpoint-5"}
    checkpoint(10, whole=True)  # which is the last one in the order of numbers only
    assert names() == {PROGRESS, f"{CHECKPOINTS}/checkpoint-10"}
    sent.clear()  # a process that was started again
    assert names() == {PROGRESS, f"{CHECKPOINTS}/checkpoint-10"}


def test_a_checkpoint_that_was_cut_short_is_not_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However far it came: without its digests it would be taken for one of an older version."""
    here, there = tmp_path / "here" / KEY, tmp_path / "there" / KEY
    there.mkdir(parents=True)
    path = here / CHECKPOINTS / "checkpoint-5"
    path.mkdir(parents=True)
    for name in ("model.safetensors", "optimizer.pt", "trainer_state.json"):
        (path / name).write_text("{}")
    record_digests(path)
    objects = memory_objects()
    upload = objects.upload
    for allowed in range(5):
        sent: list[str] = []

        def cut_off(name: str, file: Path, sent: list[str] = sent, allowed: int = allowed) -> None:
            sent.append(name)
            if len(sent) > allowed:
                raise RegistryError("the process has ended")
            upload(name, file)

        monkeypatch.setattr(objects, "upload", cut_off)
        shared = RemoteScratch(objects, here)
        shared.clear()
        with contextlib.suppress(RegistryError):
            _send_news(scratch_job(here), shared, {})
        shutil.rmtree(there)
        there.mkdir()
        RemoteScratch(objects, there).fetch()
        assert (newest_checkpoint(there / CHECKPOINTS) is not None) == (allowed == 4)


@pytest.fixture
def work(tmp_path: Path) -> Callable[[str], Work]:
    """The same training as two machines see it, which share a bucket only."""
    objects = memory_objects()
    here = machine(objects, tmp_path / "here").store
    artifact = build(here)

    def on(name: str) -> Work:
        store = machine(objects, tmp_path / name).store
        inputs = store.root / artifact.path.relative_to(here.root)
        job = scratch_job(store.scratch(KEY)).model_copy(
            update={
                "triplets": inputs / "f.txt",
                "tokens": inputs / "sub",
                "encoder": inputs / "sub",
                "teacher": inputs / "sub",
            }
        )
        return Work(job, 1, store, {}, "a run")

    return on


def test_a_machine_takes_the_inputs_and_what_was_done(work: Callable[[str], Work]) -> None:
    first, second = work("here"), work("there")
    assert not second.job.triplets.exists()
    (first.job.scratch / PROGRESS).write_text(json.dumps({"step": 1}) + "\n")
    shared = first.shared_scratch()
    assert shared is not None
    shared.send(PROGRESS)
    there = second.shared_scratch()
    assert there is not None
    job: Job = _prepared(second, there)
    assert job.triplets.read_text() == first.job.triplets.read_text()
    assert (job.scratch / PROGRESS).read_text() == (first.job.scratch / PROGRESS).read_text()
    assert job.output.is_relative_to(job.scratch)


def test_only_a_second_start_is_one(work: Callable[[str], Work]) -> None:
    first, second = work("here"), work("there")
    assert not _was_started(first, first.shared_scratch())
    assert _was_started(first, first.shared_scratch())
    there = second.shared_scratch()
    assert there is not None
    there.fetch()
    assert _was_started(second, there), "another machine does not know that"
