"""Copies of versions in a bucket on this machine, shared by all processes and limited in size.

A copy appears under its name when it is complete and every file has its sha256, so a reader finds a
whole version or none. The copies that were not used for the longest time are deleted first, never
one that was used within the last hour: another process may be about to load it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from alignment.errors import Corrupt, DiskFull
from alignment.failures import is_disk_full
from alignment.files import (
    make_writable,
    remove,
    replace_durably,
    sync_tree,
    tree_bytes,
    unlisted,
)
from alignment.manifests import check_names
from alignment.objectstore.copies import limit_bytes, received
from alignment.registry.version import OURS
from alignment.store.stamps import check_files, read_stamps, write_stamps

LIMIT_GB = 20
"""Of all copies together, unless `ALIGNMENT_CACHE_GB` says something else. 1 GB is 10^9 bytes."""
IN_USE_SECONDS = 3600
ABANDONED_SECONDS = 24 * 3600
_STAMPS = ".stamps.json"
logger = logging.getLogger(__name__)

Download = Callable[[str], Iterator[bytes] | None]


def cache_root(workspace: Path) -> Path:
    """Where copies of versions in buckets are kept."""
    configured = os.environ.get("ALIGNMENT_CACHE")
    return Path(configured).expanduser() if configured else workspace / "cache" / "models"


class Cache:
    """A directory of copies."""

    def __init__(self, root: Path, limit: int | None = None) -> None:
        self.root = root
        self.limit = limit if limit is not None else limit_bytes("ALIGNMENT_CACHE_GB", LIMIT_GB)

    def open(
        self,
        name: str,
        files: Mapping[str, str],
        download: Download,
        others: Callable[[], Mapping[str, bytes]],
    ) -> Path:
        """The directory of a copy, whose files have these sha256.

        Args:
            name: Of the copy: the same name is the same content.
            files: sha256 by name.
            download: Gives the content of a file in pieces, or None if there is no such file.
            others: Gives the content of files that have no sha256; called for a new copy.

        Raises:
            Corrupt: if a file is missing, or is not what was published.
            DiskFull: if the disk is full.
        """
        check_names(files)
        make_writable(self.root)
        target = self.root / name
        try:
            with FileLock(self.root / f".{name}.lock"):
                if not self._is_whole(target, files):
                    self._fill(target, files, download, others)
                os.utime(target)
        except OSError as error:
            if not is_disk_full(error):
                raise
            raise DiskFull(
                "the disk is full",
                where=str(self.root),
                hint="Free some space, or set ALIGNMENT_CACHE to a directory on another disk.",
            ) from error
        self.trim(keep=name)
        return target

    def adopt(self, name: str, directory: Path) -> None:
        """Make a finished directory the copy of this name, if there is none yet."""
        with FileLock(self.root / f".{name}.lock"):
            if not (self.root / name).exists():
                replace_durably(directory, self.root / name)
        self.trim(keep=name)

    @contextmanager
    def scratch(self, name: str) -> Iterator[Path]:
        """A path in the cache for a directory that is being made; what is left is deleted."""
        make_writable(self.root)
        path = self.root / f".{name}.{os.getpid()}"
        remove(path)
        try:
            yield path
        finally:
            remove(path)

    def trim(self, keep: str = "") -> None:
        """Delete what was not used for the longest time until the rest is within the limit.

        What killed processes were making is deleted after a day.
        """
        now = time.time()
        copies = []
        for path in self.root.iterdir():
            if not path.is_dir():
                continue
            with contextlib.suppress(FileNotFoundError):  # another process deletes it
                changed = path.stat().st_mtime
                if not path.name.startswith("."):
                    copies.append((changed, tree_bytes(path), path))
                elif changed < now - ABANDONED_SECONDS:
                    remove(path)
        total = sum(size for _, size, _ in copies)
        for used, size, path in sorted(copies):
            if total <= self.limit:
                return
            if path.name == keep or used > now - IN_USE_SECONDS:
                continue
            if self._delete(path):
                total -= size

    def _delete(self, path: Path) -> bool:
        """Whether it could be deleted: not while another process opens it."""
        try:
            with FileLock(self.root / f".{path.name}.lock", blocking=False):
                leaving = path.with_name(f".{path.name}.leaving")
                remove(leaving)
                path.rename(leaving)
                remove(leaving)
        except (Timeout, FileNotFoundError):
            return False
        logger.info("deleted the copy %s: the cache is larger than its limit", path)
        return True

    def _is_whole(self, target: Path, files: Mapping[str, str]) -> bool:
        if not target.is_dir():
            return False
        try:
            stamps = check_files(target, files, read_stamps(target / _STAMPS))
        except Corrupt as error:
            logger.warning("%s: %s; it is fetched again", error.where, error.message)
            return False
        extra = unlisted(target, {*files, *OURS})
        if extra:  # such as adapter_config.json, with which a model loads differently
            logger.warning("%s: %s was not published; it is fetched again", target, extra[0])
            return False
        write_stamps(target / _STAMPS, stamps)
        return True

    def _fill(
        self,
        target: Path,
        files: Mapping[str, str],
        download: Download,
        others: Callable[[], Mapping[str, bytes]],
    ) -> None:
        with self.scratch(target.name) as incoming:
            incoming.mkdir()
            for name, expected in files.items():
                path = incoming / name
                path.parent.mkdir(parents=True, exist_ok=True)
                digest = received(download(name), path)
                if digest != expected:
                    got = "no such file" if digest is None else f"sha256 {digest[:12]}"
                    raise Corrupt(f"got {got}, expected sha256 {expected[:12]}", where=name)
            for name, content in others().items():
                (incoming / name).write_bytes(content)
            sync_tree(incoming)
            remove(target)
            replace_durably(incoming, target)
