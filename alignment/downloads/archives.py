"""Zip and tar archives, read member by member and never unpacked under the names they declare."""

from __future__ import annotations

import fnmatch
import hashlib
import io
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
from typing import IO, TypeVar

from filelock import FileLock

from alignment.errors import Malformed, UnsafeArchive

MAX_MEMBER_BYTES = 256 * 2**20
MAX_UNPACKED_BYTES = 64 * 2**30
MAX_RATIO = 200
"""Largest unpacked size as a multiple of the packed one: text reaches about 5, a bomb 1,000."""
_ALWAYS_ALLOWED_BYTES = 2**20  # the ratio of a small member says nothing
_CHUNK_BYTES = 2**20
DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    NotImplementedError,
    OSError,
)
_CLUTTER = {".ds_store", "thumbs.db", "desktop.ini"}
_NOT_A_ZIP = (zipfile.BadZipFile, NotImplementedError, ValueError, OSError)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_ENCRYPTED = 0x1 | 0x40  # flags of a member: encryption, and its strong form
_PATCHED = 0x20
T = TypeVar("T")


def open_zip(path: Path) -> zipfile.ZipFile:
    """Open a zip archive.

    Raises:
        Malformed: if it is not one, for example after a download that was cut off.
    """
    try:
        return zipfile.ZipFile(path)
    except _NOT_A_ZIP as error:
        raise Malformed(
            f"not a zip archive ({error}); the download may be truncated",
            where=str(path),
            hint=f"Delete {path} and run again.",
        ) from error


def open_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes]:
    """The bytes of a member.

    Raises:
        zipfile.BadZipFile: if its header is damaged, also where `zipfile` raises something else.
        NotImplementedError: if it is compressed in an unknown way.
        RuntimeError: if it is encrypted.
    """
    try:
        return archive.open(info)
    except UnicodeDecodeError as error:
        raise zipfile.BadZipFile(f"the name in the header is damaged ({error})") from error


def safe_members(
    archive: zipfile.ZipFile,
    wanted: re.Pattern[str],
    *,
    max_bytes: int = MAX_MEMBER_BYTES,
    max_ratio: int = MAX_RATIO,
) -> Iterator[zipfile.ZipInfo]:
    """The members whose name matches, after a check of name, type, size and compression ratio.

    What desktops add to an archive is left out: `__MACOSX/`, `.DS_Store`, `Thumbs.db`.

    Raises:
        UnsafeArchive: if a member expands past the limits, is a link, or leaves the archive.
    """
    for info in archive.infolist():
        if info.is_dir() or _is_clutter(info.filename) or not wanted.search(info.filename):
            continue
        check_member(archive, info, max_bytes=max_bytes, max_ratio=max_ratio)
        yield info


