"""Writing files so that a reader sees the old content or the new, never half of it."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from alignment.errors import ConfigError


def make_writable(root: Path) -> None:
    """Create the directory and prove that it can be written.

    Raises:
        ConfigError: if it cannot.
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
            hint="Choose another with --workspace DIR or ALIGNMENT_WORKSPACE.",
        ) from error


def write_atomically(path: Path, text: str) -> None:
    """Write beside the target and rename, so that a reader sees the old or the new text, never half."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


def write_json(path: Path, value: Any) -> None:
    """Readable JSON, atomically."""
    write_atomically(path, json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def file_digest(path: Path) -> str:
    """sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
