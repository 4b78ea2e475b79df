"""Asking for many manifests at once: a run that reuses everything would wait for each of them."""

from __future__ import annotations

from pathlib import Path

from alignment.errors import Corrupt
from alignment.objectstore.objects import concurrently
from alignment.store.directories import artifact_directories
from alignment.store.latest import latest_keys
from alignment.store.remote.artifacts import ArtifactName, RemoteArtifacts, Stored

ALONE = 2
"""The first manifests are requested one at a time; most commands need no more."""


class Ahead:
    """The manifests that a run will probably need: those of the last artifacts of each stage.

    Each is used once, soon after it was asked for: nothing is deleted while a run is in progress.

    Args:
        remote: The artifacts in the object store.
        root: Directory of the store of this machine.
    """

    def __init__(self, remote: RemoteArtifacts, root: Path) -> None:
        self._remote = remote
        self._root = root
        self._asked = 0
        self._stored: dict[str, Stored] = {}

    def manifest(self, name: ArtifactName) -> Stored | None:
        """The manifest of an artifact that this machine has; None if it is not shared.

        Raises:
            Corrupt: if it is damaged.
        """
        self._asked += 1
        if self._asked == ALONE + 1:
            self._ask()
        stored = self._stored.pop(name.key, None)
        return self._remote.manifest(name) if stored is None else stored

    def _ask(self) -> None:
        stages = {path.name: path.parent.name for path in artifact_directories(self._root)}
        keys = [key for key in latest_keys(self._root) if key in stages]
        names = [ArtifactName(stages[key], key) for key in keys]
        for name, stored in zip(names, concurrently(self._readable, names), strict=True):
            if stored is not None:
                self._stored[name.key] = stored

    def _readable(self, name: ArtifactName) -> Stored | None:
        try:
            return self._remote.manifest(name)
        except Corrupt:  # it is asked for again, and replaced
            return None
