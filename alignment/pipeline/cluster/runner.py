"""Runs the stages of each language as tasks of a Ray cluster."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from alignment.config.runner import GB, RunnerSettings
from alignment.errors import AlignmentError, OutOfMemory, Unexpected, WorkerLost
from alignment.last_words import at_work_on
from alignment.pipeline.cluster.connection import check_place
from alignment.pipeline.cluster.task import (
    ENCODES,
    Done,
    Place,
    Task,
    installed_versions,
    perform,
)
from alignment.pipeline.runner import is_of_parts
from alignment.pipeline.threads import ThreadsRunner
from alignment.types import Artifact
from alignment.workers import available_cpus

ATTEMPTS = 4
"""How often a task is started whose worker is lost."""
HERE = ("pull",)
"""Stages that run on this machine: downloads share a lockfile and an allowance."""
MOST_WAITING = 512
"""Tasks that wait at Ray at once, each with a thread of this process."""
UNKNOWN = "a machine that did not answer"
T = TypeVar("T")
logger = logging.getLogger(__name__)


class RayRunner(ThreadsRunner):
    """Runs the calls of `map` as Ray tasks, and those of `run` in this process.

    A thread of this process waits for each task. Ray starts a task when a machine has its cores,
    memory and GPUs free.

    Implements `Runner`. The calls and their results must be picklable, and a call must have the
    same result wherever it runs. `map` raises WorkerLost or OutOfMemory if the worker of a call was
    lost `ATTEMPTS` times.
    """

    def __init__(
        self,
        settings: RunnerSettings,
        mark: Path | None,
        localized: Callable[[Artifact], Artifact] | None = None,
    ) -> None:
        """Use the cluster that `connected` has connected to.

        Args:
            settings: What a task needs.
            mark: What `connected` yields.
            localized: Brings the files of an artifact to this machine after another has built it.
        """
        import ray

        self._settings = settings
        self._mark = mark
        self._localized = localized
        self._ray = ray
        # The worker goes on when its place has been read, so that it is known however soon it dies.
        self._perform = ray.remote(
            num_returns="streaming", max_retries=0, _generator_backpressure_num_objects=1
        )(perform)
        self._running: set[Any] = set()
        self._stopped = threading.Event()

    def placed(self, stage: str, label: str, call: Callable[[], T]) -> Callable[[], T]:
        """A call that waits in its thread until a worker has made `call`."""
        if stage in HERE:
            return call
        cpus = self._settings.cpus_per_task
        task = Task(stage, label, call, cpus, self._mark, installed_versions())
        return functools.partial(self._result, task)

    def concurrency(self, stage: str, calls: int) -> int:
        """All of them within reason: Ray decides when a task starts."""
        return min(calls, available_cpus() if stage in HERE else MOST_WAITING)

    def stop(self) -> None:
        """Cancel all tasks, and start none again."""
        self._stopped.set()
        for stream in list(self._running):
            self._ray.cancel(stream, force=True)

    def _result(self, task: Task) -> Any:
        at_work_on(task.stage, task.label)
        hosts: list[str] = []
        while True:
            try:
                done = self._attempt(task, hosts)
            except self._ray.exceptions.RayTaskError as error:
                raise _failed_in_ray(error, task, hosts) from None
            except self._ray.exceptions.RayError as error:
                lost = lost_worker(error, task, hosts)
                if self._stopped.is_set() or len(hosts) >= ATTEMPTS:
                    raise lost from None
                logger.warning("%s; trying again", lost.message)
                continue
            _log_again(done.records)
            if done.error is not None:
                raise done.error
            # Nothing here reads a part: the task that puts them together takes it from the bucket.
            if self._localized is None or is_of_parts(task.stage):
                return done.value
            if isinstance(done.value, Artifact):
                return self._localized(done.value)
            return done.value

    def _attempt(self, task: Task, hosts: list[str]) -> Done:
        """Start the task once and wait for its end; `hosts` gets the name of its machine."""
        hosts.append(UNKNOWN)
        stream = self._perform.options(**task_options(self._settings, task)).remote(task)
        self._running.add(stream)
        try:
            place: Place = self._ray.get(next(stream))
            hosts[-1] = place.host
            check_place(place, None if self._mark is None else self._mark.parent)
            done: Done = self._ray.get(next(stream))
        finally:
            self._running.discard(stream)
        return done


def task_options(settings: RunnerSettings, task: Task) -> dict[str, Any]:
    """What Ray reserves for a task, and its name in Ray's lists."""
    options: dict[str, Any] = {
        "name": f"{task.stage} {task.label}",
        "num_cpus": settings.cpus_per_task,
        "memory": int(settings.memory_per_task * GB),
    }
    if settings.gpus and task.stage.partition(" ")[0] in ENCODES:
        options["num_gpus"] = settings.gpus
    return options


def _log_again(records: list[logging.LogRecord]) -> None:
    """Pass on what the worker logged, as far as this process wants to see it."""
    for record in records:
        target = logging.getLogger(record.name)
        if target.isEnabledFor(record.levelno):
            target.handle(record)


def lost_worker(error: Exception, task: Task, hosts: Sequence[str]) -> AlignmentError:
    """The error of a task whose worker is gone; `hosts` has one entry for each attempt."""
    place = f"{task.stage} of {task.label}"
    times = f"attempt {len(hosts)} of {ATTEMPTS}"
    known = [host for host in dict.fromkeys(hosts) if host != UNKNOWN]
    on = f"on {', '.join(known or [UNKNOWN])}"
    if type(error).__name__ == "OutOfMemoryError":
        return OutOfMemory(
            f"out of memory in {place} {on}: Ray killed its worker ({times})",
            hint="Raise runner.memory_per_task, so that fewer tasks run at once, or set "
            "`max_pairs` of the largest corpora. Finished stages are kept.",
        )
    return WorkerLost(
        f"the worker of {place} was lost {on} ({times})",
        hint="If it was killed, memory ran out: see `dmesg` there, and raise "
        "runner.memory_per_task. Finished stages are kept, and the next run continues from there.",
    )


def _failed_in_ray(error: Exception, task: Task, hosts: list[str]) -> AlignmentError:
    """The error of a task that Ray could not send, start or answer for."""
    cause = getattr(error, "cause", None) or error
    text = str(cause).strip().splitlines()
    return Unexpected(
        f"unexpected {type(cause).__name__} in {task.stage} of {task.label} on {hosts[-1]}: "
        f"{text[-1] if text else ''}",
        hint="This is a bug: report it with the log of the worker, which is in "
        "/tmp/ray/session_latest/logs there.",
    )
