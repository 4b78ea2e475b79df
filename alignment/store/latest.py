"""Which artifact each stage and language gave last: `latest/STAGE-LANGUAGE` holds its key.

It tells why a stage is run again, and what `alignment store gc` keeps. Nothing is wrong without it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alignment.errors import Corrupt
from alignment.files import write_atomically
from alignment.manifests import read_manifest
from alignment.store.keys import KEY

LATEST = "latest"


def latest_keys(root: Path) -> list[str]:
    """The last key of every stage and language; damaged files are left out."""
    keys = [_key_in(pointer) for pointer in (root / LATEST).iterdir()]
    return [key for key in keys if key is not None]


def latest_manifest(root: Path, stage: str, label: str) -> dict[str, Any] | None:
    """The manifest of the last artifact of this stage and label, if it can be read."""
    key = _key_in(root / LATEST / pointer_name(stage, label))
    if key is None:
        return None
    try:
        return read_manifest(root / stage / key)
    except Corrupt:
        return None


def remember(root: Path, stage: str, label: str, key: str) -> bool:
    """This is now the last artifact of its stage and label; returns whether that is news.

    Raises:
        OSError: if the file cannot be written.
    """
    pointer = root / LATEST / pointer_name(stage, label)
    if _key_in(pointer) == key:
        return False
    write_atomically(pointer, key)
    return True


def _key_in(pointer: Path) -> str | None:
    """The key in a file of `latest/`; None if there is none or it is damaged."""
    try:
        key = pointer.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
    return key if KEY.fullmatch(key) else None


def pointer_name(stage: str, label: str) -> str:
    """The name of the file."""
    return f"{stage}-{label}" if label else stage
