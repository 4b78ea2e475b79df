"""Which artifacts in an object store nobody needs."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import NamedTuple

from alignment.errors import Corrupt
from alignment.objectstore.objects import Listed, concurrently
from alignment.store.remote.artifacts import ArtifactName, RemoteArtifacts, Stored


class Unneeded(NamedTuple):
    """What may be deleted of one artifact."""

    name: ArtifactName
    objects: list[Listed]
    whole: bool
    """Whether these are all of its objects; otherwise what an upload has left."""


def unneeded(remote: RemoteArtifacts, used: Iterable[str]) -> list[Unneeded]:
    """The artifacts that are not in `used`, nor an input of one that is, and what uploads left.

    Args:
        remote: The artifacts.
        used: Keys.
    """
    names = remote.names()
    needed = _with_inputs(remote, names, used)
    now = datetime.datetime.now(datetime.UTC)

    def objects_of(name: ArtifactName) -> Unneeded:
        if name.key not in needed and remote.revision(name) is not None:
            return Unneeded(name, remote.listing(name), whole=True)
        return Unneeded(name, remote.left_over(name, now), whole=False)

    found = concurrently(objects_of, names)
    return [entry for entry in found if entry.objects]


def _with_inputs(
    remote: RemoteArtifacts, names: list[ArtifactName], used: Iterable[str]
) -> set[str]:
    """These keys, and those of everything that the artifacts were built from."""
    by_key = {name.key: name for name in names}
    needed: set[str] = set()
    open_keys = set(used)

    def input_keys(key: str) -> list[str]:
        stored = _manifest(remote, by_key[key])
        if stored is None:
            return []
        return [entry["key"] for entry in stored.content["inputs"].values()]

    while open_keys:
        needed |= open_keys
        known = sorted(key for key in open_keys if key in by_key)
        found: set[str] = set()
        for keys in concurrently(input_keys, known):
            found.update(keys)
        open_keys = found - needed
    return needed


def _manifest(remote: RemoteArtifacts, name: ArtifactName) -> Stored | None:
    try:
        return remote.manifest(name)
    except Corrupt:
        return None
