"""Manifests: JSON objects that carry a checksum of their own content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alignment.errors import Corrupt
from alignment.files import file_digest, write_atomically
from alignment.redaction import without_credentials
from alignment.text import parse_json

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
        content = parse_json(text)
    except (ValueError, RecursionError) as error:
        raise Corrupt(f"the manifest is unreadable ({error})", where=where) from error
    if not isinstance(content, dict):
        kind = type(content).__name__
        raise Corrupt(f"the manifest is unreadable (expected an object, got {kind})", where=where)
    expected = content.pop(CHECKSUM, None)
    if expected is not None and expected != _checksum(content):
        raise Corrupt("the manifest does not match its checksum", where=where)
    return content


def check_types(
    content: Mapping[str, Any], types: Mapping[str, type | tuple[type, ...]], *, required: bool
) -> None:
    """Whether the values have these types: a manifest without a checksum may have been edited.

    Args:
        content: What was read.
        types: By key.
        required: Whether every key must be there.

    Raises:
        TypeError: if a value has another type.
        KeyError: if a required key is missing.
    """
    for key, kind in types.items():
        if required or key in content:
            value = content[key]
            if not isinstance(value, kind):
                raise TypeError(f"{key} cannot be {type(value).__name__}")


def check_listed(directory: Path, files: Mapping[str, Any], what: str, hint: str) -> None:
    """Read every file that a manifest lists, with its `bytes` and `sha256` by name.

    Args:
        directory: Where the files are.
        files: What the manifest says about them.
        what: What the files belong to, for messages, such as "index".
        hint: What to do if one is damaged.

    Raises:
        Corrupt: naming the file that is missing or differs.
        KeyError, TypeError or AttributeError: if the list has another form.
    """
    for name, entry in files.items():
        path = directory / name
        if not path.is_file():
            raise Corrupt(f"a file of the {what} is missing", where=str(path), hint=hint)
        size = path.stat().st_size
        if size != entry["bytes"]:
            message = f"got {size} bytes, expected {entry['bytes']}"
            raise Corrupt(message, where=str(path), hint=hint)
        if file_digest(path) != entry["sha256"]:
            raise Corrupt("the file does not match its checksum", where=str(path), hint=hint)


def _checksum(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
