"""Writing to a registry: one process at a time, and one message for what the system refuses."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from alignment.errors import RegistryError
from alignment.failures import is_disk_full
from alignment.files import make_writable
from alignment.registry.link import set_aside
from alignment.registry.version import way_out

LOCK = ".lock"


@contextmanager
def writing(root: Path, what: str) -> Iterator[None]:
    """Hold the lock of the registry in `root`.

    Args:
        root: The directory of one model.
        what: What is done, for messages, such as "publishing".

    Raises:
        ConfigError: if the directory cannot be written.
        RegistryError: if the disk is full, or the system refuses a change.
    """
    make_writable(root)
    try:
        lock = root / LOCK
        if os.path.lexists(lock) and not lock.is_file():
            set_aside(lock)  # nobody could take it any more
        with FileLock(lock):
            yield
    except OSError as error:
        if is_disk_full(error):
            raise RegistryError(
                f"the disk is full while {what}",
                where=str(root),
                hint="The deployed version has not changed. Free some space (`alignment store gc` "
                "deletes what no recent run used) and try again.",
            ) from error
        raise RegistryError(
            f"{what} failed: {error.strerror or error}",
            where=str(error.filename or root),
            hint=way_out(root.name),
        ) from error
