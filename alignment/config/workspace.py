"""Places of a workspace: a directory, a bucket, or a folder that several machines share."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import NamedTuple

from alignment.config.registry import BucketAddress, is_bucket, parse_address
from alignment.redaction import redacted_address

_FILE = "file://"
_MISTYPED = re.compile(r"(s3|gs|az|file):|[A-Za-z][A-Za-z0-9+.-]+:/")
"""What is no address, and hardly the name of a directory."""
_EXPECTED = (
    "expected the path of a directory, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, "
    "az://CONTAINER/PREFIX, or file:///SHARED/FOLDER"
)


class SharedFolder(NamedTuple):
    """A folder that several machines have mounted."""

    path: Path

    def __str__(self) -> str:
        return f"{_FILE}{self.path}"


SharedPlace = BucketAddress | SharedFolder


def shared_place(text: str) -> SharedPlace | None:
    """The place that several machines share; None for the path of a directory.

    >>> shared_place("s3://team/alignment")
    BucketAddress(scheme='s3', bucket='team', prefix='alignment')
    >>> shared_place("workspace") is None
    True

    Raises:
        ValueError: if it is neither, for instance because of a typing error.
    """
    if text.startswith(_FILE):
        path = Path(text.removeprefix(_FILE))
        if not path.is_absolute() or ".." in path.parts:
            raise ValueError(f"got {text}, expected file:///SHARED/FOLDER with three slashes")
        return SharedFolder(path)
    if is_bucket(text):
        return parse_address(text)
    if _MISTYPED.match(text):
        raise ValueError(f"got {redacted_address(text)}, {_EXPECTED}")
    return None


def looks_like_address(text: str) -> bool:
    """Whether this is meant as an address, right or wrong, and not as the path of a directory."""
    return is_bucket(text) or _MISTYPED.match(text) is not None


def cache_directory(place: SharedPlace) -> Path:
    """Where this machine keeps what it has taken from a shared place, and what is its own.

    Below `ALIGNMENT_WORKSPACE_CACHE`, by default `~/.cache/alignment`.
    """
    configured = os.environ.get("ALIGNMENT_WORKSPACE_CACHE")
    if configured:
        base = Path(configured).expanduser()
    else:
        home = os.environ.get("XDG_CACHE_HOME")
        base = (Path(home) if home else Path.home() / ".cache") / "alignment"
    text = str(place)
    words = re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[-60:].strip("-")
    return (base / f"{words}-{hashlib.sha256(text.encode()).hexdigest()[:8]}").resolve()
