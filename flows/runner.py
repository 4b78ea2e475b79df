"""Runs the stages as Prefect tasks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from prefect import Task, task, unmapped
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.futures import PrefectFuture
from prefect.task_runners import ThreadPoolTaskRunner

from alignment.errors import AlignmentError
from alignment.pipeline.runner import failures
from alignment.pipeline.threads import ThreadsRunner
from alignment.types import Artifact
from flows.states import reused

RETRIES = 2
RETRY_SECONDS: list[float] = [10, 60]

T = TypeVar("T")
logger = logging.getLogger("alignment.flow")


def _is_retryable(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Retry only what may succeed without a change by the user, such as a download."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, AlignmentError) and error.retryable


# The store decides what is reused; Prefect's cache would not notice a change in the stage's code.
_task = task(
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=RETRIES,
    retry_delay_seconds=RETRY_SECONDS,
    retry_condition_fn=_is_retryable,
)


@_task
def stage(name: str, label: str, calls: Mapping[str, Callable[[], T]]) -> T | State[T]:
    """The call of one language (`label`), or the only call of a stage.

    The task ends as Reused if the store had the artifact.
    """
    logger.debug("%s %s", name, label)
    result = calls[label]()
    if isinstance(result, Artifact) and result.reused:
        return reused(result)
    return result


class PrefectRunner:
    """Runs each call as a task. Implements `Runner`.

    The tasks of `map` run on the threads of the flow, or as many at once as `parallel` asks for. On
    a Ray cluster the thread of a task waits for the worker, so that only this process needs Prefect
    and its server (docs/decisions/0018).
    """

    def __init__(self, parallel: ThreadsRunner | None = None) -> None:
        self._parallel = parallel

    def run(self, name: str, call: Callable[[], T]) -> T:
        """The call's result, from one task."""
        named = stage.with_options(name=name, task_run_name=name)
        state: State[Any] = named(name, "", {"": call}, return_state=True)
        result: T = state.result()
        return result

    def map(self, name: str, calls: Mapping[str, Callable[[], T]]) -> dict[str, T]:
        """Each call's result by label, from a mapped task.

        Waits for all of them, then raises the failures together.
        """
        mapped = stage.with_options(name=name, task_run_name=f"{name} {{label}}")
        if self._parallel is None:
            return _gathered(name, calls, mapped.map(name, list(calls), unmapped(calls)))
        placed = {label: self._parallel.placed(name, label, call) for label, call in calls.items()}
        threads = self._parallel.concurrency(name, len(calls))
        parameters = {"name": name, "label": list(calls), "calls": unmapped(placed)}
        pool: ThreadPoolTaskRunner[Any] = ThreadPoolTaskRunner(max_workers=threads)
        with pool:
            return _gathered(name, calls, pool.map(mapped, parameters))


def _gathered(
    name: str, calls: Mapping[str, Callable[[], T]], futures: Iterable[PrefectFuture[Any]]
) -> dict[str, T]:
    """The results by label, when all tasks have ended."""
    results: dict[str, T] = {}
    failed: dict[str, Exception] = {}
    for label, future in zip(calls, futures, strict=True):
        result: Any = future.result(raise_on_failure=False)
        if isinstance(result, Exception):
            failed[label] = result
        else:
            results[label] = result
    if failed:
        raise failures(name, failed)
    return results
