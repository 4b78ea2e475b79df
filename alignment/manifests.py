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
    write_atomically(directory / MANIFEST, manifest_text(content))


def manifest_text(content: Mapping[str, Any]) -> str:
    """What `write_manifest` writes."""
    text = json.dumps(content, ensure_ascii=False, default=str)
    plain = json.loads(without_credentials(text))  # the checksum is that of what is written
    complete = {**plain, CHECKSUM: _checksum(plain)}
    return json.dumps(complete, indent=2, ensure_ascii=False) + "\n"


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
        text = path.read_bytes()
    except FileNotFoundError as error:
        raise Corrupt(f"{MANIFEST} is missing", where=str(directory)) from error
    except OSError as error:
        raise Corrupt(f"the manifest is unreadable ({error})", where=str(directory)) from error
    return parse_manifest(text, str(directory))


def parse_manifest(text: bytes, where: str) -> dict[str, Any]:
    """As `read_manifest`, from what is in the file; `where` is its place for messages.

    Raises:
        Corrupt: if it cannot be parsed, or does not match its checksum.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Corrupt(f"the manifest is unreadable ({error})", where=where) from error
    if not isinstance(content, dict):
        kind = type(content).__name__
        raise Corrupt(f"the manifest is unreadable (expected an object, got {kind})", where=where)
    expected = content.pop(CHECKSUM, None)
    if expected is not None and expected != _checksum(content):
        raise Corrupt("the manifest does not match its checksum", where=where)
    return content


def _checksum(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
