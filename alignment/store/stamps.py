"""Comparing files with their digests, once for each state of a file.

Hashing a gigabyte takes half a second or more, so a file that was compared before is not read again
as long as its size, both of its times and its inode are the same. A program can set the time of
modification, but not the time of change.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from alignment.errors import Corrupt
from alignment.files import file_digest, write_json
from alignment.text import parse_json

SETTLED_NS = 2_000_000_000
"""A file that changed less than two seconds before it was read may change again within the same
tick of the file system's clock (2 s on FAT), so it is not remembered."""


class Stamp(NamedTuple):
    """What a file looked like when its content had this digest."""

    size: int
    modified_ns: int
    changed_ns: int
    inode: int
    digest: str

    @classmethod
    def of(cls, path: Path, digest: str) -> Stamp:
        """The present stamp of a file.

        Raises:
            OSError: if there is no such file.
        """
        status = path.stat()
        return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, digest)

    def settled(self, now_ns: int) -> bool:
        """Whether every later change of the file gives it another stamp."""
        return max(self.modified_ns, self.changed_ns) + SETTLED_NS < now_ns


def check_file(path: Path, expected: str, known: Stamp | None = None) -> Stamp | None:
    """Compare the file with its sha256, unless `known` says that it was compared in this state.

    Returns a stamp to remember, or None if the file is too new for one.

    Raises:
        Corrupt: if the content differs or cannot be read.
    """
    now_ns = time.time_ns()
    try:
        stamp = Stamp.of(path, expected)
        if stamp == known:
            return known
        actual = file_digest(path)
    except FileNotFoundError as error:
        raise Corrupt("the file is missing", where=str(path)) from error
    except OSError as error:
        raise Corrupt(f"cannot be read: {error.strerror}", where=str(path)) from error
    if actual != expected:
        raise Corrupt(f"got sha256 {actual[:12]}, expected {expected[:12]}", where=str(path))
    return stamp if stamp.settled(now_ns) else None


def check_files(
    root: Path, files: Mapping[str, str], known: Mapping[str, Stamp] | None = None
) -> dict[str, Stamp]:
    """Compare the files under `root` with their sha256; returns the stamps to remember by name.

    Raises:
        Corrupt: naming the first file that differs.
    """
    known = known or {}
    stamps = {}
    for name, expected in files.items():
        stamp = check_file(root / name, expected, known.get(name))
        if stamp is not None:
            stamps[name] = stamp
    return stamps


def read_stamps(path: Path) -> dict[str, Stamp]:
    """What `write_stamps` wrote; nothing if it is damaged: the files are then compared again."""
    try:
        content = parse_json(path.read_bytes())
        return {name: Stamp(*entry) for name, entry in content.items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def write_stamps(path: Path, stamps: Mapping[str, Stamp]) -> None:
    """Remember the stamps of an artifact."""
    write_json(path, {name: list(stamp) for name, stamp in stamps.items()})
