"""Runs a stage for several languages at once, on threads of this process."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from alignment import memory
from alignment.config.runner import GB, RunnerSettings
from alignment.pipeline.runner import LocalRunner, failures
from alignment.workers import available_cpus

T = TypeVar("T")
logger = logging.getLogger(__name__)


class ThreadsRunner(LocalRunner):
    """Runs the calls of `map` on threads, and those of `run` as a `LocalRunner` does.

    Much of the work is in Arrow, NumPy and torch, which let other threads run meanwhile.

    Implements `Runner`.
    """

    def __init__(self, threads: int) -> None:
        """Run at most `threads` calls at once."""
        self._threads = threads

    def placed(self, stage: str, label: str, call: Callable[[], T]) -> Callable[[], T]:
        """A call that makes `call` where this runner wants it to be made, and waits for it."""
        return call

    def concurrency(self, stage: str, calls: int) -> int:
        """How many of the placed calls of a stage to make at once."""
        return min(self._threads, calls)

    def map(
        self,
        stage: str,
        calls: Mapping[str, Callable[[], T]],
        wrap: Callable[[Callable[[], T]], Callable[[], T]] = lambda call: call,
    ) -> dict[str, T]:
        """See `map_on_threads`. `wrap` changes the placed calls, and stays in this process."""
        logger.info("%s: started for %s", stage, ", ".join(calls))
        started = time.monotonic()
        placed = {label: wrap(self.placed(stage, label, call)) for label, call in calls.items()}
        try:
            results = map_on_threads(stage, placed, self.concurrency(stage, len(calls)))
        except KeyboardInterrupt:
            self.stop()
            raise
        logger.info("%s: finished in %.1f s", stage, time.monotonic() - started)
        return results

    def stop(self) -> None:
        """Called at an interrupt, after which no further call starts."""


def number_of_threads(settings: RunnerSettings) -> int:
    """How many tasks fit into the cores and the free memory of this machine, at least 1."""
    threads = available_cpus() // settings.cpus_per_task
    free = memory.available_bytes()
    if free is not None:
        threads = min(threads, int(free / (settings.memory_per_task * GB)))
    return max(1, threads)


def map_on_threads(stage: str, calls: Mapping[str, Callable[[], T]], threads: int) -> dict[str, T]:
    """Each call's result by label, in the order of the calls; at most `threads` run at once.

    An interrupt (Ctrl-C) starts no further call and does not wait for those at work: they end with
    the process, and the store keeps only what is complete.

    Raises:
        Exception: see `failures`, after all calls have been tried.
    """
    batch = _Batch(calls)
    workers = []
    for number in range(min(threads, len(calls))):
        name = f"{stage} {number + 1}"
        workers.append(threading.Thread(target=batch.work, name=name, daemon=True))
    try:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    except BaseException:
        batch.stop()
        raise
    return batch.results(stage)


class _Batch(Generic[T]):
    """Calls that several threads take one after another."""

    def __init__(self, calls: Mapping[str, Callable[[], T]]) -> None:
        self._labels = list(calls)
        self._waiting = list(reversed(list(calls.items())))
        self._results: dict[str, T] = {}
        self._errors: dict[str, BaseException] = {}

    def work(self) -> None:
        """Make calls until none is left."""
        while True:
            try:
                label, call = self._waiting.pop()  # atomic, as are the assignments below
            except IndexError:
                return
            try:
                self._results[label] = call()
            except BaseException as error:  # `results` raises it in the thread that waits
                self._errors[label] = error

    def stop(self) -> None:
        """Start no further call."""
        self._waiting.clear()

    def results(self, stage: str) -> dict[str, T]:
        """The results in the order of the calls; raises what the calls raised."""
        errors: dict[str, Exception] = {}
        for label in self._labels:
            error = self._errors.get(label)
            if isinstance(error, Exception):
                errors[label] = error
            elif error is not None:
                raise error
        if errors:
            raise failures(stage, errors)
        return {label: self._results[label] for label in self._labels}
