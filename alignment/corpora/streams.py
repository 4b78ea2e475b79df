"""User files as streams of bytes and lines, decompressed as they are read, within limits."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any, Protocol, cast

import pyarrow as pa

from alignment.corpora.recode import text_as_utf8
from alignment.downloads.archives import (
    MAX_RATIO,
    MAX_UNPACKED_BYTES,
    open_member,
    open_zip,
    safe_members,
)
from alignment.errors import Malformed, UnsafeArchive

COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".zip")
PACKAGES = {".xlz": ("xlf", "xliff"), ".mqxlz": ("mqxliff",)}
"""Zip archives of translation tools, and the endings of the bilingual file inside."""
MAX_LINE_BYTES = 2**20
_ALWAYS_ALLOWED_BYTES = 64 * 2**20  # any file may expand to this size, whatever its ratio
_BUFFER_BYTES = 2**18
_NAMED_MEMBERS = 8
_BROKEN = (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, zipfile.BadZipFile, OSError)
_NOT_READABLE = (FileNotFoundError, PermissionError, IsADirectoryError)


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


_OPENERS: dict[str, Callable[..., AbstractContextManager[_Readable]]] = {
    ".gz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
}


def file_format(path: Path) -> str:
    """The format in the name, without the compression: `tsv` for `a.tsv.gz`.

    For a .zip whose name does not say it (`a.zip`), the format of its only file.
    """
    if path.suffix.lower() == ".zip" and not Path(path.stem).suffix and path.is_file():
        with open_zip(path) as archive:
            return _format_in_name(_only_file(archive, path).filename)
    return _format_in_name(path.name)


def _format_in_name(name: str) -> str:
    name = name.lower()
    for ending in COMPRESSED:
        name = name.removesuffix(ending)
    return name.rpartition(".")[2]


@contextmanager
def open_stream(path: Path) -> Iterator[io.BufferedReader]:
    """The bytes of a file, decompressed according to its name; of a .zip its only file.

    Of several files in a .zip, the only one whose ending fits the archive's name is read
    (`a.tsv` of `a.tsv.zip`).

    Raises:
        Malformed: if it is truncated, or not what its name says.
        UnsafeArchive: if it expands past the limits, or a zip member is not safe to read.
    """
    try:
        with _open(path) as file:
            yield file
    except _NOT_READABLE:
        raise
    except _BROKEN as error:
        raise Malformed(
            f"truncated, or not what its name says ({error})", where=str(path)
        ) from error


@contextmanager
def _open(path: Path) -> Iterator[io.BufferedReader]:
    ending = path.suffix.lower()
    if ending == ".zip" or ending in PACKAGES:
        with (
            open_zip(path) as archive,
            open_member(archive, _only_file(archive, path)) as member,
        ):
            yield buffered(member)
    elif ending == ".zst":
        with pa.OSFile(str(path), "rb") as raw, pa.CompressedInputStream(raw, "zstd") as stream:
            yield _limited(stream, path)
    elif ending in _OPENERS:
        with _OPENERS[ending](path, "rb") as stream:
            yield _limited(stream, path)
    else:
        with path.open("rb") as file:
            yield file


def buffered(member: IO[bytes]) -> io.BufferedReader:
    """A member of a zip archive with `peek` and a larger buffer."""
    return io.BufferedReader(cast("io.RawIOBase", member), _BUFFER_BYTES)


def _only_file(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    members = list(safe_members(archive, re.compile(""), max_bytes=MAX_UNPACKED_BYTES))
    endings = PACKAGES.get(path.suffix.lower(), (_format_in_name(path.name),))
    fitting = []
    for info in members:
        if "." in info.filename and _format_in_name(info.filename) in endings:
            fitting.append(info)
    if len(fitting) == 1:
        return fitting[0]
    if len(members) != 1:
        listed = ", ".join(info.filename for info in members[:_NAMED_MEMBERS])
        more = ", ..." if len(members) > _NAMED_MEMBERS else ""
        raise Malformed(
            f"expected one file in the archive, got {len(members)}"
            + (f": {listed}{more}" if listed else ""),
            where=str(path),
            hint="Compress each file separately, or name the archive after the file that is "
            "meant, such as `a.tsv.zip` for `a.tsv`.",
        )
    return members[0]


def _limited(stream: _Readable, path: Path) -> io.BufferedReader:
    """The stream with a size limit and `readline`."""
    return io.BufferedReader(_Limited(stream, path), _BUFFER_BYTES)


class _Limited(io.RawIOBase):
    """Reads at most `MAX_RATIO` times the size of the compressed file."""

    def __init__(self, stream: _Readable, path: Path) -> None:
        self.stream = stream
        self.path = path
        self.remaining = max(path.stat().st_size * MAX_RATIO, _ALWAYS_ALLOWED_BYTES)

    def readable(self) -> bool:
        """Always true."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer; return the number of bytes, 0 at the end."""
        data = self.stream.read(len(buffer))
        self.remaining -= len(data)
        if self.remaining < 0:
            raise UnsafeArchive(f"expands past {MAX_RATIO} times its size", where=str(self.path))
        buffer[: len(data)] = data
        return len(data)


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Number (from 1) and text of each line; UTF-8 or UTF-16, at most `MAX_LINE_BYTES` per line.

    Raises:
        Malformed: with the line number.
    """
    with open_stream(path) as file:
        yield from number_lines(file, str(path))


def number_lines(file: io.BufferedReader, name: str) -> Iterator[tuple[int, str]]:
    """Like `read_lines`, for an open file; errors call it `name`."""
    number = 0
    try:
        readline = text_as_utf8(file).readline
        while raw := readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(raw) > MAX_LINE_BYTES:
                raise Malformed(
                    f"the line is longer than {MAX_LINE_BYTES:,} bytes", where=f"{name}:{number}"
                )
            yield number, raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise not_decoded(error, f"{name}:{number}") from error
    except _BROKEN as error:
        raise Malformed(
            f"truncated, or not what its name says ({error})", where=f"{name}:{number + 1}"
        ) from error


def not_decoded(error: UnicodeDecodeError, where: str) -> Malformed:
    """The error for bytes that are not text."""
    encoding = "UTF-8" if error.encoding == "utf-8" else error.encoding
    return Malformed(
        f"not valid {encoding}: {error.reason}",
        where=where,
        hint="Convert the file to UTF-8, for example with `iconv -f windows-1252 -t utf-8`.",
    )
