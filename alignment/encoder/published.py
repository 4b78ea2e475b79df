"""A directory that a registry has published: its files are what the gate judged, or it is refused.

Size and form of a weight say nothing about its bits. Reading 450 MB once more takes about 0.3 s.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alignment.errors import Corrupt
from alignment.manifests import CHECKSUM, MANIFEST, check_listed, read_manifest

CARD = "README.md"
"""Replaces one of the encoder's files when it is published."""


def check_published(path: Path) -> None:
    """Compare every file with the manifest of the version, if the directory is one.

    Raises:
        Corrupt: naming the file that is missing or differs.
    """
    if not _is_ours(path / MANIFEST):
        return
    hint = (
        f"If this is a published version, `alignment registry repair {path.parent.name}` sets it "
        "aside and deploys the last good one. If it is a copy, copy it again."
    )
    try:
        files: dict[str, Any] = read_manifest(path).get("files", {})
        encoder_files = {name: entry for name, entry in files.items() if name != CARD}
        check_listed(path, encoder_files, "version", hint)
    except Corrupt as error:
        raise Corrupt(error.message, where=error.where, hint=hint) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise Corrupt(
            f"the manifest is unreadable ({error})", where=str(path), hint=hint
        ) from error


def _is_ours(manifest: Path) -> bool:
    """Whether a program of ours wrote it; an encoder of somebody else may have such a file too."""
    try:
        return manifest.is_file() and f'"{CHECKSUM}"'.encode() in manifest.read_bytes()
    except OSError:
        return False
