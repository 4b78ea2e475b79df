"""The versions in a bucket: which there are, their manifests, and copies of their files."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from alignment.errors import Corrupt, Missing
from alignment.manifests import MANIFEST, parse_manifest
from alignment.objectstore.copies import digest_of
from alignment.objectstore.objects import Objects, concurrently
from alignment.registry.bucket.cache import Cache
from alignment.registry.link import VERSION
from alignment.registry.names import number_of
from alignment.registry.version import OURS, Version, check_manifest, way_out

CLAIM = "upload.json"
"""Says which encoder a version's number was taken for; written before the version's files."""


class StoredVersions:
    """The versions of one model. A manifest, which never changes, is read once."""

    def __init__(self, objects: Objects, model: str, cache: Cache) -> None:
        self._objects = objects
        self._model = model
        self._cache = cache
        self._manifests: dict[str, bytes] = {}

    def names(self, left_out: Collection[str]) -> list[str]:
        """Those that have a manifest, whole or damaged, the oldest first."""
        folders = [name for name in self._objects.folders("") if VERSION.fullmatch(name)]
        names = [name for name in folders if name not in left_out]
        concurrently(self.exists, [name for name in names if name not in self._manifests])
        present = [name for name in names if name in self._manifests]
        return sorted(present, key=number_of)

    def exists(self, name: str) -> bool:
        """Whether there is a manifest of this version."""
        return self._manifest(name) is not None

    def read(self, name: str) -> Version:
        """A version, whose files are fetched when they are asked for.

        Raises:
            Corrupt: if its manifest is missing or damaged.
        """
        where = f"{self._objects.where}/{name}"
        hint = way_out(self._model)
        data = self._manifest(name)
        if data is None:
            raise Corrupt(f"{MANIFEST} is missing", where=where, hint=hint)
        try:
            manifest = parse_manifest(data, where)
            files = BucketFiles(where, self._model, self._objects, self._cache)
            version = Version(name, files, manifest["digest"], manifest)
            check_manifest(version)
        except Corrupt as error:
            raise Corrupt(error.message, where=where, hint=hint) from error
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise Corrupt(
                f"the version's manifest is unreadable ({type(error).__name__}: {error})",
                where=where,
                hint=hint,
            ) from error
        return version

    def forget(self, name: str) -> None:
        """It was deleted."""
        self._manifests.pop(name, None)

    def _manifest(self, name: str) -> bytes | None:
        if name not in self._manifests:
            content = self._objects.get(f"{name}/{MANIFEST}")
            if content is None:
                return None
            self._manifests[name] = content.data
        return self._manifests[name]


@dataclass(frozen=True)
class BucketFiles:
    """Where the files of a version in a bucket are."""

    where: str
    model: str
    objects: Objects = field(compare=False, repr=False)
    cache: Cache = field(compare=False, repr=False)

    def fetch(self, version: Version) -> Path:
        """A copy of the version in the cache, each file compared with its sha256.

        Raises:
            Corrupt: if a file is missing or differs.
        """

        def download(name: str) -> Iterator[bytes] | None:
            return self.objects.download(f"{version.name}/{name}")

        def others() -> dict[str, bytes]:
            contents = {}
            for name in OURS:
                content = self.objects.get(f"{version.name}/{name}")
                if content is not None:
                    contents[name] = content.data
            return contents

        try:
            return self.cache.open(copy_name(version), version.published, download, others)
        except Corrupt as error:
            where = f"{self.where}/{error.where}"
            raise Corrupt(error.message, where=where, hint=way_out(self.model)) from error

    def check(self, version: Version) -> None:
        """Compare the names and sizes of the objects with the manifest.

        Raises:
            Corrupt: naming the object that differs.
            Missing: if the version was deleted.
        """
        prefix = f"{version.name}/"
        listed = self.objects.listing(version.name)
        sizes = {entry.name.removeprefix(prefix): entry.size for entry in listed}
        if MANIFEST not in sizes:
            raise Missing(
                "the version was deleted",
                where=self.where,
                hint=f"`alignment registry list {self.model}` shows those that there are.",
            )
        self.check_sizes(version, sizes)

    def check_sizes(self, version: Version, sizes: Mapping[str, int]) -> None:
        """Compare names and sizes with the manifest.

        Raises:
            Corrupt: naming the object that differs.
        """
        entries = version.entries
        for name in version.published:
            size = sizes.get(name)
            if size != entries[name]["bytes"]:
                got = "no such object" if size is None else f"{size} bytes"
                raise self._corrupt(name, f"got {got}, expected {entries[name]['bytes']} bytes")
        extra = sorted(set(sizes) - set(version.published) - {*OURS, CLAIM})
        if extra:  # such as adapter_config.json, with which a model loads differently
            raise self._corrupt(extra[0], "it is not one of the published files")

    def check_bytes(self, version: Version) -> None:
        """Read every byte in the bucket and compare it with its sha256.

        Raises:
            Corrupt: naming the object that differs.
        """
        for name, expected in version.published.items():
            actual = digest_of(self.objects.download(f"{version.name}/{name}"))
            if actual != expected:
                got = "no such object" if actual is None else f"sha256 {actual[:12]}"
                raise self._corrupt(name, f"got {got}, expected sha256 {expected[:12]}")

    def _corrupt(self, name: str, problem: str) -> Corrupt:
        return Corrupt(problem, where=f"{self.where}/{name}", hint=way_out(self.model))


def copy_name(version: Version) -> str:
    """Name of a version's copy in the cache: the same name is the same content."""
    key = hashlib.sha256(f"{version.where}\n{version.digest}".encode()).hexdigest()
    return f"{version.model}-{version.name}-{key[:16]}"
