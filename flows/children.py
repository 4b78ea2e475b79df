"""Processes that run in the background: they end with this one, and are restarted if they end."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from flows.with_parent import PARENT

STOP_SECONDS = 20
MAX_RESTARTS = 5
WINDOW_SECONDS = 600.0
"""A process that is restarted more than `MAX_RESTARTS` times in this time is given up."""
logger = logging.getLogger("alignment.serve")


class GivenUpError(Exception):
    """A process ended again and again; the message names it."""


@dataclass
class _Child:
    arguments: tuple[str, ...]
    is_ready: Callable[[], bool]
    process: subprocess.Popen[bytes]
    restarts: list[float] = field(default_factory=list)


class Children:
    """`prefect` commands in the background; a context manager that stops them, newest first.

    They also end if this process is killed.
    """

    def __init__(
        self,
        environment: dict[str, str],
        directory: Path,
        program: tuple[str, ...] = (sys.executable, "-m", "prefect"),
    ) -> None:
        """Start nothing yet.

        Args:
            environment: Environment variables of the commands.
            directory: Working directory of the commands.
            program: What all commands begin with.
        """
        self._environment = environment
        self._directory = directory
        self._program = program
        self._children: dict[str, _Child] = {}

    def start(self, *arguments: str, is_ready: Callable[[], bool] = lambda: True) -> None:
        """Start `prefect ARGUMENTS` and wait until it is ready.

        Raises:
            GivenUpError: if it ends before that.
        """
        name = arguments[0]
        self._children[name] = _Child(arguments, is_ready, self._launch(arguments))
        self._wait_until_ready(name)

    def revive(self) -> None:
        """Restart those that have ended.

        Raises:
            GivenUpError: if one ends again and again.
        """
        for name, child in self._children.items():
            code = child.process.poll()
            if code is None:
                continue
            now = time.monotonic()
            child.restarts = [then for then in child.restarts if now - then < WINDOW_SECONDS]
            if len(child.restarts) == MAX_RESTARTS:
                raise GivenUpError(
                    f"the Prefect {name} ended {MAX_RESTARTS + 1} times within "
                    f"{WINDOW_SECONDS / 60:.0f} minutes, last with code {code}; see its messages"
                )
            child.restarts.append(now)
            logger.warning("the Prefect %s ended with code %d; it is restarted", name, code)
            child.process = self._launch(child.arguments)
            self._wait_until_ready(name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for child in reversed(self._children.values()):
            _stop(child.process)

    def _launch(self, arguments: tuple[str, ...]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            (sys.executable, "-m", "flows.with_parent", *self._program, *arguments),
            env={**self._environment, PARENT: str(os.getpid())},
            cwd=self._directory,
        )

    def _wait_until_ready(self, name: str) -> None:
        child = self._children[name]
        while not child.is_ready():
            code = child.process.poll()
            if code is not None:
                raise GivenUpError(f"the Prefect {name} ended with code {code} at its start")
            time.sleep(0.5)


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
