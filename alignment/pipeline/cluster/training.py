"""Training on the machines of a Ray cluster, with Ray Train."""

from __future__ import annotations

import shutil
import threading
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from alignment.config import Train
from alignment.config.runner import GB, RunnerSettings
from alignment.errors import AlignmentError, ConfigError, TrainingError
from alignment.pipeline.cluster.task import installed_versions
from alignment.pipeline.cluster.training_worker import LAST, OUTPUT, Work, train_worker
from alignment.store import Store
from alignment.store.mirrors import SharedScratch
from alignment.training.agent import MAX_RESTARTS
from alignment.training.job import CHECKPOINTS, ERROR, LOG, PROGRESS, WARNINGS, Job
from alignment.training.launch import POLL_SECONDS, Reports, next_run
from alignment.training.messages import read_error
from alignment.training.resume import newest_checkpoint
from alignment.types import StepCallback

FETCH_SECONDS = 2.0
"""Between two looks at the object store for new steps."""


class RayTraining:
    """Trains with `train.workers` processes on the cluster that is connected. A `Launcher`."""

    def __init__(self, settings: RunnerSettings, store: Store) -> None:
        """Use what a task has in `settings`; every worker sees the artifacts of `store`."""
        self._settings = settings
        self._store = store

    def __call__(self, job: Job, on_step: StepCallback) -> None:
        """Train, call `on_step` after each step, and log the workers' warnings.

        Raises:
            ConfigError: if the cluster has no room for the workers.
            AlignmentError: that of a worker, or a TrainingError if one ended otherwise.
        """
        import ray

        needed = resources(self._settings, job.train)
        offered = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        check_room(needed, job.train.workers, offered)
        reports = Reports(job, on_step)
        work = Work(
            job,
            self._settings.cpus_per_task,
            self._store,
            installed_versions(),
            uuid.uuid4().hex,
        )
        shared = work.shared_scratch()
        if shared is not None:
            shared.delete(ERROR, WARNINGS)
        error = _fit(_trainer(work, needed), reports, shared)
        if shared is not None:
            shared.fetch(*LAST, OUTPUT)
        if error is not None:
            raise _failure(job, error, shared)
        if shared is not None:
            job.output.mkdir(parents=True, exist_ok=True)
            shutil.copytree(job.scratch / OUTPUT, job.output, dirs_exist_ok=True)


def resources(settings: RunnerSettings, train: Train) -> dict[str, float]:
    """What Ray reserves for each training process."""
    return {
        "CPU": float(settings.cpus_per_task),
        "memory": settings.memory_per_task * GB,
        "GPU": float(train.gpus_per_worker),
    }


def check_room(
    needed: Mapping[str, float], workers: int, offered: Sequence[Mapping[str, float]]
) -> None:
    """Check that the machines have room for all workers at once; Ray would wait for ever.

    Raises:
        ConfigError: if not.
    """
    room = 0
    for machine in offered:
        fits = [machine.get(name, 0.0) / amount for name, amount in needed.items() if amount]
        room += int(min(fits))
    if room < workers:
        raise ConfigError(
            f"the cluster has room for {room} of {workers} training processes with "
            f"{needed['CPU']:g} CPUs, {needed['memory'] / GB:g} GB and {needed['GPU']:g} GPUs each",
            where="train.workers",
            hint="Lower it, or runner.cpus_per_task, runner.memory_per_task or "
            "train.gpus_per_worker, or add a machine with `ray start --address`.",
        )


def _trainer(work: Work, needed: Mapping[str, float]) -> Any:
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer

    from alignment.training.ranks import TIMEOUT  # imports torch, as TorchTrainer does

    timeout = int(TIMEOUT.total_seconds())
    gpus = needed["GPU"]
    per_worker = {name: amount for name, amount in needed.items() if amount}
    return TorchTrainer(
        train_worker,
        train_loop_config={"work": work},
        torch_config=TorchConfig(backend="nccl" if gpus else "gloo", timeout_s=timeout),
        scaling_config=ScalingConfig(
            num_workers=work.job.train.workers, use_gpu=gpus > 0, resources_per_worker=per_worker
        ),
        run_config=RunConfig(
            name=work.job.scratch.name,
            storage_path=str(work.job.scratch / "ray"),
            failure_config=FailureConfig(max_failures=MAX_RESTARTS),
        ),
    )


def _fit(trainer: Any, reports: Reports, shared: SharedScratch | None) -> Exception | None:
    """Wait for the end, and pass on what the workers report; returns why it failed."""
    failed: list[Exception] = []

    def fit() -> None:
        try:
            trainer.fit()
        except Exception as error:  # of many kinds
            failed.append(error)

    thread = threading.Thread(target=fit, name="train", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(POLL_SECONDS if shared is None else FETCH_SECONDS)
        if shared is not None:
            shared.fetch(PROGRESS, WARNINGS)
        reports.pass_on()
    return failed[0] if failed else None


def _failure(job: Job, error: Exception, shared: SharedScratch | None) -> AlignmentError:
    known = read_error(job.scratch / ERROR)
    if known is not None:
        return known
    failures = list(getattr(error, "worker_failures", {}).values())
    for failure in failures:
        if isinstance(failure, AlignmentError):
            return failure
    if shared is None:
        resumes = newest_checkpoint(job.scratch / CHECKPOINTS) is not None
    else:
        resumes = any(name.startswith(f"{CHECKPOINTS}/") for name in shared.names())
    cause = failures[0] if failures else error
    reason = (str(cause).strip() or type(cause).__name__).splitlines()[-1]
    return TrainingError(
        f"training on the cluster ended: {reason}",
        where=str(job.scratch / LOG),
        hint=f"{next_run(resumes=resumes)} "
        "The logs of the workers are in /tmp/ray/session_latest/logs of their machines.",
    )
