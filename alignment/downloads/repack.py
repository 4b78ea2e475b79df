"""Tar archives and Debian packages as zip archives, whose members can be read in any order.

A Debian package is an `ar` archive with the files of the program in `data.tar.*` (deb(5)). Nothing
is unpacked under the name that an archive declares: the members go into one new zip archive.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import re
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

import pyarrow as pa
from filelock import FileLock

from alignment.downloads.archives import (
    DAMAGED,
    MAX_MEMBER_BYTES,
    MAX_RATIO,
    MAX_UNPACKED_BYTES,
)
from alignment.errors import Malformed, UnsafeArchive
from alignment.files import file_digest

_AR_MAGIC = b"!<arch>\n"
_ZIP_MAGIC = b"PK\x03\x04"
_AR_HEADER_BYTES = 60
_AR_HEADER_END = b"`\n"
_TAR_MAGIC = b"ustar"
_TAR_MAGIC_OFFSET = 257
_ALWAYS_ALLOWED_BYTES = 64 * 2**20  # any archive may expand to this size, whatever its ratio
_TAR_BUFFER_BYTES = 2**18
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the least that zip can hold: the same bytes every time


def _open_zstd(file: io.BufferedReader[Any]) -> Any:
    return pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd")


_DECOMPRESSORS: dict[bytes, Callable[[io.BufferedReader[Any]], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
    b"\x5d\x00\x00": lzma.open,
    b"\x28\xb5\x2f\xfd": _open_zstd,
}
"""By the first bytes of the compressed file."""


def is_archive(path: Path) -> bool:
    """Whether it is a zip, tar or ar archive, by its content."""
    with path.open("rb") as file:
        head = file.read(_TAR_MAGIC_OFFSET + len(_TAR_MAGIC))
    known = (_AR_MAGIC, _ZIP_MAGIC, *_DECOMPRESSORS)
    return head.startswith(known) or head.endswith(_TAR_MAGIC) or zipfile.is_zipfile(path)


def as_zip(path: Path, wanted: re.Pattern[str], root: Path) -> Path:
    """The archive itself if it is a zip, else a zip of its members whose name matches.

    The zip is written once, to a file below `root` that is named after the archive's content.

    Raises:
        Malformed: if it is not an archive, or is damaged.
        UnsafeArchive: if a wanted member leaves the archive, or it expands past the limits.
    """
    if zipfile.is_zipfile(path):
        return path
    root.mkdir(parents=True, exist_ok=True)
    selection = hashlib.sha256(wanted.pattern.encode()).hexdigest()[:8]
    final = root / f"{file_digest(path)}-{selection}.zip"
    with FileLock(final.with_suffix(".lock")):
        if not final.is_file():
            partial = final.with_suffix(".partial")
            _repack(path, wanted, partial)
            os.replace(partial, final)
    return final


def _repack(path: Path, wanted: re.Pattern[str], target: Path) -> None:
    try:
        with _open_tar(path) as tar, zipfile.ZipFile(target, "w") as archive:
            for member in tar:
                name = member.name.removeprefix("./")
                if not member.isreg() or member.issparse() or not wanted.search(name):
                    continue
                _check(member, name, path)
                file = tar.extractfile(member)
                if file is not None:
                    info = zipfile.ZipInfo(name, _EARLIEST)
                    info.compress_type = zipfile.ZIP_DEFLATED
                    archive.writestr(info, file.read(), compresslevel=1)
    except DAMAGED as error:
        raise Malformed(
            f"not an archive, or damaged ({error})",
            where=str(path),
            hint="Known archives: .zip, .whl, .xpi, .tar, .tar.gz, .tar.xz, .tar.zst, .deb.",
        ) from error


def _check(member: tarfile.TarInfo, name: str, path: Path) -> None:
    where = f"{path}:{name}"
    if name.startswith("/") or ".." in PurePosixPath(name).parts:
        raise UnsafeArchive("the member's path leads outside the archive", where=where)
    if member.size > MAX_MEMBER_BYTES:
        raise UnsafeArchive(
            f"the member has {member.size:,} bytes; the limit is {MAX_MEMBER_BYTES:,}", where=where
        )


@contextmanager
def _open_tar(path: Path) -> Iterator[tarfile.TarFile]:
    """The tar archive in the file, or in the Debian package."""
    with path.open("rb") as file:
        start = 0
        size = path.stat().st_size
        if file.read(len(_AR_MAGIC)) == _AR_MAGIC:
            start, size = _data_member(file, path)
        part = io.BufferedReader(_Part(file, start, size))
        stream: Any = _Limited(_decompressed(part), path)
        with tarfile.open(fileobj=stream, mode="r|", bufsize=_TAR_BUFFER_BYTES) as tar:
            yield tar


def _decompressed(file: io.BufferedReader[Any]) -> Any:
    head = file.peek(max(map(len, _DECOMPRESSORS)))
    for magic, decompress in _DECOMPRESSORS.items():
        if head.startswith(magic):
            return decompress(file)
    return file


def _data_member(file: IO[bytes], path: Path) -> tuple[int, int]:
    """Offset and size of `data.tar.*` in a Debian package."""
    position = len(_AR_MAGIC)
    while True:
        file.seek(position)
        header = file.read(_AR_HEADER_BYTES)
        if len(header) < _AR_HEADER_BYTES or not header.endswith(_AR_HEADER_END):
            raise Malformed("the Debian package has no data.tar, or is truncated", where=str(path))
        name = header[:16].decode("ascii", "replace").strip().rstrip("/")
        digits = header[48:58].strip()
        if not digits.isdigit():
            raise Malformed("the Debian package is damaged", where=str(path))
        position += _AR_HEADER_BYTES
        if name.startswith("data.tar"):
            return position, int(digits)
        position += int(digits) + int(digits) % 2  # members begin at even offsets


class _Part(io.RawIOBase):
    """A part of a file."""

    def __init__(self, file: IO[bytes], start: int, size: int) -> None:
        self.file = file
        self.remaining = size
        file.seek(start)

    def readable(self) -> bool:
        """Always true."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer; return the number of bytes, 0 at the end."""
        data = self.file.read(min(len(buffer), self.remaining))
        self.remaining -= len(data)
        buffer[: len(data)] = data
        return len(data)


class _Limited:
    """Reads a stream up to the size that an archive may have."""

    def __init__(self, stream: Any, path: Path) -> None:
        self.stream = stream
        self.path = path
        limit = max(path.stat().st_size * MAX_RATIO, _ALWAYS_ALLOWED_BYTES)
        self.remaining = min(limit, MAX_UNPACKED_BYTES)

    def read(self, size: int) -> bytes:
        """At most `size` bytes."""
        data: bytes = self.stream.read(size)
        self.remaining -= len(data)
        if self.remaining < 0:
            raise UnsafeArchive(f"expands past {MAX_RATIO} times its size", where=str(self.path))
        return data
