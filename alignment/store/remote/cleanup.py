"""Which artifacts in an object store nobody needs."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import NamedTuple

from alignment.errors import Corrupt
from alignment.objectstore.objects import Listed, concurrently
from alignment.store.remote.artifacts import ArtifactName, RemoteArtifacts


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
    """These keys, and those of everything that the artifacts were built from.

    Without those whose manifest is damaged: nothing can use them.
    """
    by_key = {name.key: name for name in names}
    needed: set[str] = set()
    seen: set[str] = set()
    open_keys = set(used)

    def input_keys(key: str) -> list[str] | None:
        return _input_keys(remote, by_key[key])

    while open_keys:
        seen |= open_keys
        known = sorted(key for key in open_keys if key in by_key)
        open_keys = set()
        for key, inputs in zip(known, concurrently(input_keys, known), strict=True):
            if inputs is not None:
                needed.add(key)
                open_keys.update(inputs)
        open_keys -= seen
    return needed


def _input_keys(remote: RemoteArtifacts, name: ArtifactName) -> list[str] | None:
    """What an artifact was built from; None if its manifest is damaged or not written yet."""
    try:
        stored = remote.manifest(name)
    except Corrupt:
        return None
    if stored is None:
        return None
    return [entry["key"] for entry in stored.content["inputs"].values()]
