"""The directories of a store, and moving a finished artifact to its place in one step."""

from __future__ import annotations

import os
from pathlib import Path

from alignment.files import make_writable, remove, replace_durably, sync_directory, sync_tree
from alignment.store.keys import KEY
from alignment.store.latest import LATEST

TEMPORARY = "tmp"
LOCKS = "locks"
SCRATCH = "scratch"
VERIFIED = "verified"
RESERVED = (TEMPORARY, LOCKS, SCRATCH, LATEST, VERIFIED)
"""Directories of the store that are not those of a stage."""


def make_directories(root: Path) -> None:
    """Create the directories that are not those of a stage.

    Raises:
        ConfigError: if they cannot be created or written.
    """
    make_writable(root)
    for name in RESERVED:
        make_writable(root / name)


def artifact_directories(root: Path) -> list[Path]:
    """The directories of all artifacts, whole or damaged, in the order of their paths."""
    paths = []
    for path in sorted(root.glob("*/*")):
        if path.parent.name not in RESERVED and KEY.fullmatch(path.name):
            paths.append(path)
    return paths


def move_into_place(root: Path, temporary: Path, final: Path) -> None:
    """Flush a finished artifact and rename it; what is in its place goes first.

    Args:
        root: Directory of the store.
        temporary: The finished directory, in the same file system.
        final: Its place, whose name is its key.
    """
    sync_tree(temporary)
    final.parent.mkdir(exist_ok=True)
    sync_directory(root)
    if os.path.lexists(final):  # only if it was found damaged, or came out differently
        damaged = damaged_copy(root, final.name)
        os.replace(final, damaged)
        remove(damaged)
    replace_durably(temporary, final)


def damaged_copy(root: Path, key: str) -> Path:
    """Where a damaged artifact is moved in one step before it is deleted."""
    return root / TEMPORARY / f"damaged-{key}"
