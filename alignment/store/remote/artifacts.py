"""The artifacts in an object store.

    store/STAGE/KEY/CONTENT/...     the files of the artifact
    store/STAGE/KEY/manifest.json   its manifest, written last: without it there is no artifact

CONTENT is made from the digests of the files. Two machines that build the same key at the same time
write the same objects if their results are equal, and different ones otherwise, so neither damages
the other; which result counts is decided by who creates the manifest.
"""

from __future__ import annotations

import datetime
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from alignment.errors import Corrupt, Missing
from alignment.manifests import MANIFEST, check_names
from alignment.objectstore.copies import digest_of, received
from alignment.objectstore.objects import Listed, Objects, Revision, concurrently
from alignment.objectstore.patience import patiently
from alignment.store.artifacts import parse_artifact_manifest
from alignment.store.keys import KEY
from alignment.types import combined_digest

STORE = "store"
UNFINISHED_HOURS = 24
"""What no manifest names is deleted when it is so old: its upload was cut short, or came second."""


class ArtifactName(NamedTuple):
    """Which artifact."""

    stage: str
    key: str


@dataclass(frozen=True)
class Stored:
    """The manifest of an artifact as it is in the object store."""

    data: bytes
    content: Mapping[str, Any]
    revision: Revision

    @property
    def files(self) -> dict[str, str]:
        """sha256 by name."""
        return {name: entry["sha256"] for name, entry in self.content["files"].items()}

    @property
    def digest(self) -> str:
        """Digest of the artifact."""
        return combined_digest(self.files)


