"""A published version as something to build on: its files must be what was published."""

from __future__ import annotations

from pathlib import Path

from alignment.errors import Corrupt, Missing
from alignment.registry.directory import Registry
from alignment.registry.link import CHAMPION, DAMAGED, linked_version
from alignment.registry.version import Version


def open_version(directory: Path, name: str) -> Version:
    """A version of the registry of one model, after a check of its files.

    Args:
        directory: `<root>/<model>`, which holds `v1/`, `v2/`, ...
        name: `v3`, or the alias `champion`.

    Raises:
        Missing: if there is no such version.
        Corrupt: if a file has changed since it was published.
    """
    models = [path.name for path in _directories(directory) if list(path.glob("v*/manifest.json"))]
    if models:
        raise Missing(
            "this directory holds several models, expected the versions of one",
            where=str(directory),
            hint=f"Set encoder.path to one of them: {', '.join(models)}.",
        )
    registry = Registry(directory.parent, directory.name)
    try:
        version = registry.get(name)
        version.verify()
    except Corrupt as error:
        damaged = linked_version(registry.root) if name == CHAMPION else name
        raise Corrupt(
            f"the files of {damaged or name} are not those that were published: {error.message}",
            where=error.where,
            hint="Restore them from a copy, or use encoder: {source: local, path: ...} if the "
            "change was on purpose.",
        ) from error
    return version


def _directories(root: Path) -> list[Path]:
    if not root.is_dir():
        return []
    return sorted(path for path in root.iterdir() if path.is_dir() and path.name != DAMAGED)
