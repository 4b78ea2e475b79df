"""Which artifacts the processes of this machine read, so that no other process deletes them.

Each process has one file with the keys of the artifacts that it has asked for, and holds a lock on
it that the system frees when the process ends, however it ends. A key is noted, and an artifact is
deleted, under one lock of the machine: whoever notes a key finds the artifact whole or not at all.
"""

from __future__ import annotations

import os
import threading
import uuid
import weakref
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

_LOCK = ".lock"
_KEYS = ".keys"


class Uses:
    """The keys that processes of this machine have noted.

    Args:
        root: A directory for their files.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._noted: set[str] = set()
        self._guard = threading.Lock()
        self._name: str | None = None

    def note(self, key: str) -> None:
        """From now on, and for as long as this object exists, this key is in use."""
        if key in self._noted:
            return
        with self._guard, self._exclusive():
            with self._file().open("a", encoding="utf-8") as file:
                file.write(f"{key}\n")
            self._noted.add(key)

    def unless_used(self, key: str, delete: Callable[[], None]) -> bool:
        """Delete something, unless a process uses this key; returns whether it was deleted."""
        with self._guard, self._exclusive():
            if key in self._in_use():
                return False
            delete()
            return True

    def _exclusive(self) -> FileLock:
        self._root.mkdir(parents=True, exist_ok=True)
        return FileLock(self._root / "all.lock")

    def _file(self) -> Path:
        """The file of this process, which is locked until the process or this object ends."""
        if self._name is None:
            self._name = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
            lock = FileLock(self._root / f"{self._name}{_LOCK}", thread_local=False)
            lock.acquire()
            keys = self._root / f"{self._name}{_KEYS}"
            weakref.finalize(self, _end, lock, keys, os.getpid())
        return self._root / f"{self._name}{_KEYS}"

    def _in_use(self) -> set[str]:
        """All keys that living processes have noted; files of dead ones are deleted."""
        keys = set(self._noted)
        for path in self._root.glob(f"*{_KEYS}"):
            if path.stem != self._name and _is_dead(path.with_suffix(_LOCK)):
                path.unlink(missing_ok=True)
                path.with_suffix(_LOCK).unlink(missing_ok=True)
            else:
                keys.update(path.read_text(encoding="utf-8").split())
        return keys


def _is_dead(lock: Path) -> bool:
    """Whether the process that held this lock has ended."""
    try:
        with FileLock(lock, blocking=False):
            return True
    except Timeout:
        return False


def _end(lock: FileLock, keys: Path, process: int) -> None:
    if os.getpid() != process:  # a fork: its end is not that of the process that uses the keys
        return
    keys.unlink(missing_ok=True)
    lock.release()
    keys.with_suffix(_LOCK).unlink(missing_ok=True)
