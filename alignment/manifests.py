"""Manifests: JSON objects that carry a checksum of their own content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alignment.errors import Corrupt
from alignment.files import write_atomically
from alignment.redaction import without_credentials

MANIFEST = "manifest.json"
CHECKSUM = "checksum"
"""The key under which a manifest has the sha256 of its other keys."""


def write_manifest(directory: Path, content: Mapping[str, Any]) -> None:
    """Write `manifest.json` with its checksum, atomically, without passwords and tokens."""
    text = json.dumps(content, ensure_ascii=False, default=str)
    plain = json.loads(without_credentials(text))  # the checksum is that of what is written
    complete = {**plain, CHECKSUM: _checksum(plain)}
    write_atomically(
        directory / MANIFEST, json.dumps(complete, indent=2, ensure_ascii=False) + "\n"
    )


def read_manifest(directory: Path) -> dict[str, Any]:
    """The content of `manifest.json`, without its checksum.

    A manifest without one, as earlier versions wrote it, is read as it is.

    Raises:
        Corrupt: if it is missing, cannot be read, or does not match its checksum.
    """
    path = directory / MANIFEST
    if path.exists() and not path.is_file():  # a pipe would be read for ever
        raise Corrupt(f"{MANIFEST} is not a file", where=str(directory))
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise Corrupt(f"{MANIFEST} is missing", where=str(directory)) from error
    except (OSError, ValueError, RecursionError) as error:
        raise Corrupt(f"the manifest is unreadable ({error})", where=str(directory)) from error
    if not isinstance(content, dict):
        kind = type(content).__name__
        raise Corrupt(
            f"the manifest is unreadable (expected an object, got {kind})", where=str(directory)
        )
    expected = content.pop(CHECKSUM, None)
    if expected is not None and expected != _checksum(content):
        raise Corrupt("the manifest does not match its checksum", where=str(directory))
    return content


def _checksum(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
