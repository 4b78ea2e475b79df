"""Content-addressed artifacts: a stage's output is looked up by its inputs, or built once.

`key = sha256(stage, REVISION, canonical configuration slice, digests of the inputs)`. A stage
writes into a temporary directory, which is renamed into place together with its manifest: an
artifact is complete or absent. A file lock lets only one of several processes build a key. Inputs
count by content and not by key: when a rebuilt input has the same content, everything that depends
on it is reused.
"""

from __future__ import annotations

import dataclasses
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
from alignment.types import Artifact, Counts, Input, combined_digest

logger = logging.getLogger(__name__)

MANIFEST = "manifest.json"
Work = Callable[[Path], Counts | Mapping[str, Any]]
"""Fills an empty directory and returns what it counted."""


class Store:
    """Artifacts under one directory, shared by any number of processes.

    Raises:
        ConfigError: if the directory cannot be written.
    """

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

        Raises:
            ArtifactError: if the disk is full.
        """
        config = json.loads(json.dumps({**config, "seed": seed}, sort_keys=True, default=str))
        digests = {name: entry.digest for name, entry in sorted(inputs.items())}
        key = artifact_key(stage, revision, config, digests)
        artifact = self._find(stage, key)
        if artifact is None:
            with FileLock(self.root / "locks" / f"{key}.lock"):
                artifact = self._find(stage, key)  # another process may have built it meanwhile
                if artifact is None:
                    reasons = self._rebuild_reasons(stage, label, revision, config, digests)
                    manifest = {
                        "key": key,
                        "stage": stage,
                        "label": label,
                        "revision": revision,
                        "config": config,
                        "seed": seed,
                        "inputs": _manifest_inputs(inputs),
                        "rebuild_reasons": reasons,
                    }
                    return self._make(stage, key, work, manifest)
        self._remember(stage, label, key)
        return artifact

    def get(self, key: str) -> Artifact:
        """The artifact with this key, or with the only key that starts with it.

        Raises:
            Missing: if there is none, or several.
        """
        matches = [path for path in self.root.glob(f"*/{key}*") if (path / MANIFEST).is_file()]
        if len(matches) == 1:
            return load_artifact(matches[0])
        if matches:
            message = f"{len(matches)} artifacts have a key that starts like this"
        else:
            message = "no artifact has this key"
        raise Missing(
            message,
            where=key,
            hint="Give more characters; `alignment show` lists the keys of a run.",
        )

    def scratch(self, key: str) -> Path:
        """A directory for unfinished work on `key`, which outlives a killed process."""
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
            logger.warning("%s; building it again", error)
            return None

    def _make(self, stage: str, key: str, work: Work, manifest: dict[str, Any]) -> Artifact:
        temporary = self.root / "tmp" / key
        # Left by a killed process: this process holds the lock, so nobody else uses it.
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        started = time.monotonic()
        try:
            counts = work(temporary)
            manifest |= {
                "counts": dataclasses.asdict(counts) if isinstance(counts, Counts) else counts,
                "seconds": round(time.monotonic() - started, 3),
                "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
                "versions": package_versions(),
                "git_commit": git_commit(),
                "files": _manifest_files(temporary),
            }
            write_json(temporary / MANIFEST, manifest)
            final = self.root / stage / key
            final.parent.mkdir(exist_ok=True)
            shutil.rmtree(final, ignore_errors=True)  # exists only if it was found damaged
            os.replace(temporary, final)
        except BaseException as error:
            shutil.rmtree(temporary, ignore_errors=True)
            if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise ArtifactError(
                    f"the disk is full while {stage} was writing",
                    where=str(self.root),
                    hint="Free some space and run again: finished stages are reused.",
                ) from error
            raise
        shutil.rmtree(self.root / "scratch" / key, ignore_errors=True)
        self._remember(stage, manifest["label"], key)
        return load_artifact(final, reused=False)

    def _rebuild_reasons(
        self,
        stage: str,
        label: str,
        revision: int,
        config: Mapping[str, Any],
        digests: Mapping[str, str],
    ) -> list[str]:
        """What differs from the last artifact of this stage and label."""
        pointer = self.root / "latest" / _pointer(stage, label)
        if not pointer.is_file():
            return ["first time"]
        path = self.root / stage / pointer.read_text() / MANIFEST
        if not path.is_file():
            return ["first time"]
        previous = json.loads(path.read_text())
        reasons = []
        if previous["revision"] != revision:
            reasons.append(f"revision {previous['revision']} -> {revision}")
        for change in differences(previous["config"], config):
            reasons.append(f"configuration {change}")
        previous_digests = {name: entry["digest"] for name, entry in previous["inputs"].items()}
        reasons += _input_changes(previous_digests, digests)
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
    """Read an artifact's manifest and check that its files exist with the recorded sizes.

    Raises:
        Corrupt: if the manifest is unreadable, or a file is missing or has another size.
    """
    try:
        manifest = json.loads((path / MANIFEST).read_text())
        files = manifest["files"]
    except (OSError, ValueError, KeyError) as error:
        raise Corrupt(f"the manifest is unreadable ({error})", where=str(path)) from error
    for name, entry in files.items():
        file = path / name
        size = file.stat().st_size if file.is_file() else None
        if size != entry["bytes"]:
            raise Corrupt(f"{name}: got {size} bytes, expected {entry['bytes']}", where=str(path))
    digests = {name: entry["sha256"] for name, entry in files.items()}
    return Artifact(
        stage=manifest["stage"],
        label=manifest["label"],
        key=manifest["key"],
        path=path,
        files=digests,
        counts=manifest["counts"],
        seconds=manifest["seconds"],
        digest=combined_digest(digests),
        rebuild_reasons=tuple(manifest["rebuild_reasons"]),
        reused=reused,
    )


def verify(artifact: Artifact) -> None:
    """Read every byte of the artifact and compare it with the manifest.

    Raises:
        Corrupt: naming the first file that differs.
    """
    for name, expected in artifact.files.items():
        actual = file_digest(artifact.path / name)
        if actual != expected:
            raise Corrupt(
                f"{name}: got sha256 {actual[:12]}, expected {expected[:12]}",
                where=str(artifact.path),
                hint="Delete this directory: the next run builds the artifact again.",
            )


def differences(before: Any, after: Any, path: str = "") -> list[str]:
    """`clean.max_chars: 600 -> 500`, one line per changed leaf of two JSON values."""
    if not (isinstance(before, dict) and isinstance(after, dict)):
        if before == after:
            return []
        return [f"{path}: {json.dumps(before)} -> {json.dumps(after)}"]
    lines = []
    for key in sorted({*before, *after}):
        lines += differences(before.get(key), after.get(key), f"{path}.{key}".strip("."))
    return lines


def _input_changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    changes = []
    for name in sorted({*before, *after}):
        if name not in before:
            changes.append(f"input {name} is new")
        elif name not in after:
            changes.append(f"input {name} is gone")
        elif before[name] != after[name]:
            changes.append(f"input {name} changed")
    return changes


def _manifest_inputs(inputs: Mapping[str, Input]) -> dict[str, dict[str, str]]:
    return {
        name: {"digest": entry.digest, "key": entry.key, "path": str(entry.path)}
        for name, entry in inputs.items()
    }


def _manifest_files(directory: Path) -> dict[str, dict[str, Any]]:
    files = {}
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            name = path.relative_to(directory).as_posix()
            files[name] = {"sha256": file_digest(path), "bytes": path.stat().st_size}
    return files


def _pointer(stage: str, label: str) -> str:
    return f"{stage}-{label}" if label else stage
