"""Copies of objects on this machine: how much they may take, and receiving them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from alignment.errors import ConfigError


def limit_bytes(variable: str, default_gb: float) -> int:
    """What the copies may take, from an environment variable with a number of gigabytes.

    Raises:
        ConfigError: if the variable has something else.
    """
    text = os.environ.get(variable, "")
    try:
        gigabytes = float(text) if text else default_gb
    except ValueError:
        gigabytes = -1
    if not 0 < gigabytes < 1e6:
        raise ConfigError(
            f"got {text!r}, expected a number of gigabytes",
            where=variable,
            hint=f"Leave it out for {default_gb}.",
        )
    return int(gigabytes * 10**9)


def received(pieces: Iterator[bytes] | None, path: Path) -> str | None:
    """Write an object to a file, in a folder that exists.

    Returns its sha256; None if there is no object, and then no file is written.
    """
    if pieces is None:
        return None
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for piece in pieces:
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def digest_of(pieces: Iterator[bytes] | None) -> str | None:
    """sha256 of an object; None if there is none."""
    if pieces is None:
        return None
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()
