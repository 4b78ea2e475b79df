"""Downloaded files in a place that several machines share, so that each is fetched once.

    downloads/objects/SHA256     a file
    downloads/urls/NAME.json     which file an address gave last

Nothing is wrong without them: what is missing or damaged is downloaded.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from alignment.errors import AlignmentError
from alignment.files import write_json
from alignment.objectstore.copies import received
from alignment.objectstore.objects import Objects
from alignment.objectstore.patience import patiently
from alignment.text import parse_json

_FOLDER = "downloads"
logger = logging.getLogger(__name__)


class SharedDownloads:
    """The files under one address."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def take(self, name: str, locked: str | None, partial: Path, record: Path) -> str | None:
        """Copy a file that another machine has downloaded; returns its sha256 if there is one.

        Args:
            name: Name of the address's record.
            locked: The sha256 in the lockfile; None to take what the address gave last.
            partial: Where the file is written.
            record: Where the record is written.
        """
        try:
            content = self._record(name)
            digest = locked or str(content.get("sha256", ""))
            actual = self._fetch(digest, partial) if digest else None
            if actual is None:
                return None
        except AlignmentError as error:
            logger.warning("%s: %s; it is downloaded", self._objects.where, error.message)
            return None
        if actual != digest:
            logger.warning("%s is damaged; it is downloaded", self._where(digest))
            partial.unlink()
            return None
        if content.get("sha256") == digest:
            write_json(record, content)
        return digest

    def give(self, name: str, file: Path, record: Path) -> None:
        """Let other machines have a file, whose name is its sha256."""
        try:
            patiently(lambda: self._objects.upload(f"{_FOLDER}/objects/{file.name}", file))
            patiently(lambda: self._objects.upload(f"{_FOLDER}/urls/{name}.json", record))
        except AlignmentError as error:
            logger.warning("other machines will download it themselves: %s", error)

    def _record(self, name: str) -> dict[str, Any]:
        """What an address gave last; empty if that is not known."""
        stored = patiently(lambda: self._objects.get(f"{_FOLDER}/urls/{name}.json"))
        try:
            content = parse_json(stored.data) if stored is not None else {}
        except (ValueError, RecursionError):
            return {}
        return content if isinstance(content, dict) else {}

    def _fetch(self, digest: str, partial: Path) -> str | None:
        """The sha256 of what was written; None if there is no such file."""
        pieces = patiently(lambda: self._objects.download(f"{_FOLDER}/objects/{digest}"))
        return received(pieces, partial)

    def _where(self, digest: str) -> str:
        return f"{self._objects.where}/{_FOLDER}/objects/{digest}"
