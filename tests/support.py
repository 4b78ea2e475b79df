"""What many tests use: the tiny corpus, and the command line as users run it."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alignment.training.job import Job
    from alignment.types import StepCallback

ROOT = Path(__file__).resolve().parent.parent
SMOKE = ROOT / "configs" / "smoke.yaml"
TIMEOUT = 280
TINY = ROOT / "configs" / "data" / "tiny.tsv"
SETTINGS = {"CI": "true", "COLUMNS": "160"}
"""The environment of a command: no bars, and lines that are long enough for every table."""

Cli = Callable[..., "subprocess.CompletedProcess[str]"]


def import_path(root: Path = ROOT) -> str:
    """PYTHONPATH with this checkout first."""
    return os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH", "")]))


def run_cli(
    *arguments: object, cwd: Path | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `alignment ARGUMENTS` in a new process."""
    return subprocess.run(
        [sys.executable, "-m", "alignment", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd or ROOT,
        timeout=TIMEOUT,
        check=False,
        env={**os.environ, **SETTINGS, **(env or {})},
    )


def run_in_process(
    *arguments: object, cwd: Path | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """As `run_cli`, but in this process, which saves the seconds that imports take.

    Libraries that read the environment when they are imported need `run_cli`.
    """
    from alignment.cli.app import app
    from alignment.cli.exit_codes import exit_code_of

    words = [str(argument) for argument in arguments]
    settings = {**SETTINGS, **(env or {})}
    output, errors = (stream_in_memory(settings) for _ in range(2))
    with (
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
        contextlib.chdir(cwd or ROOT),
        environment_with(settings),
        logging_as_before(),
    ):
        code = exit_code_of(lambda: app(words, prog_name="alignment", standalone_mode=False))
    return subprocess.CompletedProcess(words, code, written(output), written(errors))


def train_here(job: Job, on_step: StepCallback) -> None:
    """In place of `alignment.training.launch.launch`: trains in this process.

    That saves the seconds in which a new process imports torch.
    """
    from alignment.training.job import LOG, PROGRESS
    from alignment.training.progress import read_metrics
    from alignment.training.run import run

    (job.scratch / LOG).touch()
    run(job)
    for metrics in read_metrics(job.scratch / PROGRESS):
        on_step(metrics)


def stream_in_memory(settings: dict[str, str]) -> io.TextIOWrapper:
    """A standard stream as Python opens it with these environment variables."""
    encoding = settings.get("PYTHONIOENCODING", "utf-8")
    return io.TextIOWrapper(io.BytesIO(), encoding, write_through=True)


def written(stream: io.TextIOWrapper) -> str:
    """What was written to a stream in memory."""
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode()


@contextmanager
def environment_with(settings: dict[str, str]) -> Iterator[None]:
    """Add these variables; undo that, and what the command changes."""
    before = dict(os.environ)
    os.environ.update(settings)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def run_here(*arguments: object, workspace: Path | str) -> int:
    """The exit code of `alignment ARGUMENTS` in this process; logging is set up as before."""
    from alignment.cli.app import app
    from alignment.cli.exit_codes import exit_code_of

    words = [*map(str, arguments), "--workspace", str(workspace)]
    with logging_as_before():
        return exit_code_of(lambda: app(words, prog_name="alignment", standalone_mode=False))


@contextmanager
def logging_as_before() -> Iterator[None]:
    """Undo what the command line sets up for the logs, and what importing Prefect set up."""
    root = logging.getLogger()
    ours = logging.getLogger("alignment")
    handlers = root.handlers[:]
    prefects, propagate = ours.handlers[:], ours.propagate
    ours.handlers[:] = []
    ours.propagate = True
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(logging.WARNING)
        ours.handlers[:] = prefects
        ours.propagate = propagate
        ours.setLevel(logging.NOTSET)


def line_with(text: str, output: str) -> str:
    """The only line of a command's output that has this text."""
    lines = [line for line in output.splitlines() if text in line]
    assert len(lines) == 1, f"{len(lines)} lines have {text!r}:\n{output}"
    return lines[0]
