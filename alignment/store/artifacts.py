"""One artifact in its directory: its manifest, its files, and whether they match."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alignment.errors import Corrupt, DiskFull
from alignment.files import file_digest, unlisted
from alignment.manifests import MANIFEST, check_types, parse_manifest, read_manifest
from alignment.store.stamps import check_files
from alignment.types import Artifact, combined_digest

logger = logging.getLogger(__name__)
REBUILD_HINT = (
    "The next run builds it again. `alignment store verify` lists everything that is damaged."
)
_TYPES: dict[str, type | tuple[type, ...]] = {
    "config": dict,
    "counts": dict,
    "created": str,
    "files": dict,
    "git_commit": (str, type(None)),
    "inputs": dict,
    "key": str,
    "label": str,
    "rebuild_reasons": list,
    "revision": int,
    "seconds": (int, float),
    "stage": str,
    "versions": dict,
}


def load_artifact(path: Path, *, reused: bool = True) -> Artifact:
    """Read an artifact's manifest and check that its files exist with the recorded sizes.

    Raises:
        Corrupt: if the manifest is unreadable, a file is missing or has another size, or there is
            a file that the manifest does not have.
    """
    try:
        artifact = _parse(read_artifact_manifest(path), path, reused)
    except Corrupt as error:
        raise Corrupt(error.message, where=str(path), hint=REBUILD_HINT) from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise _unreadable(str(path), error) from error
    return artifact


def read_artifact_manifest(path: Path) -> dict[str, Any]:
    """The manifest of the artifact in a directory; its values have the types that readers expect.

    Raises:
        Corrupt: if it cannot be read.
    """
    return _checked(read_manifest(path), str(path))


def parse_artifact_manifest(data: bytes, where: str) -> dict[str, Any]:
    """As `read_artifact_manifest`, from what is in the file; `where` is its place for messages.

    Raises:
        Corrupt: if it cannot be read.
    """
    return _checked(parse_manifest(data, where), where)


def _checked(manifest: dict[str, Any], where: str) -> dict[str, Any]:
    try:
        check_types(manifest, _TYPES, required=True)
        for entry in manifest["inputs"].values():
            check_types(entry, {"digest": str, "key": str, "path": str}, required=True)
        for entry in manifest["files"].values():
            check_types(entry, {"sha256": str, "bytes": int}, required=True)
        if not all(isinstance(reason, str) for reason in manifest["rebuild_reasons"]):
            raise TypeError("rebuild_reasons must be texts")
    except (KeyError, TypeError, AttributeError) as error:
        raise _unreadable(where, error) from error
    return manifest


def _unreadable(where: str, error: Exception) -> Corrupt:
    return Corrupt(
        f"the manifest is unreadable ({type(error).__name__}: {error})",
        where=where,
        hint=REBUILD_HINT,
    )


def verify(artifact: Artifact) -> None:
    """Read every byte of the artifact and compare it with the manifest.

    Raises:
        Corrupt: naming the first file that differs.
    """
    try:
        check_files(artifact.path, artifact.files)
    except Corrupt as error:
        raise Corrupt(error.message, where=error.where, hint=REBUILD_HINT) from error


def is_same(new: Path, old: Path) -> bool:
    """Whether building an artifact once more gave what is stored; a difference is logged.

    What is not stored, or damaged, is not the same.
    """
    try:
        before = load_artifact(old)
        verify(before)
    except Corrupt:
        return False
    after = load_artifact(new)
    if before.digest == after.digest:
        return True
    names = sorted(before.files.keys() | after.files.keys())
    differing = [name for name in names if before.files.get(name) != after.files.get(name)]
    logger.warning(
        "%s: building it once more gave other files, which replace the stored ones: %s",
        f"{before.stage} {before.label}".strip(),
        ", ".join(differing),
    )
    return False


def disk_full(root: Path, stage: str, label: str, written: int) -> DiskFull:
    """The error of a stage that has filled the disk after `written` bytes."""
    place = f"{stage} of {label}" if label else stage
    return DiskFull(
        f"the disk is full in {place}, after {written / 1e6:,.1f} MB",
        where=str(root),
        hint="Free some space (`alignment store gc` deletes what no recent run used) and run "
        "again: finished stages are reused.",
    )


def manifest_files(directory: Path) -> dict[str, dict[str, Any]]:
    """Digest and size of every file in a finished directory, by relative name."""
    files = {}
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            name = path.relative_to(directory).as_posix()
            files[name] = {"sha256": file_digest(path), "bytes": path.stat().st_size}
    return files


def _parse(manifest: Mapping[str, Any], path: Path, reused: bool) -> Artifact:
    if manifest["key"] != path.name:
        raise Corrupt(f"the manifest is that of {manifest['key']}", where=str(path / MANIFEST))
    files = manifest["files"]
    for name, entry in files.items():
        file = path / name
        size = file.stat().st_size if file.is_file() else None
        if size != entry["bytes"]:
            got = "no such file" if size is None else f"{size} bytes"
            raise Corrupt(f"{name}: got {got}, expected {entry['bytes']} bytes", where=str(path))
    extra = unlisted(path, {*files, MANIFEST})
    if extra:  # such as adapter_config.json, with which a model loads differently
        raise Corrupt(f"{extra[0]} is not one of its files", where=str(path))
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
