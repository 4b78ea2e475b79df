"""Calls that go wrong on a worker, and runners that plant them. Workers import this module."""

from __future__ import annotations

import functools
import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from alignment.config.runner import RunnerSettings
from alignment.errors import EmptyCorpus
from alignment.pipeline.cluster.runner import RayRunner
from alignment.types import Artifact

T = TypeVar("T")


class Saboteur(RayRunner):
    """Kills the worker of some calls at their first attempt."""

    def __init__(
        self, settings: RunnerSettings, mark: Path, flags: Path, victims: dict[tuple[str, str], Any]
    ) -> None:
        """`victims` has, by stage and language, what kills the worker."""
        super().__init__(settings, mark)
        self._store = mark.parent / "store"
        self._flags = flags
        self._victims = victims

    def placed(self, stage: str, label: str, call: Callable[[], T]) -> Callable[[], T]:
        """See `RayRunner.placed`."""
        kill = self._victims.get((stage, label))
        if kill is not None:
            flag = self._flags / f"{stage}-{label}"
            call = functools.partial(killed_once, call, flag, self._store, kill)
        return super().placed(stage, label, call)


class Elsewhere(RayRunner):
    """A runner whose workers are on machines with directories of their own."""

    def placed(self, stage: str, label: str, call: Callable[[], T]) -> Callable[[], T]:
        """See `RayRunner.placed`."""
        return super().placed(stage, label, functools.partial(built_elsewhere, stage, call))


def built_elsewhere(stage: str, call: Callable[[], T]) -> T:
    """Make the call; its artifact is then on no machine, but in the bucket."""
    result = call()
    if isinstance(result, Artifact) and stage != "pull":
        shutil.rmtree(result.path)
    return result


def killed_once(call: Callable[[], T], flag: Path, store: Path, kill: Callable[[], None]) -> T:
    """Make the call; at the first attempt the process is killed when it has begun to write."""
    if flag.exists():
        return call()
    flag.touch()
    watcher = threading.Thread(target=_kill_when_writing, args=(store, kill), daemon=True)
    watcher.start()
    call()
    kill()
    time.sleep(60)
    raise AssertionError("the worker was not killed")


def _kill_when_writing(store: Path, kill: Callable[[], None]) -> None:
    while not any((store / "tmp").glob("*/*")) and not any((store / "scratch").glob("*/*/*")):
        time.sleep(0.001)
    kill()


def kill_process() -> None:
    """Kill this worker."""
    os.kill(os.getpid(), signal.SIGKILL)


def kill_machine() -> None:
    """Kill the Ray of this machine, of which the worker is a child."""
    os.kill(os.getppid(), signal.SIGKILL)
    kill_process()


def refuse() -> None:
    """Raise an error of the package."""
    raise EmptyCorpus("nothing left", where="a.tsv", hint="Add text.")


def note(directory: Path, seconds: float) -> str:
    """Say how long this call ran, in a file; returns the host."""
    name = f"{os.getpid()}-{time.time_ns()}"
    started = time.time()
    time.sleep(seconds)
    (directory / name).write_text(f"{started} {time.time()}")
    return socket.gethostname()