class RemoteArtifacts:
    """The artifacts under one address."""

    def __init__(self, objects: Objects) -> None:
        self.objects = objects

    def where(self, name: ArtifactName) -> str:
        """The address of an artifact, for messages."""
        return f"{self.objects.where}/{_folder(name)}"

    def names(self) -> list[ArtifactName]:
        """All artifacts, those without a manifest too, in the order of their paths."""
        names = []
        stages = self.objects.folders(STORE)
        folders = [f"{STORE}/{stage}" for stage in stages]
        for stage, keys in zip(stages, concurrently(self.objects.folders, folders), strict=True):
            names += [ArtifactName(stage, key) for key in keys if KEY.fullmatch(key)]
        return names

    def find(self, key: str) -> list[ArtifactName]:
        """The artifacts that have a manifest and whose key starts like this."""
        if KEY.fullmatch(key):
            names = [ArtifactName(stage, key) for stage in self.objects.folders(STORE)]
        else:
            names = [name for name in self.names() if name.key.startswith(key)]
        data = concurrently(self._manifest_data, names)
        return [name for name, content in zip(names, data, strict=True) if content is not None]

    def manifest(self, name: ArtifactName) -> Stored | None:
        """The manifest of an artifact; None if there is no such artifact.

        Raises:
            Corrupt: if it is damaged.
        """
        content = patiently(functools.partial(self.objects.get, _manifest(name)))
        if content is None:
            return None
        where = self.where(name)
        manifest = parse_artifact_manifest(content.data, where)
        check_names(manifest["files"])
        if manifest["key"] != name.key:
            raise Corrupt(f"the manifest is that of {manifest['key']}", where=where)
        return Stored(content.data, manifest, content.revision)

    def revision(self, name: ArtifactName) -> Revision | None:
        """The revision of a manifest, whole or damaged; None if there is none."""
        content = patiently(functools.partial(self.objects.get, _manifest(name)))
        return None if content is None else content.revision

    def fetch(self, name: ArtifactName, stored: Stored, target: Path) -> int:
        """Write the files and the manifest into an empty directory; returns the bytes.

        Raises:
            Corrupt: if a file is missing or differs from its sha256.
        """
        folder = _content(name, stored)

        def fetch_file(item: tuple[str, str]) -> None:
            file, expected = item
            path = target / file
            path.parent.mkdir(parents=True, exist_ok=True)
            patiently(lambda: _receive(self.objects, f"{folder}/{file}", path, expected))

        concurrently(fetch_file, list(stored.files.items()))
        (target / MANIFEST).write_bytes(stored.data)
        return sum(entry["bytes"] for entry in stored.content["files"].values())

    def send(self, name: ArtifactName, directory: Path, *, again: bool = False) -> Stored:
        """Write the files of an artifact, but not its manifest; returns what that will be.

        What an earlier attempt has sent is not sent again, unless `again` asks for it: an object is
        whole, and has the content that its folder is named after.

        Raises:
            Corrupt: if what is stored does not have the sizes of the files afterwards.
        """
        data = (directory / MANIFEST).read_bytes()
        content = parse_artifact_manifest(data, str(directory))
        stored = Stored(data, content, Revision(None, None))
        folder = _content(name, stored)
        sizes = {file: entry["bytes"] for file, entry in content["files"].items()}
        present = {} if again else self._sizes(folder)
        missing = [file for file, size in sizes.items() if present.get(file) != size]

        def send_file(file: str) -> None:
            patiently(lambda: self.objects.upload(f"{folder}/{file}", directory / file))

        concurrently(send_file, missing)
        after = self._sizes(folder)
        for file, size in sizes.items():
            if after.get(file) != size:
                raise Corrupt(
                    f"{file}: {after.get(file, 0)} bytes arrived of {size}",
                    where=self.where(name),
                    hint="Run again: only what is missing is sent.",
                )
        return stored

    def publish(self, name: ArtifactName, stored: Stored, instead_of: Revision | None) -> bool:
        """Write the manifest, which makes the artifact exist; False if another one was faster.

        Args:
            name: Which artifact.
            stored: What `send` returned.
            instead_of: The revision of the manifest that it replaces; None if there is none.
        """
        if instead_of is None:
            return patiently(lambda: self.objects.put_new(_manifest(name), stored.data))
        return patiently(lambda: self.objects.replace(_manifest(name), stored.data, instead_of))

    def check(self, name: ArtifactName) -> None:
        """Read every byte and compare it with the manifest.

        Raises:
            Corrupt: naming the first object that differs.
            Missing: if there is no manifest: the upload is not finished, or was cut short.
        """
        stored = self.manifest(name)
        if stored is None:
            raise Missing("there is no manifest", where=self.where(name))
        folder = _content(name, stored)
        for file, expected in stored.files.items():
            actual = patiently(functools.partial(self._digest, f"{folder}/{file}"))
            if actual != expected:
                raise _differs(f"{self.objects.where}/{folder}/{file}", actual, expected)

    def listing(self, name: ArtifactName) -> list[Listed]:
        """All objects of an artifact."""
        return self.objects.listing(_folder(name))

    def left_over(self, name: ArtifactName, now: datetime.datetime) -> list[Listed]:
        """Objects that the manifest does not name, `UNFINISHED_HOURS` after they were written."""
        try:
            stored = self.manifest(name)
        except Corrupt:
            return []
        kept = _manifest(name) if stored is None else f"{_content(name, stored)}/"
        oldest = now - datetime.timedelta(hours=UNFINISHED_HOURS)
        left = []
        for entry in self.listing(name):
            is_named = entry.name.startswith(kept) or entry.name == _manifest(name)
            if not is_named and entry.modified < oldest:
                left.append(entry)
        return left

    def delete(self, name: ArtifactName) -> None:
        """Delete an artifact, its manifest first; killed at any point, `left_over` has the rest."""
        self.objects.delete([_manifest(name)])
        self.objects.delete([entry.name for entry in self.listing(name)])

    def _manifest_data(self, name: ArtifactName) -> bytes | None:
        content = patiently(functools.partial(self.objects.get, _manifest(name)))
        return None if content is None else content.data

    def _digest(self, name: str) -> str | None:
        return digest_of(self.objects.download(name))

    def _sizes(self, folder: str) -> dict[str, int]:
        listed = patiently(lambda: self.objects.listing(folder))
        return {entry.name.removeprefix(f"{folder}/"): entry.size for entry in listed}


def _folder(name: ArtifactName) -> str:
    return f"{STORE}/{name.stage}/{name.key}"


def _manifest(name: ArtifactName) -> str:
    return f"{_folder(name)}/{MANIFEST}"


def _content(name: ArtifactName, stored: Stored) -> str:
    return f"{_folder(name)}/{stored.digest[:16]}"


def _receive(objects: Objects, name: str, path: Path, expected: str) -> None:
    actual = received(objects.download(name), path)
    if actual != expected:
        raise _differs(f"{objects.where}/{name}", actual, expected)


def _differs(where: str, actual: str | None, expected: str) -> Corrupt:
    got = "no such object" if actual is None else f"sha256 {actual[:12]}"
    return Corrupt(f"got {got}, expected sha256 {expected[:12]}", where=where)
