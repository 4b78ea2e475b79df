"""Adding a version: copied to a temporary name, compared, flushed to the disk and then renamed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alignment.errors import VersionExists
from alignment.files import remove, replace_durably, sync_tree, write_atomically
from alignment.manifests import write_manifest
from alignment.registry.history import now
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
        describe_version(temporary, final.name, encoder.digest, manifest, card)
        sync_tree(temporary)
        replace_durably(temporary, final)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return read_version(final)


def describe_version(
    directory: Path, name: str, digest: str, manifest: Mapping[str, Any], card: str
) -> None:
    """Write the card and the manifest of a version next to its files, which already exist.

    Raises:
        OSError: if a file cannot be read or written.
    """
    content = {
        "version": name,
        "digest": digest,
        "files": manifest_files(directory),
        "created": now(),
        **manifest,
    }
    write_atomically(directory / CARD, card)
    write_manifest(directory, content)
