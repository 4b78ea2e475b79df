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

from alignment.parents import PARENT

STOP_SECONDS = 20
READY_SECONDS = 600.0
"""A process that is not ready by then is given up; a first start takes a minute at most."""
MAX_RESTARTS = 5
WINDOW_SECONDS = 600.0
"""A process that is restarted more than `MAX_RESTARTS` times in this time is given up."""
PAUSE_SECONDS = 2.0
"""Between the first and the second restart within that time; twice as long each time after."""
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
    """Python modules in the background; a context manager that stops them, newest first.

    They also end if this process is killed.
    """

    def __init__(
        self,
        environment: dict[str, str],
        directory: Path,
        program: tuple[str, ...] = (sys.executable, "-m"),
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

    def start(
        self, name: str, *arguments: str, is_ready: Callable[[], bool] = lambda: True
    ) -> None:
        """Start `python -m ARGUMENTS` and wait until it is ready.

        Args:
            name: What messages call it, after "the Prefect".
            arguments: The module and its arguments.
            is_ready: Whether it does what it is there for.

        Raises:
            GivenUpError: if it ends before that, or is not ready within `READY_SECONDS`.
        """
        self._children[name] = _Child(arguments, is_ready, self._launch(arguments))
        if not self._gets_ready(name):
            code = self._children[name].process.returncode
            raise GivenUpError(f"the Prefect {name} ended with code {code} at its start")

    def revive(self) -> None:
        """Restart those that have ended; one that ends again waits longer each time.

        Raises:
            GivenUpError: if one ends again and again, or does not get ready.
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
            if now < _may_restart_at(child.restarts):
                continue
            child.restarts.append(now)
            logger.warning("the Prefect %s ended with code %d; it is restarted", name, code)
            child.process = self._launch(child.arguments)
            self._gets_ready(name)  # if it has ended, the next call sees it

    def end(self, name: str) -> None:
        """Stop one that hangs; `revive` starts it again."""
        _stop(self._children[name].process)

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
            (sys.executable, "-m", "alignment.parents", *self._program, *arguments),
            env={**self._environment, PARENT: str(os.getpid())},
            cwd=self._directory,
        )

    def _gets_ready(self, name: str) -> bool:
        """Wait until it is ready; returns False if it ends before that.

        Raises:
            GivenUpError: if it is not ready within `READY_SECONDS`.
        """
        child = self._children[name]
        deadline = time.monotonic() + READY_SECONDS
        while not child.is_ready():
            if child.process.poll() is not None:
                return False
            if time.monotonic() > deadline:
                raise GivenUpError(
                    f"the Prefect {name} was not ready within {READY_SECONDS / 60:.0f} minutes"
                )
            time.sleep(0.5)
        return True


def _may_restart_at(restarts: list[float]) -> float:
    """When a process that was restarted at these times may be restarted again."""
    if not restarts:
        return 0.0
    return restarts[-1] + PAUSE_SECONDS * 2.0 ** (len(restarts) - 1)


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
