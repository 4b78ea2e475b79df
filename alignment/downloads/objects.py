"""Fetched files by their sha256, each compared with it before it is used."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

from alignment.errors import Corrupt
from alignment.files import SHA256, replace_durably, sync_file
from alignment.store.stamps import check_file, read_stamps, write_stamps

OBJECTS = "objects"
VERIFIED = "verified"
"""Here are the stamps of objects that were compared, so that they are not read every time."""
logger = logging.getLogger(__name__)


def find_object(root: Path, digest: object, size: object) -> Path | None:
    """The file with this content; None if there is none. A damaged one is deleted.

    Args:
        root: The download cache.
        digest: Its sha256, or what a file that may be damaged says it is.
        size: Bytes that it must have.
    """
    if not isinstance(digest, str) or not SHA256.fullmatch(digest):  # of a damaged record
        return None
    path = root / OBJECTS / digest
    if not path.is_file() or path.stat().st_size != size:
        return None
    stamps = root / VERIFIED / f"{digest}.json"
    known = read_stamps(stamps).get(digest)
    try:
        stamp = check_file(path, digest, known)
    except Corrupt as error:
        logger.warning("%s is damaged (%s); it was deleted", error.where, error.message)
        path.unlink()
        stamps.unlink(missing_ok=True)
        return None
    if stamp is not None and stamp != known:
        with contextlib.suppress(OSError):  # it is then compared again next time
            stamps.parent.mkdir(exist_ok=True)
            write_stamps(stamps, {digest: stamp})
    return path


def keep_object(root: Path, partial: Path, digest: str) -> Path:
    """Move a complete file to its place; it survives a power cut."""
    final = root / OBJECTS / digest
    sync_file(partial)
    replace_durably(partial, final)
    return final
