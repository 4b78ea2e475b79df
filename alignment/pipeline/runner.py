"""Who runs the stages: this process, worker threads, a Ray cluster, or Prefect."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, TypeVar

from alignment.errors import AlignmentError
from alignment.failures import explained, is_failure
from alignment.last_words import at_work_on

PART = " part"
"""How the names of stages end that do a part of a language."""
T = TypeVar("T")
logger = logging.getLogger(__name__)


class Runner(Protocol):
    """Runs stages: one call, or one call for each of several languages."""

    def run(self, stage: str, call: Callable[[], T]) -> T:
        """The call's result."""
        ...

    def map(self, stage: str, calls: Mapping[str, Callable[[], T]]) -> dict[str, T]:
        """Each call's result by label. All calls are tried before the failures are raised."""
        ...


class LocalRunner:
    """Runs stages in this process, one after another. It logs and prints nothing.

    Implements `Runner`.
    """

    def run(self, stage: str, call: Callable[[], T]) -> T:
        """The call's result; what it raises is passed on."""
        logger.info("%s: started", stage)
        started = time.monotonic()
        result = call()
        logger.info("%s: finished in %.1f s", stage, time.monotonic() - started)
        return result

    def map(self, stage: str, calls: Mapping[str, Callable[[], T]]) -> dict[str, T]:
        """Each call's result by label.

        Raises:
            Exception: see `failures`, after all calls have been tried.
        """
        logger.info("%s: started for %s", stage, ", ".join(calls))
        started = time.monotonic()
        results: dict[str, T] = {}
        errors: dict[str, Exception] = {}
        for label, call in calls.items():
            try:
                results[label] = call()
            except Exception as error:  # all failures are raised together below
                errors[label] = error
        if errors:
            raise failures(stage, errors)
        logger.info("%s: finished in %.1f s", stage, time.monotonic() - started)
        return results


class GuardedRunner:
    """Runs stages by another runner, and says in which stage and language an error occurred.

    Implements `Runner`.
    """

    def __init__(self, runner: Runner, directory: Path) -> None:
        """Guard the calls of `runner`; tracebacks of unexpected errors go to `directory`."""
        self._runner = runner
        self._directory = directory

    def run(self, stage: str, call: Callable[[], T]) -> T:
        """See `Runner.run`."""
        return self._runner.run(stage, self._guarded(stage, "", call))

    def map(self, stage: str, calls: Mapping[str, Callable[[], T]]) -> dict[str, T]:
        """See `Runner.map`."""
        guarded = {label: self._guarded(stage, label, call) for label, call in calls.items()}
        return self._runner.map(stage, guarded)

    def _guarded(self, stage: str, label: str, call: Callable[[], T]) -> Callable[[], T]:
        return functools.partial(_call_guarded, call, stage, label, self._directory)


def _call_guarded(call: Callable[[], T], stage: str, label: str, directory: Path) -> T:
    """A function of the module: a runner may send it to another process."""
    at_work_on(stage, label)
    try:
        return call()
    except BaseException as error:  # whatever it is, its place must not be lost
        if not is_failure(error):
            raise
        failure = explained(error, stage, label, directory)
        if failure is error:
            raise
        raise failure from error


def guarded(runner: Runner, root: Path) -> GuardedRunner:
    """The runner with errors that name their stage; tracebacks go to `errors` in the workspace."""
    if isinstance(runner, GuardedRunner):
        return runner
    return GuardedRunner(runner, root / "errors")


def is_of_parts(stage: str) -> bool:
    """Whether the calls of a stage are parts of languages, and not whole languages."""
    return stage.endswith(PART)


def unit_of_calls(stage: str) -> str:
    """What the calls of a stage are, for messages."""
    return "parts" if is_of_parts(stage) else "languages"


def failures(stage: str, errors: Mapping[str, Exception]) -> Exception:
    """One error for what failed by label: the error itself if it is the only one.

    The parts of a language often fail in the same way, which is said once.
    """
    texts = {str(error) for error in errors.values()}
    if len(errors) == 1 or (is_of_parts(stage) and len(texts) == 1):
        return next(iter(errors.values()))
    lines = "\n  ".join(f"{label}: {error}" for label, error in errors.items())
    failed = f"{len(errors)} {unit_of_calls(stage)}"
    combined = AlignmentError(f"{stage} failed for {failed}:\n  {lines}")
    combined.exit_code = max(getattr(error, "exit_code", 1) for error in errors.values())
    return combined
