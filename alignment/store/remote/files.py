"""Small files that all machines see, such as what waits for an approval."""

from __future__ import annotations

import functools
from pathlib import Path

from alignment.files import write_bytes_atomically
from alignment.objectstore.objects import Objects
from alignment.objectstore.patience import patiently


class RemoteFiles:
    """Files of the workspace, by their path in it.

    Args:
        objects: Where they are.
        cache: Directory of the copies on this machine.
    """

    def __init__(self, objects: Objects, cache: Path) -> None:
        self._objects = objects
        self._cache = cache

    def synchronize(self, folder: str) -> None:
        """Make the files of a folder on this machine those of the object store."""
        target = self._cache / folder
        target.mkdir(parents=True, exist_ok=True)
        names = set()
        for entry in patiently(lambda: self._objects.listing(folder)):
            content = patiently(functools.partial(self._objects.get, entry.name))
            if content is not None:
                path = self._cache / entry.name
                names.add(path)
                if not path.is_file() or path.read_bytes() != content.data:
                    write_bytes_atomically(path, content.data)
        for path in target.glob("[!.]*"):
            if path not in names:
                path.unlink(missing_ok=True)

    def send(self, path: Path) -> None:
        """Write a file of this machine; others see it from then on."""
        patiently(lambda: self._objects.upload(self._name(path), path))

    def delete(self, path: Path) -> None:
        """Delete a file everywhere."""
        path.unlink(missing_ok=True)
        patiently(lambda: self._objects.delete([self._name(path)]))

    def _name(self, path: Path) -> str:
        return path.relative_to(self._cache).as_posix()
