"""A disk under a process that is killed, or whose power is cut, at a chosen file operation."""

from __future__ import annotations

import builtins
import errno
import io
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

_MUTATIONS = ("mkdir", "replace", "rename", "symlink", "unlink", "remove", "rmdir", "chmod")

_FREEING = ("replace", "rename", "unlink", "remove", "rmdir", "chmod")
"""What a full disk still does."""


class Operation(NamedTuple):
    """A change of a file."""

    text: str
    unsynced: bool
    """Whether something was written before it and not flushed."""


class Killed(BaseException):
    """The process has ended: nothing that it does afterwards reaches the disk."""


class FaultyDisk:
    """Counts the operations that change files, and ends the process at one of them.

    A torn write leaves half of its bytes. `cut_power` damages what was written but not flushed.
    With `full`, the process lives on, but from that operation on the disk takes nothing more.
    """

    def __init__(
        self, die_at: int | None = None, *, torn: bool = False, full: bool = False
    ) -> None:
        self.operations: list[Operation] = []
        self._die_at = die_at
        self._torn = torn
        self._full = full
        self._dead = False
        self._unsynced: set[int] = set()  # inodes
        self._open = builtins.open
        self._fsync = os.fsync

    def run(self, action: Callable[[], object]) -> bool:
        """Do it on this disk; returns whether the process survived."""
        with ExitStack() as patches:
            for name in _MUTATIONS:
                replacement = self._watched(name, getattr(os, name))
                patches.enter_context(mock.patch.object(os, name, replacement))
            patches.enter_context(mock.patch.object(os, "fsync", self._watched_fsync))
            patches.enter_context(mock.patch.object(io, "open", self._watched_open))
            patches.enter_context(mock.patch.object(builtins, "open", self._watched_open))
            # It copies inside the kernel, where no write is seen.
            patches.enter_context(mock.patch.object(shutil, "_USE_CP_SENDFILE", False))
            try:
                action()
            except Killed:
                return False
        return True

    def cut_power(self, root: Path) -> None:
        """Halve every file under `root` that was written and not flushed."""
        for path in root.rglob("*"):
            if path.is_file() and not path.is_symlink() and path.stat().st_ino in self._unsynced:
                os.truncate(path, path.stat().st_size // 2)

    def write(self, file: _Raw, data: Any) -> int:
        """What a write to an open file does."""
        if self._dead:
            return len(data)
        try:
            self._step("write")
        except (Killed, OSError) as error:
            if self._torn or self._full:
                io.FileIO.write(file, bytes(data)[: len(data) // 2])
            if isinstance(error, OSError):
                raise
            return len(data)
        self._unsynced.add(os.fstat(file.fileno()).st_ino)
        return io.FileIO.write(file, data)

    def _step(self, operation: str) -> None:
        if self._dead:
            raise Killed
        if self._die_at is not None and len(self.operations) >= self._die_at:
            if not self._full:
                self._dead = True
                raise Killed
            if not operation.startswith(_FREEING):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.operations.append(Operation(operation, bool(self._unsynced)))

    def _watched(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            self._step(f"{name} {arguments[0]}")
            return original(*arguments, **options)

        return call

    def _watched_fsync(self, descriptor: int) -> None:
        if self._dead:
            raise Killed
        self._unsynced.discard(os.fstat(descriptor).st_ino)

    def _watched_open(self, file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if isinstance(file, int) or not set(mode) & set("wax+"):
            return self._open(file, mode, *arguments, **options)
        self._step(f"open {file}")
        raw = _Raw(self, file, mode.replace("b", "").replace("t", ""))
        buffered = io.BufferedWriter(raw)
        if "b" in mode:
            return buffered
        return io.TextIOWrapper(buffered, encoding=options.get("encoding"))


class _Raw(io.FileIO):
    """A file on a faulty disk."""

    def __init__(self, disk: FaultyDisk, file: Any, mode: str) -> None:
        super().__init__(file, mode)
        self._disk = disk

    def write(self, data: Any) -> int:
        return self._disk.write(self, data)


@contextmanager
def no_fsync() -> Iterator[None]:
    """Do not wait for the disk."""
    with mock.patch.object(os, "fsync", lambda descriptor: None):
        yield
