"""Unfinished work in the object store, so that another machine can go on with it.

scratch/KEY/...     the files of a directory, which are sent and fetched as they are
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from pathlib import Path

from alignment.files import remove
from alignment.objectstore.copies import received
from alignment.objectstore.objects import Listed, Objects, concurrently
from alignment.objectstore.patience import patiently
from alignment.store.directories import SCRATCH

ABANDONED_DAYS = 7
"""After so long without a change nobody goes on with it."""


class RemoteScratch:
    """A directory of unfinished work. Implements `SharedScratch`.

    Args:
        objects: Where it is shared.
        directory: The copy of this machine; its name is the key.
    """

    def __init__(self, objects: Objects, directory: Path) -> None:
        self._objects = objects
        self._directory = directory
        self._prefix = f"{SCRATCH}/{directory.name}"

    def send(self, *names: str) -> None:
        """Send files, or all files of directories; others see each when it is whole."""
        paths: list[Path] = []
        for name in names:
            path = self._directory / name
            paths += sorted(path.rglob("*")) if path.is_dir() else [path]
        concurrently(self._send, [path for path in paths if path.is_file()])

    def fetch(self, *names: str) -> None:
        """Take files or directories that others have sent; everything if none is named.

        Every file is read again: two machines may have written the same name and size.
        """
        concurrently(self._fetch, [entry.name for entry in self._listed(*names)])

    def names(self) -> list[str]:
        """The files that others have sent."""
        return [entry.name.removeprefix(f"{self._prefix}/") for entry in self._listed()]

    def _listed(self, *names: str) -> list[Listed]:
        found = patiently(lambda: self._objects.listing(self._prefix))
        if not names:
            return found
        files = {f"{self._prefix}/{name}" for name in names}
        folders = tuple(f"{name}/" for name in files)
        return [entry for entry in found if entry.name in files or entry.name.startswith(folders)]

    def delete(self, *names: str) -> None:
        """Delete files or directories in the object store."""
        if names:
            self._delete(self._listed(*names))

    def clear(self) -> None:
        """Delete all files in the object store."""
        self._delete(self._listed())

    def _delete(self, entries: list[Listed]) -> None:
        found = [entry.name for entry in entries]
        patiently(lambda: self._objects.delete(found))

    def _send(self, path: Path) -> None:
        name = f"{self._prefix}/{path.relative_to(self._directory).as_posix()}"
        patiently(lambda: self._objects.upload(name, path))

    def _fetch(self, name: str) -> None:
        path = self._directory / name.removeprefix(f"{self._prefix}/")
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.part")
        if patiently(lambda: received(self._objects.download(name), partial)) is None:
            remove(partial)
            return
        partial.replace(path)


def abandoned(objects: Objects) -> dict[str, list[Listed]]:
    """The objects of unfinished work that nobody has gone on with, by key."""
    oldest = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=ABANDONED_DAYS)
    by_key: dict[str, list[Listed]] = defaultdict(list)
    for entry in patiently(lambda: objects.listing(SCRATCH)):
        by_key[entry.name.split("/")[1]].append(entry)
    return {
        key: entries
        for key, entries in by_key.items()
        if max(entry.modified for entry in entries) < oldest
    }
