"""Files of the user's as streams of bytes and lines: compressed or not, within limits."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from alignment.downloads.archives import MAX_UNPACKED_BYTES, open_zip, safe_members
from alignment.errors import Malformed, UnsafeArchive

COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".zip")
MAX_LINE_BYTES = 2**20
MAX_RATIO = 200  # gzip reaches a thousand on a bomb, text about five
SMALL = 64 * 2**20  # bytes that any file may expand to
_BROKEN = (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, zipfile.BadZipFile, OSError)


def form(path: Path) -> str:
    """The format that the name tells, compression left aside: `tsv` of `a.tsv.gz`."""
    name = path.name.lower()
    for ending in COMPRESSED:
        name = name.removesuffix(ending)
    return name.rpartition(".")[2]


@contextmanager
def open_stream(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, decompressed by what its name ends with; of a .zip its only file.

    Raises:
        Malformed: if it is truncated or not what its name says.
        UnsafeArchive: if an archive has a member that is not safe to read.
    """
    ending = path.suffix.lower()
    try:
        if ending == ".zip":
            with open_zip(path) as archive:
                members = list(safe_members(archive, re.compile(""), max_bytes=MAX_UNPACKED_BYTES))
                if len(members) != 1:
                    raise Malformed(
                        f"expected one file in the archive, got {len(members)}", where=str(path)
                    )
                with archive.open(members[0]) as file:
                    yield file
        elif ending == ".zst":
            with pa.OSFile(str(path), "rb") as raw, pa.CompressedInputStream(raw, "zstd") as file:
                yield buffered(_Limited(file, path))
        else:
            opener = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}.get(ending)
            with opener(path, "rb") if opener else path.open("rb") as file:  # type: ignore[operator]
                yield buffered(_Limited(file, path)) if opener else file
    except _BROKEN as error:
        if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
            raise
        raise Malformed(
            f"truncated, or not what its name says ({error})", where=str(path)
        ) from error


class _Limited(io.RawIOBase):
    """Reads at most `MAX_RATIO` times the size of the compressed file."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self.file = file
        self.path = path
        self.left = max(path.stat().st_size * MAX_RATIO, SMALL)

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """As a raw file does."""
        data = self.file.read(len(buffer))
        self.left -= len(data)
        if self.left < 0:
            raise UnsafeArchive(f"expands past {MAX_RATIO} times its size", where=str(self.path))
        buffer[: len(data)] = data
        return len(data)


def buffered(raw: io.RawIOBase) -> IO[bytes]:
    """With `readline`, and for text wrappers."""
    return io.BufferedReader(raw, 2**18)


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines of UTF-8 text, from 1, each of at most `MAX_LINE_BYTES`.

    Raises:
        Malformed: with the line.
    """
    with open_stream(path) as file:
        yield from numbered(file, str(path))


def numbered(file: IO[bytes], name: str) -> Iterator[tuple[int, str]]:
    """As `lines`, of an open file."""
    number = 0
    readline = file.readline
    try:
        while raw := readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(raw) > MAX_LINE_BYTES:
                raise Malformed(
                    f"the line is longer than {MAX_LINE_BYTES:,} bytes", where=f"{name}:{number}"
                )
            yield number, raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise Malformed(f"not valid UTF-8: {error.reason}", where=f"{name}:{number}") from error
    except _BROKEN as error:
        raise Malformed(
            f"truncated, or not what its name says ({error})", where=f"{name}:{number + 1}"
        ) from error
