"""Adding a version to a bucket: its number is claimed, its files are sent, its manifest is last.

A killed upload leaves a claim and some files, which nobody takes for a version. The next upload of
the same encoder goes on with it and sends what is missing; every other takes the next number.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from alignment.errors import Corrupt, VersionExists
from alignment.manifests import MANIFEST, parse_manifest
from alignment.registry.bucket.cache import Cache
from alignment.registry.bucket.objects import Objects
from alignment.registry.bucket.versions import CLAIM, BucketFiles, copy_name
from alignment.registry.history import now
from alignment.registry.incoming import describe_version
from alignment.registry.link import VERSION
from alignment.registry.names import REMOVED, number_of
from alignment.registry.version import CARD, Version, copy_encoder
from alignment.text import parse_json
from alignment.types import Input

logger = logging.getLogger(__name__)


class Upload:
    """Adds versions of one model."""

    def __init__(self, objects: Objects, cache: Cache, model: str) -> None:
        self._objects = objects
        self._cache = cache
        self._model = model

    def add(
        self, encoder: Input, manifest: Mapping[str, Any], card: str, mentioned: Iterable[str]
    ) -> str:
        """Add the encoder; returns the version's name.

        Args:
            encoder: The encoder directory, which is copied and compared with its digest first.
            manifest: What to record about the version.
            card: The model card.
            mentioned: Names in the history, which are not used again.

        Raises:
            Corrupt: if the files do not have the encoder's digest.
            OSError: if a local file cannot be read or written.
        """
        with self._cache.scratch(f"upload-{uuid.uuid4().hex[:8]}") as directory:
            copy_encoder(encoder, directory)
            name = self._claim(encoder.digest, mentioned)
            describe_version(directory, name, encoder.digest, manifest, card)
            self._send(directory, name)
            data = (directory / MANIFEST).read_bytes()
            version = self._version(name, data)
            if isinstance(version.location, BucketFiles):
                version.location.check_sizes(version, self._sizes(name))
            if not self._objects.put_new(f"{name}/{MANIFEST}", data):
                self._check_same(name, encoder.digest)
                return name
            self._cache.adopt(copy_name(version), directory)
        return name

    def _claim(self, digest: str, mentioned: Iterable[str]) -> str:
        """A number for this encoder: of its unfinished upload, or the next one that is free."""
        folders = [name for name in self._objects.folders("") if VERSION.fullmatch(name)]
        for name in sorted(folders, key=number_of):
            if self._is_unfinished(name, digest):
                logger.info("an earlier upload of %s was not finished; it goes on", name)
                return name
        taken = [*folders, *(name for name in mentioned if VERSION.fullmatch(name))]
        number = 1 + max(map(number_of, taken), default=0)
        claim = json.dumps({"digest": digest, "time": now()}).encode()
        while not self._objects.put_new(f"v{number}/{CLAIM}", claim):
            number += 1
        return f"v{number}"

    def _is_unfinished(self, name: str, digest: str) -> bool:
        claim = self._objects.get(f"{name}/{CLAIM}")
        others = (f"{name}/{MANIFEST}", f"{REMOVED}/{name}.json")
        if claim is None or any(self._objects.get(other) is not None for other in others):
            return False  # it is finished, or was deleted
        try:
            return bool(parse_json(claim.data)["digest"] == digest)
        except (ValueError, TypeError, KeyError, RecursionError):
            return False

    def _send(self, directory: Path, name: str) -> None:
        """Send what is not there yet: an object is whole, and its claim says whose it is."""
        prefix = f"{name}/"
        present = self._sizes(name)
        for path in sorted(directory.rglob("*")):
            file = path.relative_to(directory).as_posix()
            if not path.is_file() or file == MANIFEST:
                continue
            if file == CARD or present.get(file) != path.stat().st_size:
                self._objects.upload(prefix + file, path)

    def _sizes(self, name: str) -> dict[str, int]:
        """Bytes of what is stored of a version, by name."""
        listed = self._objects.listing(name)
        return {entry.name.removeprefix(f"{name}/"): entry.size for entry in listed}

    def _version(self, name: str, manifest: bytes) -> Version:
        where = f"{self._objects.where}/{name}"
        content = parse_manifest(manifest, where)
        files = BucketFiles(where, self._model, self._objects, self._cache)
        return Version(name, files, content["digest"], content)

    def _check_same(self, name: str, digest: str) -> None:
        """Another process has finished an upload under this number: of the same encoder."""
        where = f"{self._objects.where}/{name}"
        content = self._objects.get(f"{name}/{MANIFEST}")
        if content is None:
            raise Corrupt(f"{MANIFEST} was deleted", where=where, hint="Run again.")
        if parse_manifest(content.data, where).get("digest") != digest:
            raise VersionExists(
                "the version exists already, with other content",
                where=where,
                hint="Run again: the next number is taken then.",
            )