def _is_clutter(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts:
        return False
    return "__MACOSX" in parts or parts[-1].startswith("._") or parts[-1].lower() in _CLUTTER


def check_member(
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    *,
    max_bytes: int = MAX_MEMBER_BYTES,
    max_ratio: int = MAX_RATIO,
) -> None:
    """Check name, type, size and compression ratio of a member before it is read.

    Raises:
        UnsafeArchive: if it expands past the limits, is a link, or leaves the archive.
    """
    where = f"{archive.filename}:{info.filename}"
    _check_name_and_type(info, where)
    ratio = info.file_size / max(info.compress_size, 1)
    explodes = ratio > max_ratio and info.file_size > _ALWAYS_ALLOWED_BYTES
    if info.file_size > max_bytes or explodes:
        raise UnsafeArchive(
            f"the member expands to {info.file_size:,} bytes, {ratio:.0f} times its packed "
            f"size; the limits are {max_bytes:,} bytes and {max_ratio} times",
            where=where,
        )


def _check_name_and_type(info: zipfile.ZipInfo, where: str) -> None:
    name = info.filename.replace("\\", "/")
    if name.startswith("/") or ".." in PurePosixPath(name).parts:
        raise UnsafeArchive("the member's path leads outside the archive", where=where)
    if stat.S_ISLNK(info.external_attr >> 16):
        raise UnsafeArchive("the member is a link", where=where)
    if info.flag_bits & _ENCRYPTED:
        raise Malformed(
            "the member is encrypted", where=where, hint="Pack the file again without a password."
        )
    if info.compress_type not in _METHODS or info.flag_bits & _PATCHED:
        raise Malformed(
            f"the member is compressed by method {info.compress_type}, which cannot be read",
            where=where,
            hint="Pack the file again, as an ordinary zip archive.",
        )


def read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """The member's bytes, at most as many as it declares.

    Raises:
        Malformed: if the checksum is wrong, or the member cannot be unpacked.
    """
    try:
        with open_member(archive, info) as file:
            return file.read(info.file_size)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise Malformed(
            f"the archive is damaged: {error}", where=f"{archive.filename}:{info.filename}"
        ) from error


def open_inner_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> zipfile.ZipFile:
    """Open a zip archive that is a member of another one, in memory.

    Raises:
        Malformed: if it is not one, or the outer archive is damaged.
        UnsafeArchive: as in `check_member`.
    """
    check_member(archive, info)
    where = f"{archive.filename}:{info.filename}"
    try:
        inner = zipfile.ZipFile(io.BytesIO(read_member(archive, info)))
    except _NOT_A_ZIP as error:
        raise Malformed(f"not a zip archive ({error})", where=where) from error
    inner.filename = where  # what errors about its members name
    return inner


def only_member(archive: zipfile.ZipFile, wanted: re.Pattern[str]) -> zipfile.ZipInfo:
    """The single member whose name matches.

    Raises:
        Malformed: if there is not exactly one.
        UnsafeArchive: as in `safe_members`.
    """
    members = list(safe_members(archive, wanted, max_bytes=MAX_UNPACKED_BYTES))
    return _single(members, archive.namelist(), str(archive.filename), wanted)


def unpack_member(path: Path, pattern: str, root: Path) -> Path:
    """Copy the single member of a zip or tar archive that matches a glob to a file under `root`.

    In the glob, `*` also matches `/`. The file is written once; its name comes from the pattern,
    never from the archive.

    Raises:
        Malformed: if not exactly one member matches, or the archive is damaged.
        UnsafeArchive: if it would expand past the limits.
    """
    digest = hashlib.sha256(f"{path.resolve()}:{pattern}".encode()).hexdigest()[:32]
    final = root / digest / PurePosixPath(pattern.replace("*", "_")).name
    final.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(final.parent / ".lock"):
        if not final.is_file():
            partial = final.with_name(".partial")
            _write_member(path, pattern, partial)
            os.replace(partial, final)
    return final


def _write_member(path: Path, pattern: str, target: Path) -> None:
    wanted = re.compile(fnmatch.translate(pattern))
    limit = max(MAX_RATIO * path.stat().st_size, MAX_MEMBER_BYTES)
    try:
        with _open_member(path, wanted) as member, target.open("wb") as copy:
            _copy(member, copy, limit, f"{path}:{pattern}")
    except DAMAGED as error:
        raise Malformed(
            f"the archive is damaged: {error}",
            where=str(path),
            hint=f"Delete {path} and run again.",
        ) from error


@contextmanager
def _open_member(path: Path, wanted: re.Pattern[str]) -> Iterator[IO[bytes]]:
    if zipfile.is_zipfile(path):
        with (
            open_zip(path) as archive,
            open_member(archive, only_member(archive, wanted)) as member,
        ):
            yield member
        return
    with tarfile.open(path) as tar:
        members = list(tar)
        names = [member.name for member in members]
        matches = [member for member in members if member.isreg() and wanted.search(member.name)]
        file = tar.extractfile(_single(matches, names, str(path), wanted))
        if file is None:  # only for a member that is not a regular file
            raise Malformed("the member is not a file", where=str(path))
        with file:
            yield file


def _single(matches: list[T], names: list[str], where: str, wanted: re.Pattern[str]) -> T:
    if len(matches) != 1:
        raise Malformed(
            f"expected one member that matches {wanted.pattern}, got {len(matches)}; "
            f"the archive has {', '.join(names[:8])}",
            where=where,
        )
    return matches[0]


def _copy(source: IO[bytes], target: IO[bytes], limit: int, where: str) -> None:
    remaining = limit
    while chunk := source.read(_CHUNK_BYTES):
        remaining -= len(chunk)
        if remaining < 0:
            raise UnsafeArchive(
                f"the member expands past {MAX_RATIO} times the archive's size", where=where
            )
        target.write(chunk)
