"""Atomic writes, digests, and a check that a directory can be written."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from alignment.errors import ConfigError
from alignment.redaction import without_credentials


def make_writable(root: Path) -> None:
    """Create the directory and check that files can be written in it.

    Raises:
        ConfigError: if the directory cannot be created or written.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        probe = root / f".probe-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise ConfigError(
            f"the workspace cannot be written: {error.strerror}",
            where=str(root),
            hint="Choose another directory with --workspace DIR or ALIGNMENT_WORKSPACE.",
        ) from error


def write_atomically(path: Path, text: str) -> None:
    """Write UTF-8 text so that a reader sees either the old or the new file, never part of one.

    It is written under a temporary name in the same directory and then renamed.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


def write_json(path: Path, value: Any) -> None:
    """Write indented JSON atomically, without passwords and tokens.

    Values that JSON does not have are written as text.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    write_atomically(path, without_credentials(text) + "\n")


def file_digest(path: Path) -> str:
    """SHA-256 of the file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
