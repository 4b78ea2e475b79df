"""Content-addressed artifacts: a stage's output is looked up by what determines it, else built once.

`key = sha256(stage, REVISION, canonical configuration slice, digests of the inputs)`. A stage
writes into a temporary directory that is renamed into place with its manifest, so that an artifact
is whole or absent; a file lock makes two processes that want the same key build it once. Inputs
count by content, not by key: when a rebuilt input comes out the same, what depends on it is reused.
"""

from __future__ import annotations

import datetime
import errno
import hashlib
import json
import logging
import os
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock

from alignment.errors import ArtifactError, Corrupt, Missing
from alignment.files import file_digest, make_writable, write_atomically, write_json
from alignment.provenance import git_commit, package_versions
from alignment.types import Artifact, Input, combined_digest

logger = logging.getLogger(__name__)

Counts = Mapping[str, int]
Work = Callable[[Path], Counts]


class Store:
    """Artifacts under one directory, shared by any number of processes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        make_writable(root)
        for name in ("tmp", "locks", "scratch", "latest"):
            (root / name).mkdir(exist_ok=True)

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
    ) -> Artifact:
        """The artifact for this stage, configuration slice and inputs: found, or made by `work`.

        `work` gets an empty directory to fill, which has the key's name, and returns row counts. What it raises is passed on,
        and nothing of its output is kept.
        """
        slice_ = json.loads(json.dumps({**config, "seed": seed}, sort_keys=True, default=str))
        digests = {name: given.digest for name, given in sorted(inputs.items())}
        key = artifact_key(stage, revision, slice_, digests)
        found = self._find(stage, key)
        if found is None:
            with FileLock(self.root / "locks" / f"{key}.lock"):
                found = self._find(stage, key)  # another process may have built it meanwhile
                if found is None:
                    manifest = {
                        "key": key,
                        "stage": stage,
                        "label": label,
                        "revision": revision,
                        "config": slice_,
                        "seed": seed,
                        "inputs": {
                            name: {"digest": i.digest, "key": i.key, "path": str(i.path)}
                            for name, i in inputs.items()
                        },
                        "rebuild_reasons": self._because(stage, label, revision, slice_, digests),
                    }
                    return self._make(stage, key, work, manifest)
        self._remember(stage, label, key)
        return found

    def get(self, key: str) -> Artifact:
        """The artifact with this key, or with the only key that starts with it.

        Raises:
            Missing: if there is none, or several.
        """
        matches = [
            path for path in self.root.glob(f"*/{key}*") if (path / "manifest.json").is_file()
        ]
        if len(matches) != 1:
            what = (
                "no artifact has this key"
                if not matches
                else f"{len(matches)} artifacts start with this key"
            )
            raise Missing(
                what,
                where=key,
                hint="`alignment show` lists the keys of a run; give more characters.",
            )
        return load_artifact(matches[0])

    def scratch(self, key: str) -> Path:
        """A directory for work in progress on `key` that outlives a killed process."""
        path = self.root / "scratch" / key
        path.mkdir(parents=True, exist_ok=True)
        return path

    def _find(self, stage: str, key: str) -> Artifact | None:
        path = self.root / stage / key
        if not path.exists():
            return None
        try:
            return load_artifact(path)
        except Corrupt as error:
            logger.warning("%s; making it anew", error)
            return None

    def _make(self, stage: str, key: str, work: Work, manifest: dict[str, Any]) -> Artifact:
        temporary = self.root / "tmp" / key
        shutil.rmtree(
            temporary, ignore_errors=True
        )  # left by a killed process; the lock says nobody uses it
        temporary.mkdir()
        started = time.monotonic()
        try:
            counts = work(temporary)
            manifest |= {
                "counts": dict(counts),
                "seconds": round(time.monotonic() - started, 3),
                "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
                "versions": package_versions(),
                "git_commit": git_commit(),
                "files": _describe(temporary),
            }
            write_json(temporary / "manifest.json", manifest)
            final = self.root / stage / key
            final.parent.mkdir(exist_ok=True)
            shutil.rmtree(final, ignore_errors=True)  # there only when it was found damaged
            os.replace(temporary, final)
        except BaseException as error:
            shutil.rmtree(temporary, ignore_errors=True)
            if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise ArtifactError(
                    f"the disk is full while {stage} was writing",
                    where=str(self.root),
                    hint="Free some space and run again: finished stages are reused, nothing half-written was kept.",
                ) from error
            raise
        shutil.rmtree(self.root / "scratch" / key, ignore_errors=True)
        self._remember(stage, manifest["label"], key)
        return load_artifact(final, reused=False)

    def _because(
        self, stage: str, label: str, revision: int, config: Any, digests: Mapping[str, str]
    ) -> list[str]:
        """What differs from the last artifact of this stage and label."""
        pointer = self.root / "latest" / _pointer(stage, label)
        path = (
            self.root / stage / pointer.read_text() / "manifest.json" if pointer.is_file() else None
        )
        if path is None or not path.is_file():
            return ["first time"]
        before = json.loads(path.read_text())
        reasons = (
            [f"revision {before['revision']} -> {revision}"]
            if before["revision"] != revision
            else []
        )
        reasons += [f"configuration {change}" for change in differences(before["config"], config)]
        old = {name: given["digest"] for name, given in before["inputs"].items()}
        reasons += [
            f"input {name} "
            + ("is new" if name not in old else "is gone" if name not in digests else "changed")
            for name in sorted({*old, *digests})
            if old.get(name) != digests.get(name)
        ]
        return reasons or ["the artifact was missing or damaged"]

    def _remember(self, stage: str, label: str, key: str) -> None:
        write_atomically(self.root / "latest" / _pointer(stage, label), key)


def artifact_key(
    stage: str, revision: int, config: Mapping[str, Any], digests: Mapping[str, str]
) -> str:
    """The content address: 64 hexadecimal digits."""
    canonical = json.dumps(
        [stage, revision, config, dict(digests)], sort_keys=True, default=str, ensure_ascii=False
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def load_artifact(path: Path, *, reused: bool = True) -> Artifact:
    """Read an artifact's manifest and check that its files are there with their sizes.

    Raises:
        Corrupt: if the manifest is unreadable, or a file is missing or of another size.
    """
    try:
        manifest = json.loads((path / "manifest.json").read_text())
        files = manifest["files"]
    except (OSError, ValueError, KeyError) as error:
        raise Corrupt(f"the manifest is unreadable ({error})", where=str(path)) from error
    for name, described in files.items():
        file = path / name
        size = file.stat().st_size if file.is_file() else None
        if size != described["bytes"]:
            raise Corrupt(
                f"{name}: got {size} bytes, expected {described['bytes']}", where=str(path)
            )
    digests = {name: described["sha256"] for name, described in files.items()}
    return Artifact(
        manifest["stage"],
        manifest["label"],
        manifest["key"],
        path,
        digests,
        manifest["counts"],
        manifest["seconds"],
        combined_digest(digests),
        tuple(manifest["rebuild_reasons"]),
        reused,
    )


def verify(artifact: Artifact) -> None:
    """Read every byte of the artifact and compare with its manifest.

    Raises:
        Corrupt: naming the first file that differs.
    """
    for name, expected in artifact.files.items():
        got = file_digest(artifact.path / name)
        if got != expected:
            raise Corrupt(
                f"{name}: got sha256 {got[:12]}, expected {expected[:12]}",
                where=str(artifact.path),
                hint="Delete the artifact's directory: the next run makes it anew.",
            )


def differences(before: Any, after: Any, path: str = "") -> list[str]:
    """`clean.max_chars: 600 -> 500`, one line per changed leaf."""
    if isinstance(before, dict) and isinstance(after, dict):
        keys = sorted({*before, *after})
        return [
            line
            for key in keys
            for line in differences(before.get(key), after.get(key), f"{path}.{key}".strip("."))
        ]
    return [] if before == after else [f"{path}: {json.dumps(before)} -> {json.dumps(after)}"]


def _describe(directory: Path) -> dict[str, dict[str, Any]]:
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    return {
        path.relative_to(directory).as_posix(): {
            "sha256": file_digest(path),
            "bytes": path.stat().st_size,
        }
        for path in files
    }


def _pointer(stage: str, label: str) -> str:
    return f"{stage}-{label}" if label else stage
