"""What a worker of the cluster does: one call of a stage, after a look at where it runs.

It imports neither ray nor torch.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import pickle
import platform
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from alignment.failures import explained
from alignment.workers import limit_cpus

COMPARED = ("torch", "numpy", "pyarrow", "transformers", "sentence-transformers", "tokenizers")
"""Packages whose version can change the content of an artifact."""
ENCODES = ("check", "embed", "evaluate", "retrieve")
"""First word of the stages that load an encoder."""
_MAX_RECORDS = 1000


@dataclass(frozen=True)
class Task:
    """A call of a stage, as it is sent to a worker: paths and digests, no rows."""

    stage: str
    label: str
    call: Callable[[], Any]
    cpus: int
    """Cores that the call may use."""
    mark: Path | None
    """A file that the driver wrote into the workspace; None if each machine has its own copies."""
    versions: dict[str, str]
    """`installed_versions` of the driver."""


@dataclass(frozen=True)
class Place:
    """Where a task runs, which the worker sends before it begins."""

    host: str
    pid: int
    versions: dict[str, str]
    """Of Python, this package and `COMPARED`."""
    sees_workspace: bool


@dataclass(frozen=True)
class Done:
    """How a call ended: with a value or an error, and what it logged."""

    value: Any = None
    error: Exception | None = None
    records: list[logging.LogRecord] = field(default_factory=list)


def perform(task: Task) -> Iterator[Place | Done]:
    """Say where the call runs, then make it.

    Nothing is made where it could be wrong: the driver raises an error for the place.
    """
    place = look_around(task.mark)
    yield place
    if place.versions != task.versions or not place.sees_workspace:
        return
    limit_cpus(task.cpus)
    _drop_encoders(task.stage)
    yield _called(task)


def look_around(mark: Path | None) -> Place:
    """This host and process, its versions, and whether it sees the workspace of the driver."""
    sees_workspace = mark is None or mark.is_file()
    return Place(socket.gethostname(), os.getpid(), installed_versions(), sees_workspace)


@functools.cache
def installed_versions() -> dict[str, str]:
    """Versions by name; those of packages without their build, so that `+cu128` equals `+cpu`."""
    versions = {"Python": platform.python_version(), "alignment": _own_version()}
    for name in COMPARED:
        try:
            versions[name] = version(name).partition("+")[0]
        except PackageNotFoundError:
            versions[name] = "not installed"
    return versions


def _own_version() -> str:
    """The version with a digest of the code: a checkout changes while its version stays."""
    package = sys.modules[__name__.partition(".")[0]]
    root = Path(package.__path__[0])
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return f"{package.__version__} (code {digest.hexdigest()[:12]})"


def _called(task: Task) -> Done:
    collector = _Collector()
    package = logging.getLogger("alignment")
    package.addHandler(collector)
    level = package.level
    package.setLevel(logging.INFO)
    try:
        return Done(value=task.call(), records=collector.records)
    except Exception as error:
        return Done(error=_portable(error, task), records=collector.records)
    finally:
        package.setLevel(level)
        package.removeHandler(collector)


def _portable(error: Exception, task: Task) -> Exception:
    """The error, or what a user sees of it if it cannot be sent to another process."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    except Exception:  # whatever a class of errors does there
        return explained(error, task.stage, task.label)
    return error


def _drop_encoders(stage: str) -> None:
    """Free the memory of encoders that earlier tasks loaded, if this one needs none."""
    cache = sys.modules.get("alignment.encoder.cache")
    if cache is not None and stage.partition(" ")[0] not in ENCODES:
        cache.clear_encoders()


class _Collector(logging.Handler):
    """Keeps the first records, as text: their arguments may be anything."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a copy of the record."""
        if len(self.records) >= _MAX_RECORDS:
            return
        values = {**record.__dict__, "msg": record.getMessage(), "args": None, "exc_info": None}
        self.records.append(logging.makeLogRecord(values))
