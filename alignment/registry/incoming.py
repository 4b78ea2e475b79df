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
from alignment.registry.copying import NO_EXPORTS, Exports, copy_encoder, copy_exports
from alignment.registry.history import now
from alignment.registry.version import CARD, Version, read_version
from alignment.store.artifacts import manifest_files
from alignment.types import Input

INCOMING = ".incoming"
"""The directory that becomes a version; one that is left was left by a killed process."""


def add_version(
    final: Path,
    encoder: Input,
    manifest: Mapping[str, Any],
    card: str,
    exports: Exports = NO_EXPORTS,
) -> Version:
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
        copy_exports(exports, temporary)
        describe_version(temporary, final.name, encoder.digest, manifest, card, exports)
        sync_tree(temporary)
        replace_durably(temporary, final)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return read_version(final)


def describe_version(
    directory: Path,
    name: str,
    digest: str,
    manifest: Mapping[str, Any],
    card: str,
    exports: Exports = NO_EXPORTS,
) -> None:
    """Write the card and the manifest of a version next to its files, which already exist.

    The files of the `exports` are listed on their own, because `digest` is that of the encoder.

    Raises:
        OSError: if a file cannot be read or written.
    """
    encoder_files = manifest_files(directory)
    exported = {}
    for file in list(encoder_files):
        if file.partition("/")[0] in exports:
            exported[file] = encoder_files.pop(file)
    content = {
        "version": name,
        "digest": digest,
        "files": encoder_files,
        "created": now(),
        **manifest,
    }
    if exported:
        content["exports"] = exported
    write_atomically(directory / CARD, card)
    write_manifest(directory, content)
