"""A published version as something to build on: its files must be what was published."""

from __future__ import annotations

from pathlib import Path

from alignment.errors import Corrupt, Missing
from alignment.registry.aliases import CHAMPION
from alignment.registry.directory import PINNED
from alignment.registry.link import DAMAGED
from alignment.registry.names import REMOVED
from alignment.registry.registry import Registry
from alignment.registry.version import Version


def open_version(place: Path | Registry, name: str) -> Version:
    """A version of the registry of one model, after a check of its files.

    Args:
        place: The registry, or its directory `<root>/<model>`, which holds `v1/`, `v2/`, ...
        name: `v3`, or an alias: `champion`, `challenger`, `previous`.

    Raises:
        Missing: if there is no such version.
        Corrupt: if a file has changed since it was published.
    """
    registry = place if isinstance(place, Registry) else _registry_of(place)
    try:
        version = registry.get(name)
        version.verify()
    except Corrupt as error:
        damaged = registry.backend.deployed().champion if name == CHAMPION else name
        raise Corrupt(
            f"the files of {damaged or name} are not those that were published: {error.message}",
            where=error.where,
            hint="Restore them from a copy, or use encoder: {source: local, path: ...} if the "
            "change was on purpose.",
        ) from error
    return version


def _registry_of(directory: Path) -> Registry:
    models = [path.name for path in _directories(directory) if list(path.glob("v*/manifest.json"))]
    if models:
        raise Missing(
            "this directory holds several models, expected the versions of one",
            where=str(directory),
            hint=f"Set encoder.path to one of them: {', '.join(models)}.",
        )
    return Registry(directory.parent, directory.name)


def _directories(root: Path) -> list[Path]:
    if not root.is_dir():
        return []
    ours = {DAMAGED, PINNED, REMOVED}
    return sorted(path for path in root.iterdir() if path.is_dir() and path.name not in ours)
