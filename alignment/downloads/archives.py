"""Zip and tar archives, read defensively: member by member, under names of ours."""

from __future__ import annotations

import fnmatch
import hashlib
import lzma
import os
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, TypeVar, cast

from filelock import FileLock

from alignment.errors import Malformed, UnsafeArchive

MAX_MEMBER_BYTES = 256 * 2**20
MAX_UNPACKED_BYTES = 64 * 2**30
MAX_RATIO = 200  # real text compresses about 5 times; a bomb a thousand times
COPIED = 2**20  # bytes at once
_DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    NotImplementedError,
    OSError,
)
T = TypeVar("T")


def open_zip(path: Path) -> zipfile.ZipFile:
    """Open the archive.

    Raises:
        Malformed: if it is not a zip archive (a download that was cut off).
    """
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise Malformed(
            f"not a zip archive ({error}); the download may be truncated",
            where=str(path),
            hint=f"Delete {path} and run again.",
        ) from error


def safe_members(
    archive: zipfile.ZipFile,
    wanted: re.Pattern[str],
    *,
    max_bytes: int = MAX_MEMBER_BYTES,
    max_ratio: int = MAX_RATIO,
) -> Iterator[zipfile.ZipInfo]:
    """Members whose name matches, each checked against its declared size, its ratio and its place.

    Raises:
        UnsafeArchive: if one of them would expand past the limits, is a link, or names a place outside.
    """
    for info in archive.infolist():
        if not wanted.search(info.filename) or info.is_dir():
            continue
        where = f"{archive.filename}:{info.filename}"
        if (
            info.filename.startswith(("/", "\\"))
            or ".." in PurePosixPath(info.filename.replace("\\", "/")).parts
        ):
            raise UnsafeArchive("the member names a place outside of the archive", where=where)
        if stat.S_ISLNK(info.external_attr >> 16):
            raise UnsafeArchive("the member is a link", where=where)
        ratio = info.file_size / max(info.compress_size, 1)
        if info.file_size > max_bytes or (ratio > max_ratio and info.file_size > 2**20):
            raise UnsafeArchive(
                f"the member expands to {info.file_size:,} bytes, {ratio:.0f} times its size; "
                f"at most {max_bytes:,} and {max_ratio} times are read",
                where=where,
            )
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
        raise Malformed(
            f"the archive is damaged: {error}", where=f"{archive.filename}:{info.filename}"
        ) from error


def only_member(archive: zipfile.ZipFile, wanted: re.Pattern[str]) -> zipfile.ZipInfo:
    """The one member whose name matches.

    Raises:
        Malformed: if there is none, or more.
        UnsafeArchive: as `safe_members`.
    """
    found = list(safe_members(archive, wanted, max_bytes=MAX_UNPACKED_BYTES))
    return _one(found, archive.namelist(), f"{archive.filename}", wanted)


def unpacked(path: Path, pattern: str, root: Path) -> Path:
    """The one member of a zip or tar archive whose name matches a glob (`*` also matches `/`), as a file under `root`.

    Written once, under a name of ours.

    Raises:
        Malformed: if not exactly one matches, or the archive is damaged.
        UnsafeArchive: if it would expand past the limits.
    """
    digest = hashlib.sha256(f"{path.resolve()}:{pattern}".encode()).hexdigest()[:32]
    final = root / digest / PurePosixPath(pattern.replace("*", "_")).name
    final.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(final.parent / ".lock"):
        if not final.is_file():
            partial = final.with_name(".partial")
            try:
                with (
                    _opened(path, re.compile(fnmatch.translate(pattern))) as member,
                    partial.open("wb") as copy,
                ):
                    _copy(
                        member,
                        copy,
                        max(MAX_RATIO * path.stat().st_size, MAX_MEMBER_BYTES),
                        f"{path}:{pattern}",
                    )
            except _DAMAGED as error:
                raise Malformed(
                    f"the archive is damaged: {error}",
                    where=str(path),
                    hint=f"Delete {path} and run again.",
                ) from error
            os.replace(partial, final)
    return final


@contextmanager
def _opened(path: Path, wanted: re.Pattern[str]) -> Iterator[IO[bytes]]:
    if zipfile.is_zipfile(path):
        with open_zip(path) as archive, archive.open(only_member(archive, wanted)) as member:
            yield member
        return
    with tarfile.open(path) as tape:
        every = list(tape)
        info = _one(
            [m for m in every if m.isreg() and wanted.search(m.name)],
            [m.name for m in every],
            str(path),
            wanted,
        )
        with cast(
            "IO[bytes]", tape.extractfile(info)
        ) as file:  # None is for what is not a regular file
            yield file


def _one(found: list[T], names: list[str], where: str, wanted: re.Pattern[str]) -> T:
    if len(found) != 1:
        raise Malformed(
            f"expected one text that matches {wanted.pattern}, got {len(found)}; it has {', '.join(names[:8])}",
            where=where,
        )
    return found[0]


def _copy(source: IO[bytes], target: IO[bytes], left: int, where: str) -> None:
    while data := source.read(COPIED):
        if (left := left - len(data)) < 0:
            raise UnsafeArchive(
                f"the member expands past {MAX_RATIO} times the archive's size", where=where
            )
        target.write(data)
