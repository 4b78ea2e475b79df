"""Objects in a folder that several machines share, with the same conditional writes as a bucket.

A lock file makes the condition and the write one step, so the file system must have locks that hold
between machines (NFS 4 has them). An object appears by a rename: it is whole or absent.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock

from alignment.errors import ConfigError, DiskFull, Unavailable
from alignment.failures import is_disk_full
from alignment.objectstore.objects import CHUNK, Content, Listed, Revision

_TRIES = 5
_HIDDEN = "."


class FolderObjects:
    """Files under a folder. Implements `Objects`.

    Args:
        root: The folder, which must exist.
        where: Its address, for messages.

    Raises:
        ConfigError: if there is no such folder.
    """

    def __init__(self, root: Path, where: str) -> None:
        self.root = root
        self.where = where
        if not root.is_dir():
            raise ConfigError(
                "there is no such folder",
                where=where,
                hint="Create it, or mount it: a workspace that other machines share must exist.",
            )

    def get(self, name: str) -> Content | None:
        """A small object; None if there is none."""
        with self._named(name):
            try:
                data = self._path(name).read_bytes()
                modified = self._path(name).stat().st_mtime
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return None
            return Content(data, _revision(data), datetime.fromtimestamp(modified, UTC))

    def put_new(self, name: str, data: bytes) -> bool:
        """Write an object that does not exist; False if it does."""
        with self._named(name), self._lock():
            if self._path(name).exists():
                return False
            self._write(name, lambda file: file.write(data))
            return True

    def replace(self, name: str, data: bytes, revision: Revision) -> bool:
        """Write an object that is still at this revision; False if it is not."""
        with self._named(name), self._lock():
            present = self.get(name)
            if present is None or present.revision != revision:
                return False
            self._write(name, lambda file: file.write(data))
            return True

    def upload(self, name: str, file: Path) -> None:
        """Write an object from a file, whole or not at all."""
        with self._named(name), file.open("rb") as source:
            self._write(name, lambda target: shutil.copyfileobj(source, target, CHUNK))

    def download(self, name: str) -> Iterator[bytes] | None:
        """The content of an object in pieces; None if there is none."""
        with self._named(name):
            try:
                file = self._path(name).open("rb")
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return None
            return self._pieces(file, name)

    def listing(self, folder: str) -> list[Listed]:
        """All objects under a folder, sorted by name."""
        with self._named(folder):
            listed = []
            for path in self._path(folder).rglob("*"):
                with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
                    status = path.stat()
                    if path.is_file() and not path.name.startswith(_HIDDEN):
                        name = path.relative_to(self.root).as_posix()
                        modified = datetime.fromtimestamp(status.st_mtime, UTC)
                        listed.append(Listed(name, status.st_size, modified))
            return sorted(listed)

    def folders(self, folder: str) -> list[str]:
        """Names of the folders in a folder, without those further down."""
        with self._named(folder):
            try:
                entries = list(os.scandir(self._path(folder)))
            except (FileNotFoundError, NotADirectoryError):
                return []
            return sorted(entry.name for entry in entries if entry.is_dir())

    def delete(self, names: Sequence[str]) -> None:
        """Delete objects, and folders that are empty then."""
        for name in names:
            with self._named(name):
                path = self._path(name)
                path.unlink(missing_ok=True)
                for parent in path.parents:
                    if parent == self.root or not _removed(parent):
                        break

    def _path(self, name: str) -> Path:
        return self.root / name

    def _write(self, name: str, write: Callable[[BinaryIO], object]) -> None:
        final = self._path(name)
        temporary = self._temporary(final)
        try:
            with temporary.open("wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, final)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def _temporary(self, final: Path) -> Path:
        """An empty file in the folder of an object, which a deletion may remove meanwhile."""
        temporary = final.with_name(f"{_HIDDEN}{final.name}.{uuid.uuid4().hex[:8]}")
        for _ in range(_TRIES):
            final.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                temporary.touch()
                return temporary
        temporary.touch()
        return temporary

    def _lock(self) -> FileLock:
        return FileLock(self.root / ".lock")

    def _pieces(self, file: BinaryIO, name: str) -> Iterator[bytes]:
        with file, self._named(name):
            while piece := file.read(CHUNK):
                yield piece

    @contextmanager
    def _named(self, name: str) -> Iterator[None]:
        """One message for what the folder refuses.

        Raises:
            ConfigError: if the rights are missing.
            DiskFull: if it is full.
            Unavailable: if it does not answer.
        """
        where = f"{self.where}/{name}".rstrip("/")
        try:
            yield
        except PermissionError as error:
            raise ConfigError(
                f"the shared folder refused it: {error.strerror}",
                where=where,
                hint="Give the user of this process the right to read and write it.",
            ) from error
        except OSError as error:
            if is_disk_full(error):
                raise DiskFull(
                    "the shared folder is full", where=where, hint="Free some space and run again."
                ) from error
            raise Unavailable(
                f"the shared folder did not answer as expected: {error.strerror or error}",
                where=where,
                hint="Try again. If it stays, look whether it is mounted.",
            ) from error


def _revision(data: bytes) -> Revision:
    return Revision(hashlib.sha256(data).hexdigest(), None)


def _removed(folder: Path) -> bool:
    """Whether an empty folder could be removed."""
    try:
        folder.rmdir()
    except OSError:
        return False
    return True
