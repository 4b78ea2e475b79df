"""What many tests use: the tiny corpus, and the command line as users run it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SMOKE = ROOT / "configs" / "smoke.yaml"
TIMEOUT = 280
TINY = ROOT / "configs" / "data" / "tiny.tsv"

Cli = Callable[..., "subprocess.CompletedProcess[str]"]


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
        env={**os.environ, "CI": "true", "COLUMNS": "160", **(env or {})},
    )


def run_here(*arguments: object, workspace: Path | str) -> int:
    """The exit code of `alignment ARGUMENTS` in this process; logging is set up as before."""
    from alignment.cli.app import app
    from alignment.cli.exit_codes import exit_code_of

    words = [*map(str, arguments), "--workspace", str(workspace)]
    with logging_as_before():
        return exit_code_of(lambda: app(words, prog_name="alignment", standalone_mode=False))


@contextmanager
def logging_as_before() -> Iterator[None]:
    """Undo what the command line sets up for the logs."""
    root = logging.getLogger()
    handlers = root.handlers[:]
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(logging.WARNING)
        logging.getLogger("alignment").setLevel(logging.NOTSET)


def line_with(text: str, output: str) -> str:
    """The only line of a command's output that has this text."""
    lines = [line for line in output.splitlines() if text in line]
    assert len(lines) == 1, f"{len(lines)} lines have {text!r}:\n{output}"
    return lines[0]
