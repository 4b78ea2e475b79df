"""Zip archives, read defensively and unpacked by nobody."""

from __future__ import annotations

import re
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from alignment.errors import Malformed, UnsafeArchive

MAX_MEMBER_BYTES = 256 * 2**20
MAX_RATIO = 200  # real text compresses about 5 times; a bomb a thousand times


def open_zip(path: Path) -> zipfile.ZipFile:
    """Open the archive.

    Raises:
        Malformed: if it is not a zip archive (a download that was cut off).
    """
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise Malformed(
            f"not a zip archive ({error}); the download may be truncated", where=str(path), hint=f"Delete {path} and run again."
        ) from error  # fmt: skip


def safe_members(
    archive: zipfile.ZipFile, wanted: re.Pattern[str], *, max_bytes: int = MAX_MEMBER_BYTES, max_ratio: int = MAX_RATIO
) -> Iterator[zipfile.ZipInfo]:
    """Members whose name matches, each checked against its declared size, its ratio and its place.

    Raises:
        UnsafeArchive: if one of them would expand past the limits, is a link, or names a place outside.
    """
    for info in archive.infolist():
        if not wanted.search(info.filename) or info.is_dir():
            continue
        where = f"{archive.filename}:{info.filename}"
        if info.filename.startswith(("/", "\\")) or ".." in PurePosixPath(info.filename.replace("\\", "/")).parts:
            raise UnsafeArchive("the member names a place outside of the archive", where=where)
        if stat.S_ISLNK(info.external_attr >> 16):
            raise UnsafeArchive("the member is a link", where=where)
        ratio = info.file_size / max(info.compress_size, 1)
        if info.file_size > max_bytes or (ratio > max_ratio and info.file_size > 2**20):
            raise UnsafeArchive(
                f"the member expands to {info.file_size:,} bytes, {ratio:.0f} times its size; "
                f"at most {max_bytes:,} and {max_ratio} times are read", where=where,
            )  # fmt: skip
        yield info


def read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """The member's bytes, never more than it declares.

    Raises:
        Malformed: if its checksum does not match.
    """
    try:
        with archive.open(info) as file:
            return file.read(info.file_size)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise Malformed(f"the archive is damaged: {error}", where=f"{archive.filename}:{info.filename}") from error
