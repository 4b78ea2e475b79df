"""Content-addressed artifacts: a stage's output is looked up by its inputs, or built once.

`key = sha256(stage, REVISION, canonical configuration slice, digests of the inputs)`. A stage
writes into a temporary directory, which is renamed into place together with its manifest: an
artifact is complete or absent. A file lock lets only one of several processes build a key. Inputs
count by content and not by key: when a rebuilt input has the same content, everything that depends
on it is reused.

An artifact is compared with its digests before it is reused, and built again if it is damaged. A
file that has not changed since it was last compared is not read again for that (`stamps`), but
every byte of the inputs is read once more when a stage does work with them.

A store may have a mirror: artifacts that it lacks are then taken from a place that several machines
share, and what it builds is sent there.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock

from alignment.errors import AlignmentError, Corrupt, Missing
from alignment.failures import is_disk_full
from alignment.files import remove, tree_bytes
from alignment.manifests import write_manifest
from alignment.provenance import git_commit, package_versions
from alignment.store.artifacts import (
    disk_full,
    is_same,
    load_artifact,
    manifest_files,
    read_artifact_manifest,
)
from alignment.store.directories import (
    LOCKS,
    SCRATCH,
    TEMPORARY,
    VERIFIED,
    artifact_directories,
    damaged_copy,
    make_directories,
    move_into_place,
)
from alignment.store.inputs import check_inputs, manifest_inputs, part_inputs
from alignment.store.keys import KEY, artifact_key, canonical_config, input_digests
from alignment.store.latest import latest_manifest, remember
from alignment.store.mirrors import Mirror
from alignment.store.reasons import rebuild_reasons
from alignment.store.stamps import Stamp, check_remembered
from alignment.types import Artifact, Counts, Input

logger = logging.getLogger(__name__)

Work = Callable[[Path], Counts | Mapping[str, Any]]
"""Fills an empty directory and returns what it counted."""

_READ: dict[Path, dict[Path, Stamp]] = {}
"""By root of a store: the files that this process has read and compared."""


class Store:
    """Artifacts under one directory, shared by any number of processes.

    Args:
        root: The directory.
        fresh: Build every artifact once more. One that comes out the same stays as it was.
        mirror: Keeps the store in step with a place that several machines share.

    Raises:
        ConfigError: if the directory cannot be written.
    """

    def __init__(self, root: Path, *, fresh: bool = False, mirror: Mirror | None = None) -> None:
        self.root = root
        self.mirror = mirror
        self._fresh = fresh
        self._rebuilt: set[str] = set()  # keys
        self._damage: dict[str, str] = {}  # by key: what was wrong, which is reported once
        self._read = _READ.setdefault(root, {})
        make_directories(root)

    def __getstate__(self) -> dict[str, Any]:
        """What another process needs; it reads the files itself."""
        state = self.__dict__.copy()
        del state["_read"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Go on in another process, which may be on a machine that has nothing yet."""
        self.__dict__.update(state)
        self._read = _READ.setdefault(self.root, {})
        if self.mirror is not None:
            make_directories(self.root)

    def build(
        self,
        stage: str,
        work: Work,
        *,
        revision: int,
        config: Mapping[str, Any],
        inputs: Mapping[str, Input],
        label: str = "",
        seed: int | None = None,
        parts: Sequence[Artifact] = (),
    ) -> Artifact:
        """The stored artifact for these inputs, or a new one made by `work`.

        Args:
            stage: Name of the stage, the first part of the path.
            work: Fills an empty directory, which is named after the key, and returns the counts.
                If it raises, its output is deleted and the exception is passed on.
            revision: The stage's `REVISION`, raised whenever its output changes.
            config: The part of the configuration that determines the output.
            inputs: What the stage reads, by a name that explains it.
            label: Usually the language; it is shown to people and is not part of the key.
            seed: Part of the key like `config`.
            parts: Artifacts from which `work` takes results instead of making them. They do not
                change the output, so they are not part of the key, and `gc` does not keep them.
                Their time is added to that of the artifact.

        Raises:
            DiskFull: if the disk is full.
            Corrupt: if an input or a part was damaged after its own stage had finished.
        """
        config = canonical_config(config, seed)
        digests = input_digests(inputs)
        key = artifact_key(stage, revision, config, digests)
        artifact = self.find(stage, key)
        if artifact is None:
            with self.locked(key):
                artifact = self.find(stage, key)  # another process may have built it meanwhile
                if artifact is None:
                    needed = {**inputs, **part_inputs(parts)}
                    if self.mirror is not None:
                        self.mirror.bring(needed)
                    check_inputs(needed, self._read, self.root / VERIFIED)
                    manifest = {
                        "key": key,
                        "stage": stage,
                        "label": label,
                        "revision": revision,
                        "config": config,
                        "seed": seed,
                        "seconds": sum(part.seconds for part in parts),
                        "inputs": manifest_inputs(inputs),
                        "rebuild_reasons": self._reasons(
                            stage, label, key, revision, config, digests
                        ),
                    }
                    return self._make(stage, key, work, manifest)
        with contextlib.suppress(OSError):  # reuse needs no room on the disk
            if remember(self.root, stage, label, key) and self.mirror is not None:
                self.mirror.remember(stage, label, key)
        return artifact

    def find(self, stage: str, key: str) -> Artifact | None:
        """The stored artifact that `build` reuses; None if `build` makes it."""
        if self._fresh and key not in self._rebuilt:
            return None
        if self.mirror is None:
            return self._find_here(stage, key)
        self.mirror.use(stage, key)
        return self.mirror.agree(stage, key, self._find_here(stage, key))

    def key(
        self,
        stage: str,
        *,
        revision: int,
        config: Mapping[str, Any],
        inputs: Mapping[str, Input],
        seed: int | None = None,
    ) -> str:
        """The key that `build` gives an artifact, which may not be there."""
        return artifact_key(stage, revision, canonical_config(config, seed), input_digests(inputs))

    @contextlib.contextmanager
    def locked(self, key: str) -> Iterator[None]:
        """Let no other process build the artifact, or work in its scratch directory."""
        with FileLock(self.root / LOCKS / f"{key}.lock"):
            yield

    def get(self, key: str) -> Artifact:
        """The artifact with this key, or with the only key that starts with it.

        Raises:
            Missing: if there is none, or several.
            Corrupt: if it is damaged.
        """
        matches = [path for path in self.artifacts() if path.name.startswith(key)]
        if self.mirror is not None and not (KEY.fullmatch(key) and matches):
            matches = sorted({*matches, *self.mirror.find(key)})
        if len(matches) == 1:
            return self._present(matches[0])
        if matches:
            message = f"{len(matches)} artifacts have a key that starts like this"
        else:
            message = "no artifact has this key"
        raise Missing(
            message,
            where=key,
            hint="Give more characters; `alignment show` lists the keys of a run.",
        )

    def manifest(self, key: str) -> dict[str, Any]:
        """The manifest of the artifact with this key; its files are not needed, and not fetched.

        Raises:
            Missing: if there is none.
            Corrupt: if it is damaged.
        """
        if self.mirror is not None:
            content = self.mirror.manifest(key)
            if content is not None:
                return content
        return read_artifact_manifest(self.get(key).path)

    def latest(self, stage: str, label: str = "") -> dict[str, Any] | None:
        """The manifest of the last artifact of a stage and label; None if none can be read."""
        if self.mirror is not None:
            return self.mirror.latest(stage, label)
        return latest_manifest(self.root, stage, label)

    def localized(self, artifact: Artifact) -> Artifact:
        """The artifact with its files on this machine, after another one has built it.

        Its path must be the same on both machines.
        """
        if self.mirror is None or artifact.path.exists():
            return artifact
        return dataclasses.replace(self._present(artifact.path), reused=artifact.reused)

    def artifacts(self) -> list[Path]:
        """The directories of all artifacts that are here, whole or damaged, in their order."""
        return artifact_directories(self.root)

    def scratch(self, key: str) -> Path:
        """A directory for unfinished work on `key`, which outlives a killed process."""
        path = self.root / SCRATCH / key
        path.mkdir(parents=True, exist_ok=True)
        return path

    def check(self, artifact: Artifact, *, full: bool = False) -> None:
        """Compare the artifact's files with their digests.

        Files that have not changed since the last time are read only if `full` is set.

        Raises:
            Corrupt: naming the first file that differs.
        """
        stamps = self.root / VERIFIED / f"{artifact.key}.json"
        check_remembered(artifact.path, artifact.files, stamps, full=full)

    def _present(self, path: Path) -> Artifact:
        """The artifact with this directory, after it was taken from the mirror if need be."""
        if self.mirror is None:
            return load_artifact(path)
        stage, key = path.parent.name, path.name
        self.mirror.use(stage, key)
        artifact = self.mirror.agree(stage, key, self._find_here(stage, key))
        return load_artifact(path) if artifact is None else artifact

    def _find_here(self, stage: str, key: str) -> Artifact | None:
        path = self.root / stage / key
        if not os.path.lexists(path):
            return None
        try:
            artifact = load_artifact(path)
            self.check(artifact)
        except Corrupt as error:
            if key not in self._damage:
                logger.warning("%s is damaged (%s); building it again", error.where, error.message)
            self._damage[key] = error.message
            return None
        return artifact

    def _make(self, stage: str, key: str, work: Work, manifest: dict[str, Any]) -> Artifact:
        temporary = self.root / TEMPORARY / key
        # Left by a killed process: this process holds the lock, so nobody else uses it.
        remove(temporary)
        remove(damaged_copy(self.root, key))
        started = time.monotonic()
        try:
            temporary.mkdir()
            counts = work(temporary)
            seconds = manifest["seconds"] + time.monotonic() - started
            manifest |= {
                "counts": dataclasses.asdict(counts) if isinstance(counts, Counts) else counts,
                "seconds": round(seconds, 3),
                "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
                "versions": package_versions(),
                "git_commit": git_commit(),
                "files": manifest_files(temporary),
            }
            write_manifest(temporary, manifest)
            final = self.root / stage / key
            if not (self._fresh and is_same(temporary, final)):
                move_into_place(self.root, temporary, final)
            is_news = remember(self.root, stage, manifest["label"], key)
        except BaseException as error:
            written = tree_bytes(temporary)
            shutil.rmtree(temporary, ignore_errors=True)
            if is_disk_full(error) and not isinstance(error, AlignmentError):
                raise disk_full(self.root, stage, manifest["label"], written) from error
            raise
        shutil.rmtree(temporary, ignore_errors=True)  # still there if nothing has changed
        shutil.rmtree(self.root / SCRATCH / key, ignore_errors=True)
        self._rebuilt.add(key)
        artifact = load_artifact(final, reused=False)
        if self.mirror is not None:
            artifact = self.mirror.publish(artifact, fresh=self._fresh)
            if is_news:
                self.mirror.remember(stage, manifest["label"], key)
        return artifact

    def _reasons(
        self,
        stage: str,
        label: str,
        key: str,
        revision: int,
        config: Mapping[str, Any],
        digests: Mapping[str, str],
    ) -> list[str]:
        if self._fresh:
            return ["a fresh run builds everything once more"]
        if key in self._damage:
            return [f"the artifact was damaged: {self._damage[key]}"]
        return rebuild_reasons(self.latest(stage, label), revision, config, digests)
