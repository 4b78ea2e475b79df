"""Keeping the copies of artifacts on this machine within a limit.

What was not used for the longest time is deleted first. Never deleted is what a process of this
machine uses, and what the object store does not have.
"""

from __future__ import annotations

import contextlib
import logging
import os
import uuid
from pathlib import Path
from typing import NamedTuple

from alignment.errors import AlignmentError
from alignment.files import remove, tree_bytes
from alignment.store.directories import TEMPORARY, artifact_directories
from alignment.store.remote.artifacts import ArtifactName, RemoteArtifacts
from alignment.store.remote.uses import Uses

SLACK = 0.02
"""Share of the limit by which the copies may grow until all of them are counted again."""
logger = logging.getLogger(__name__)


class Copy(NamedTuple):
    """An artifact on this machine."""

    used: float
    """When it was used last, in seconds since 1970."""
    bytes: int
    path: Path


class Eviction:
    """Deletes copies of artifacts.

    Args:
        root: Directory of the store of this machine.
        uses: What its processes use.
        remote: The artifacts in the object store.
        limit: Bytes that the copies may take together.
    """

    def __init__(self, root: Path, uses: Uses, remote: RemoteArtifacts, limit: int) -> None:
        self._root = root
        self._uses = uses
        self._remote = remote
        self._limit = limit
        self._grown = limit  # nothing is counted yet
        self._is_said = False

    def grown(self, path: Path) -> None:
        """A copy was added: delete others if they take more than the limit together."""
        with contextlib.suppress(FileNotFoundError):  # another process has deleted it again
            self._grown += tree_bytes(path)
        if self._grown > SLACK * self._limit:
            self.make_room(0)

    def make_room(self, needed: int) -> None:
        """Delete copies until `needed` more bytes fit into the limit, as far as that is allowed."""
        if self._grown + needed <= SLACK * self._limit:
            return
        copies = sorted(self._copies())
        total = sum(copy.bytes for copy in copies) + needed
        for copy in copies:
            if total <= self._limit:
                break
            if self._evict(copy.path):
                total -= copy.bytes
        self._grown = max(0, total - self._limit)
        if total > self._limit and not self._is_said:
            self._is_said = True
            logger.warning(
                "the artifacts that are in use take %.1f GB in %s, and the limit is %.1f GB "
                "(ALIGNMENT_WORKSPACE_CACHE_GB)",
                total / 1e9,
                self._root,
                self._limit / 1e9,
            )

    def drop(self, path: Path) -> bool:
        """Delete a copy, if there is one and no process uses it; returns whether it was deleted."""
        if not path.exists():
            return False
        leaving = self._root / TEMPORARY / f"deleted-{uuid.uuid4().hex[:8]}-{path.name}"
        try:
            if not self._uses.unless_used(path.name, lambda: os.replace(path, leaving)):
                return False
        except FileNotFoundError:  # another process was quicker
            return False
        remove(leaving)
        return True

    def _copies(self) -> list[Copy]:
        copies = []
        for path in artifact_directories(self._root):
            with contextlib.suppress(FileNotFoundError):  # another process deletes it
                copies.append(Copy(path.stat().st_mtime, tree_bytes(path), path))
        return copies

    def _evict(self, path: Path) -> bool:
        """Delete a copy, unless it is used or is the only one; returns whether it was deleted."""
        name = ArtifactName(path.parent.name, path.name)
        try:
            if self._remote.manifest(name) is None:
                return False
        except AlignmentError:
            return False
        if not self.drop(path):
            return False
        logger.info("deleted the copy %s: the cache is larger than its limit", path)
        return True
