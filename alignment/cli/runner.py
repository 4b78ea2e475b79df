"""Runs the stages in this process and prints a line for each."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

from rich.status import Status

from alignment.cli.display.console import console, say, shows_progress, styled
from alignment.cli.display.progress import TrainingBar
from alignment.cli.display.results import main_count
from alignment.config import Config
from alignment.pipeline.runner import LocalRunner, unit_of_calls
from alignment.pipeline.runners import parallel_runner
from alignment.pipeline.threads import ThreadsRunner
from alignment.pipeline.workspace import Workspace
from alignment.stages.train import log_progress
from alignment.types import Artifact, StepMetrics

T = TypeVar("T")


@contextmanager
def console_runner(config: Config, workspace: Workspace) -> Iterator[ConsoleRunner]:
    """The runner that the configuration asks for, with a printed line per stage.

    Raises:
        AlignmentError: if there is no such cluster, or it cannot be used.
    """
    with parallel_runner(config, workspace) as runner:
        yield ConsoleRunner(config.train.steps, runner)


class ConsoleRunner(LocalRunner):
    """A `LocalRunner` that prints a line per stage, and the progress of training.

    Args:
        steps: Training steps of the run, for the progress bar.
        parallel: Runs the calls of `map`, several at once; by default they run one after another.
    """

    def __init__(self, steps: int, parallel: ThreadsRunner | None = None) -> None:
        self._parallel = parallel
        self._steps = steps
        self._log = log_progress(steps)
        self._bar: TrainingBar | None = None

    def run(self, stage: str, call: Callable[[], T]) -> T:
        """Run it; an artifact gets its line."""
        started = time.monotonic()
        try:
            result = super().run(stage, call)
        finally:
            self._close_bar()
        _print_line(stage, [result], time.monotonic() - started)
        return result

    def map(self, stage: str, calls: Mapping[str, Callable[[], T]]) -> dict[str, T]:
        """Run all of them behind one spinner, then print one line for the stage."""
        started = time.monotonic()
        with console.status(styled(stage)) as status:
            if self._parallel is not None:
                counted = _Counted(status, stage, len(calls))
                results = self._parallel.map(stage, calls, counted.wrapped)
            else:
                announced = {
                    label: _announced(status, f"{stage} {label}", call)
                    for label, call in calls.items()
                }
                results = super().map(stage, announced)
        _print_line(stage, results.values(), time.monotonic() - started)
        return results

    def on_step(self, metrics: StepMetrics) -> None:
        """Show a training step: the bar on a terminal, a log line every half minute elsewhere."""
        if not shows_progress():
            self._log(metrics)
            return
        if self._bar is None:
            self._bar = TrainingBar(self._steps)
        self._bar.update(metrics)

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _announced(status: Status, text: str, call: Callable[[], T]) -> Callable[[], T]:
    def announce_and_call() -> T:
        status.update(styled(text))
        return call()

    return announce_and_call


class _Counted:
    """Says how many calls of a stage have ended."""

    def __init__(self, status: Status, stage: str, total: int) -> None:
        self._status = status
        self._stage = stage
        self._total = total
        self._ended = itertools.count(1)

    def wrapped(self, call: Callable[[], T]) -> Callable[[], T]:
        """The call, after which the count is shown whether it succeeded or not."""

        def counted() -> T:
            try:
                return call()
            finally:
                ended = f"{next(self._ended)} of {self._total} {unit_of_calls(self._stage)}"
                text = f"{self._stage}: {ended}"
                self._status.update(styled(text))

        return counted


def _print_line(stage: str, results: Iterable[object], seconds: float) -> None:
    artifacts = [result for result in results if isinstance(result, Artifact)]
    if not artifacts:
        return
    num_reused = sum(artifact.reused for artifact in artifacts)
    all_reused = num_reused == len(artifacts)
    details = []
    if len(artifacts) > 1:
        details.append(f"{len(artifacts)} {unit_of_calls(stage)}")
    if total := _total(artifacts):
        details.append(total)
    if all_reused:
        details.append("reused")
    elif num_reused:
        details.append(f"{num_reused} reused")
    mark = ("=", "dim") if all_reused else ("✓", "green")
    say(mark, f" {stage:<20} {' · '.join(details)}  ", (f"{seconds:.1f} s", "dim"))


def _total(artifacts: list[Artifact]) -> str:
    """The main count of a stage over all languages, such as `548 triplets`."""
    name = main_count(artifacts[0].counts)
    if name is None:
        return ""
    total = sum(artifact.counts[name] for artifact in artifacts)
    if name == "passed":  # by the gate
        return f"{total:,} of {artifacts[0].counts['findings']:,} passed"
    return f"{total:,} {name}"
