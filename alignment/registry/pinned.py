"""A published version as something to build on: its files must be what was published."""

from __future__ import annotations

from pathlib import Path

from alignment.errors import Corrupt, Missing
from alignment.files import file_digest
from alignment.registry.directory import CARD, MANIFEST, Registry, Version
from alignment.types import combined_digest


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
    version = Registry(directory.parent, directory.name).get(name)
    digests = {}
    for file in sorted(version.path.rglob("*")):
        relative = file.relative_to(version.path).as_posix()
        if file.is_file() and relative not in (CARD, MANIFEST):
            digests[relative] = file_digest(file)
    if combined_digest(digests) != version.digest:
        raise Corrupt(
            f"the files of {version.name} are not those that were published",
            where=str(version.path),
            hint="Restore them from a copy, or use encoder: {source: local, path: ...} if the "
            "change was on purpose.",
        )
    return version


def _directories(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
