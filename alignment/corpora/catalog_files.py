"""The files of a package, an archive or a directory, read without unpacking anything."""

from __future__ import annotations

import contextlib
import importlib.metadata
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from alignment.downloads.archives import (
    check_member,
    open_inner_zip,
    open_zip,
    read_member,
)
from alignment.errors import SourceError

Read = Callable[[str], bytes]
"""A function from a file's name to its bytes."""
_MAX_OPEN = 4  # archives within archives, which are in memory


class Files(Protocol):
    """Some files by name."""

    def names(self) -> list[str]:
        """Their paths, with `/` between folders."""
        ...

    def open(self) -> contextlib.AbstractContextManager[Read]:
        """A function that reads one of them."""
        ...


@dataclass(frozen=True)
class DirectoryFiles:
    """The files below a directory."""

    root: Path
    suffixes: tuple[str, ...]

    def names(self) -> list[str]:
        """See `Files`."""
        paths = (path for path in self.root.rglob("*") if path.suffix[1:] in self.suffixes)
        return [path.relative_to(self.root).as_posix() for path in paths if path.is_file()]

    @contextmanager
    def open(self) -> Iterator[Read]:
        """See `Files`."""
        yield lambda name: (self.root / name).read_bytes()


@dataclass(frozen=True)
class DistributionFiles:
    """The files of an installed distribution."""

    distribution: importlib.metadata.Distribution

    def names(self) -> list[str]:
        """See `Files`."""
        return [str(file) for file in self.distribution.files or []]

    @contextmanager
    def open(self) -> Iterator[Read]:
        """See `Files`."""
        root = Path(str(self.distribution.locate_file("")))
        yield lambda name: (root / name).read_bytes()


@dataclass(frozen=True)
class ZipFiles:
    """The files of zip archives as if they were unpacked into one folder.

    Archives within them whose name matches `nested` count as folders, one level deep.
    """

    paths: tuple[Path, ...]
    nested: re.Pattern[str] | None = None

    def names(self) -> list[str]:
        """See `Files`."""
        names: dict[str, None] = {}
        for path in self.paths:
            with open_zip(path) as archive:
                names.update(dict.fromkeys(archive.namelist()))
                for info in _nested(archive, self.nested):
                    with open_inner_zip(archive, info) as inner:
                        names.update({f"{info.filename}/{name}": None for name in inner.namelist()})
        return list(names)

    @contextmanager
    def open(self) -> Iterator[Read]:
        """See `Files`.

        The function raises UnsafeArchive for a member that is a link, leaves the archive or expands
        past the limits, and Malformed for a damaged one.
        """
        with contextlib.ExitStack() as stack:
            archives = [stack.enter_context(open_zip(path)) for path in self.paths]
            yield _ZipReader(archives, self.nested).read


@dataclass
class _ZipReader:
    """Reads members of archives, and of archives within them."""

    archives: list[zipfile.ZipFile]
    nested: re.Pattern[str] | None
    inner: dict[str, zipfile.ZipFile] = field(default_factory=dict)
    """The last ones that were read: names come in order, in turn with the pivot's."""

    def read(self, name: str) -> bytes:
        """The bytes of one member."""
        for archive in self.archives:
            if name in archive.NameToInfo:
                return _read(archive, name)
        for archive in self.archives:
            for info in _nested(archive, self.nested):
                if name.startswith(f"{info.filename}/"):
                    inner = self._open(archive, info)
                    return _read(inner, name.removeprefix(f"{info.filename}/"))
        raise SourceError("the archive has no such member", where=name)

    def _open(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> zipfile.ZipFile:
        if info.filename not in self.inner:
            if len(self.inner) == _MAX_OPEN:
                self.inner.pop(next(iter(self.inner)))
            self.inner[info.filename] = open_inner_zip(archive, info)
        return self.inner[info.filename]


def _nested(archive: zipfile.ZipFile, pattern: re.Pattern[str] | None) -> list[zipfile.ZipInfo]:
    if pattern is None:
        return []
    return [info for info in archive.infolist() if pattern.search(info.filename)]


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    info = archive.getinfo(name)
    check_member(archive, info)
    return read_member(archive, info)
