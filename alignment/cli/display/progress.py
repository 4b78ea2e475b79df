"""Bars: one for the training steps, one for each download, one for whatever is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from alignment.cli.display.console import console, shows_progress
from alignment.downloads import Downloads
from alignment.downloads.address import file_name
from alignment.printable import printable_line
from alignment.types import StepMetrics

MAX_NAME = 40


class TrainingBar:
    """A bar over the training steps with the figures of the last one."""

    def __init__(self, steps: int) -> None:
        self._progress = Progress(
            TextColumn("  train"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[figures]}", markup=False),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task("train", total=steps, figures="")
        self._progress.start()

    def update(self, metrics: StepMetrics) -> None:
        """Move on to this step."""
        rate = metrics.triplets / max(metrics.seconds, 1e-9)
        figures = f"loss {metrics.loss:.4f}  active {metrics.active:4.0%}  {rate:5.1f} triplets/s"
        self._progress.update(self._task, completed=metrics.step, figures=figures)

    def close(self) -> None:
        """Remove the bar."""
        self._progress.stop()


@contextmanager
def counting_bar(label: str, total: int) -> Iterator[Callable[[str], None]]:
    """A bar on a terminal, and nothing elsewhere; call the result with what has been done."""
    if not shows_progress():
        yield lambda _: None
        return
    columns = [
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    ]
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(printable_line(label)[:MAX_NAME], total=total)
        yield lambda _: bar.advance(task)


@contextmanager
def download_bars(downloads: Downloads) -> Iterator[None]:
    """Shows a bar for each download on a terminal, and nothing elsewhere."""
    if not shows_progress():
        yield
        return
    columns = [
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    ]
    with Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(url: str, done: int, size: int | None) -> None:
            if url not in tasks:
                tasks[url] = bars.add_task(bar_name(url), total=size)
            bars.update(tasks[url], completed=done, total=size)

        downloads.progress = show
        try:
            yield
        finally:
            downloads.progress = None


def bar_name(url: str) -> str:
    """The file that an address names, without its query."""
    return printable_line(file_name(url))[:MAX_NAME]
