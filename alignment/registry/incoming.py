"""Adding a version: copied to a temporary name, compared, flushed to the disk and then renamed."""

from __future__ import annotations

import datetime
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alignment.errors import VersionExists
from alignment.files import remove, replace_durably, sync_tree, write_atomically
from alignment.manifests import write_manifest
from alignment.registry.version import CARD, Version, copy_encoder, read_version
from alignment.store.artifacts import manifest_files
from alignment.types import Input

INCOMING = ".incoming"
"""The directory that becomes a version; one that is left was left by a killed process."""


def add_version(final: Path, encoder: Input, manifest: Mapping[str, Any], card: str) -> Version:
    """Write the version `final`, which is complete or absent. The caller holds the lock.

    Raises:
        VersionExists: if there is something at `final` already.
        Corrupt: if the copied files do not have the encoder's digest.
        OSError: if a file cannot be read or written.
    """
    if os.path.lexists(final):
        raise VersionExists(
            "the directory of the next version exists already",
            where=str(final),
            hint="Move it away and run again.",
        )
    temporary = final.parent / INCOMING
    remove(temporary)
    try:
        copy_encoder(encoder, temporary)
        content = {
            "version": final.name,
            "digest": encoder.digest,
            "files": manifest_files(temporary),
            "created": now(),
            **manifest,
        }
        write_atomically(temporary / CARD, card)
        write_manifest(temporary, content)
        sync_tree(temporary)
        replace_durably(temporary, final)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return read_version(final)


def now() -> str:
    """The present time in UTC, ISO 8601, in seconds."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
