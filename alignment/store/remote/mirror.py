"""One machine's copy of the artifacts in an object store: a store like any other, kept in step.

What a run asks for is taken from the object store if this machine does not have it, and what it
builds is sent there. The object store decides: if two machines have built the same key with
different results, both go on with the one that was stored first.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from filelock import FileLock

from alignment.errors import AlignmentError, Corrupt, DiskFull, Missing
from alignment.failures import is_disk_full
from alignment.files import remove
from alignment.store.artifacts import load_artifact, verify
from alignment.store.directories import LOCKS, SCRATCH, TEMPORARY, move_into_place
from alignment.store.mirrors import Checked, Freed
from alignment.store.remote.ahead import Ahead
from alignment.store.remote.artifacts import ArtifactName, RemoteArtifacts, Stored
from alignment.store.remote.cleanup import Unneeded, unneeded
from alignment.store.remote.eviction import Eviction
from alignment.store.remote.leases import Leases
from alignment.store.remote.pointers import Pointers
from alignment.store.remote.scratch import RemoteScratch, abandoned
from alignment.store.remote.uses import Uses
from alignment.types import Artifact, Input

PULL = "pull-"
"""How the lock and the temporary directory of an artifact that is being fetched begin."""
logger = logging.getLogger(__name__)


class RemoteMirror:
    """Keeps a store of this machine in step with an object store. Implements `Mirror`.

    Args:
        remote: The artifacts in the object store.
        root: Directory of the store of this machine.
        limit: Bytes that its artifacts may take; what was not used for the longest time goes.
        leases: The locks in the object store.
    """

    def __init__(self, remote: RemoteArtifacts, root: Path, limit: int, leases: Leases) -> None:
        self.remote = remote
        self.root = root
        self.limit = limit
        self.leases = leases
        self._pointers = Pointers(remote.objects)
        self._uses = Uses(root / LOCKS / "uses")
        self._eviction = Eviction(root, self._uses, remote, limit)
        self._ahead = Ahead(remote, root)
        self._agreed: dict[str, str] = {}  # digests by key, which both sides have
        self._scratch: dict[str, RemoteScratch] = {}  # by key: until the artifact is published
        self._damaged: set[str] = set()  # keys that the object store has damaged

    def __reduce__(self) -> tuple[type[RemoteMirror], tuple[RemoteArtifacts, Path, int, Leases]]:
        return type(self), (self.remote, self.root, self.limit, self.leases)

    def use(self, stage: str, key: str) -> None:
        """Keep an artifact, if this machine has it, for as long as this object exists."""
        self._uses.note(key)
        with contextlib.suppress(FileNotFoundError):
            os.utime(self.root / stage / key)

    def bring(self, inputs: Mapping[str, Input]) -> None:
        """Take the inputs of a stage that this machine does not have.

        Raises:
            Unavailable: if the object store does not answer.
            DiskFull: if a copy does not fit on the disk.
        """
        for entry in inputs.values():
            if not entry.key or not entry.path.is_relative_to(self.root):
                continue
            stage, key, *_ = entry.path.relative_to(self.root).parts
            self.use(stage, key)
            if not entry.path.exists():
                self.agree(stage, key, None)

    def agree(self, stage: str, key: str, here: Artifact | None) -> Artifact | None:
        """The artifact as both sides have it then; None if neither has it whole.

        Args:
            stage: Its stage.
            key: Its key.
            here: The artifact as this machine has it; None if it is absent or damaged.

        Raises:
            Unavailable: if the object store does not answer.
            DiskFull: if the copy does not fit on the disk.
        """
        if here is not None and self._agreed.get(key) == here.digest:
            return here
        if key in self._damaged:
            return None if here is None else self.publish(here)
        name = ArtifactName(stage, key)
        try:
            source = self.remote if here is None else self._ahead
            stored = source.manifest(name)
            if stored is not None and (here is None or here.digest != stored.digest):
                return self._fetch(name, stored)
        except Corrupt as error:
            logger.warning("%s is damaged (%s); it is replaced", error.where, error.message)
            self._damaged.add(key)
            return None if here is None else self.publish(here)
        if stored is None:
            return None if here is None else self.publish(here)
        self._agreed[key] = stored.digest
        return here

    def publish(self, artifact: Artifact, *, fresh: bool = False) -> Artifact:
        """Send an artifact; the result is the one that another machine has sent before, if any.

        Args:
            artifact: What this machine has built.
            fresh: Replace what is stored, if that is different.

        Raises:
            Unavailable: if the object store does not answer; the next run goes on with it.
        """
        name = ArtifactName(artifact.stage, artifact.key)
        damaged = artifact.key in self._damaged
        sent = self.remote.send(name, artifact.path, again=damaged)
        stored = self._publish(name, sent, replaces=fresh or damaged)
        self._damaged.discard(artifact.key)
        scratch = self._scratch.pop(artifact.key, None)
        if scratch is not None:
            scratch.clear()
        if stored.digest != artifact.digest:
            return self._instead_of(artifact, name, stored)
        self._agreed[artifact.key] = artifact.digest
        self._eviction.grown(artifact.path)
        return artifact

    def _instead_of(self, artifact: Artifact, name: ArtifactName, stored: Stored) -> Artifact:
        """The result of a machine that was faster; ours replaces it if it is damaged."""
        logger.info("%s: the result of a faster machine is used", self.remote.where(name))
        try:
            return replace(self._fetch(name, stored), reused=False)
        except Corrupt as error:
            logger.warning("%s is damaged (%s); it is replaced", error.where, error.message)
            self._damaged.add(artifact.key)
            return self.publish(artifact)

    def _publish(self, name: ArtifactName, stored: Stored, *, replaces: bool) -> Stored:
        """Write a manifest; returns the one that counts then."""
        present = self.remote.revision(name) if replaces else None
        while not self.remote.publish(name, stored, present):
            winner = self._winner(name)
            if winner is not None and (winner.digest == stored.digest or not replaces):
                return winner
            present = self.remote.revision(name)
        return stored

    def scratch(self, directory: Path) -> RemoteScratch:
        """The unfinished work in a directory of this machine, which is named after its key."""
        scratch = RemoteScratch(self.remote.objects, directory)
        self._scratch[directory.name] = scratch
        return scratch

    def remember(self, stage: str, label: str, key: str) -> None:
        """This is now the last artifact of its stage and label, for all machines."""
        try:
            self._pointers.write(stage, label, key)
        except AlignmentError as error:  # it explains rebuilds; nothing is wrong without it
            logger.warning("the newest artifact of %s %s is not noted: %s", stage, label, error)

    def latest(self, stage: str, label: str) -> dict[str, Any] | None:
        """The manifest of the last artifact of this stage and label of all machines."""
        key = self._pointers.read(stage, label)
        return None if key is None else self._manifest(ArtifactName(stage, key))

    def manifest(self, key: str) -> dict[str, Any] | None:
        """The manifest of the artifact with this key; None if the object store has none."""
        names = self.remote.find(key)
        return self._manifest(names[0]) if len(names) == 1 else None

    def find(self, key: str) -> list[Path]:
        """The directories in which artifacts whose key starts like this are, or will be."""
        return [self.root / name.stage / name.key for name in self.remote.find(key)]

    def verify(self) -> Iterator[Checked]:
        """Read every byte of every artifact in the object store."""
        for name in self.remote.names():
            path = self.root / name.stage / name.key
            try:
                self.remote.check(name)
            except Missing:  # its upload goes on, or was cut short
                continue
            except Corrupt as error:
                yield Checked(path, f"{error.where}: {error.message}")
            else:
                yield Checked(path, None)

    def collect(self, used: Iterable[str], *, dry_run: bool) -> Freed:
        """Delete the artifacts that are not needed, with the copies of this machine.

        Raises:
            Busy: if a run is in progress on any machine.
        """
        with self.leases.no_run():
            garbage = unneeded(self.remote, [*used, *self._pointers.keys()])
            unfinished = abandoned(self.remote.objects)
            if not dry_run:
                for entry in garbage:
                    self._delete(entry)
                for key in unfinished:
                    RemoteScratch(self.remote.objects, self.root / SCRATCH / key).clear()
        paths = [self.root / entry.name.stage / entry.name.key for entry in garbage]
        paths += [self.root / SCRATCH / key for key in unfinished]
        groups = [entry.objects for entry in garbage] + list(unfinished.values())
        return Freed(paths, sum(listed.size for objects in groups for listed in objects))

    def _delete(self, entry: Unneeded) -> None:
        if not entry.whole:
            self.remote.objects.delete([listed.name for listed in entry.objects])
            return
        self.remote.delete(entry.name)
        self._agreed.pop(entry.name.key, None)
        self._eviction.drop(self.root / entry.name.stage / entry.name.key)

    def _manifest(self, name: ArtifactName) -> dict[str, Any] | None:
        try:
            stored = self.remote.manifest(name)
        except Corrupt:
            return None
        return None if stored is None else dict(stored.content)

    def _winner(self, name: ArtifactName) -> Stored | None:
        try:
            return self.remote.manifest(name)
        except Corrupt:
            return None

    def _fetch(self, name: ArtifactName, stored: Stored) -> Artifact:
        """Copy an artifact to this machine, in place of another or damaged one.

        Raises:
            Corrupt: if it is not what its manifest says.
        """
        final = self.root / name.stage / name.key
        with FileLock(self.root / LOCKS / f"{PULL}{name.key}.lock"):
            present = _whole(final)
            if present is None or present.digest != stored.digest:
                self._copy(name, stored, final)
        self._agreed[name.key] = stored.digest
        self._eviction.grown(final)
        return load_artifact(final)

    def _copy(self, name: ArtifactName, stored: Stored, final: Path) -> None:
        temporary = self.root / TEMPORARY / f"{PULL}{name.key}"
        needed = sum(entry["bytes"] for entry in stored.content["files"].values())
        self._eviction.make_room(needed)
        try:
            remove(temporary)  # left by a killed process
            temporary.mkdir()
            self.remote.fetch(name, stored, temporary)
            move_into_place(self.root, temporary, final)
        except OSError as error:
            if not is_disk_full(error):
                raise
            raise DiskFull(
                f"the disk is full: {name.stage} takes {needed / 1e6:,.1f} MB",
                where=str(self.root),
                hint="Free some space, lower ALIGNMENT_WORKSPACE_CACHE_GB, or set "
                "ALIGNMENT_WORKSPACE_CACHE to a directory on another disk. Nothing is lost: run "
                "again.",
            ) from error
        finally:
            remove(temporary)


def _whole(path: Path) -> Artifact | None:
    """The artifact in a directory, after every byte was read; None if it is absent or damaged."""
    try:
        artifact = load_artifact(path)
        verify(artifact)
    except Corrupt:
        return None
    return artifact
