"""Checking every artifact of a store, and deleting what is not needed."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout

from alignment.errors import ArtifactError, Corrupt
from alignment.files import remove, tree_bytes
from alignment.manifests import read_manifest
from alignment.store.artifacts import load_artifact
from alignment.store.latest import latest_keys
from alignment.store.store import (
    LOCKS,
    RESERVED,
    SCRATCH,
    TEMPORARY,
    VERIFIED,
    Store,
)

SCRATCH_DAYS = 7
"""Unfinished work, such as checkpoints, is kept for so long after its last change."""
_DAY = 24 * 60 * 60


class Checked(NamedTuple):
    """One artifact after every byte of it was read."""

    path: Path
    problem: str | None
    """None if it is whole."""


class Freed(NamedTuple):
    """What was deleted."""

    paths: list[Path]
    bytes: int


def verify_all(store: Store) -> Iterator[Checked]:
    """Read every byte of every artifact. The next run does not reuse what is damaged."""
    for path in store.artifacts():
        yield Checked(path, _problem(store, path))


def collect(
    store: Store, used: Iterable[str], *, also: Iterable[Path] = (), dry_run: bool = False
) -> Freed:
    """Delete the artifacts that are not needed, and what killed processes left.

    Kept are the artifacts in `used`, the newest one of each stage and language, and everything
    that these were built from, unless its manifest is damaged.

    Args:
        store: The store.
        used: Keys of artifacts.
        also: More files and directories to delete.
        dry_run: Delete nothing.

    Raises:
        ArtifactError: if a run is in progress.
    """
    with _no_run(store):
        garbage = list(dict.fromkeys([*_unneeded(store, used), *_unfinished(store), *also]))
        total = sum(tree_bytes(path) for path in garbage)
        if not dry_run:
            for path in garbage:
                _delete(store, path)
        return Freed(garbage, total)


def last_change(root: Path) -> float:
    """When the file, or anything under the directory, was changed last, in seconds since 1970."""
    times = [path.lstat().st_mtime for path in root.rglob("*")]
    return max([root.lstat().st_mtime, *times])


def _problem(store: Store, path: Path) -> str | None:
    try:
        store.check(load_artifact(path), full=True)
    except Corrupt as error:
        return f"{error.where}: {error.message}"
    return None


def _unneeded(store: Store, used: Iterable[str]) -> list[Path]:
    paths = {path.name: path for path in store.artifacts()}
    needed: set[str] = set()
    open_keys = [*used, *latest_keys(store.root)]
    while open_keys:
        key = open_keys.pop()
        if key in needed or key not in paths:
            continue
        inputs = _input_keys(paths[key])
        if inputs is not None:
            needed.add(key)
            open_keys += inputs
    return [path for key, path in paths.items() if key not in needed]


def _input_keys(path: Path) -> list[str] | None:
    """What the artifact was built from; None if its manifest is damaged: nothing can use it."""
    try:
        inputs = read_manifest(path)["inputs"]
        return [entry["key"] for entry in inputs.values()]
    except (Corrupt, KeyError, TypeError, AttributeError):
        return None


def _unfinished(store: Store) -> list[Path]:
    """Temporary directories of nobody, old or finished scratch, and stamps without artifacts."""
    paths = [path for path in (store.root / TEMPORARY).iterdir() if not _is_locked(store, path)]
    keys = {path.name for path in store.artifacts()}
    oldest = time.time() - SCRATCH_DAYS * _DAY
    for path in (store.root / SCRATCH).iterdir():
        if not _is_locked(store, path) and (path.name in keys or last_change(path) < oldest):
            paths.append(path)
    for path in (store.root / VERIFIED).iterdir():
        if path.stem not in keys:
            paths.append(path)
    return paths


def _is_locked(store: Store, path: Path) -> bool:
    """Whether a process is building the key of this temporary directory."""
    key = path.name.rpartition("-")[2]  # some names are deleted-KEY
    lock = FileLock(store.root / LOCKS / f"{key}.lock", blocking=False)
    try:
        with lock:
            return False
    except Timeout:
        return True


def _delete(store: Store, path: Path) -> None:
    """Delete it; an artifact leaves its place in one step, so that no reader sees half of it."""
    if path.parent.parent == store.root and path.parent.name not in RESERVED:
        doomed = store.root / TEMPORARY / f"deleted-{path.name}"
        remove(doomed)
        os.replace(path, doomed)
        path = doomed
    remove(path)


@contextmanager
def _no_run(store: Store) -> Iterator[None]:
    """Keep every model's run from starting meanwhile.

    Raises:
        ArtifactError: if one is in progress.
    """
    with ExitStack() as held:
        for path in (store.root / LOCKS).glob("run-*.lock"):
            try:
                held.enter_context(FileLock(path, blocking=False))
            except Timeout as error:
                name = path.stem.removeprefix("run-")
                raise ArtifactError(
                    f"a run of {name!r} is in progress in this workspace",
                    where=str(store.root),
                    hint="Wait until it has finished.",
                ) from error
        yield
