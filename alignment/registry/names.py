"""Names of versions: `v1`, `v2`, ..."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from alignment.registry.link import DAMAGED, VERSION

REMOVED = "removed"
"""Directory with the manifest of each version that was deleted."""
_SET_ASIDE = re.compile(r"v([1-9]\d*)(?:-\d+)?")
_DELETED = re.compile(r"v([1-9]\d*)\.json")


def version_names(root: Path) -> list[str]:
    """The names in the directory, whether their versions are whole or damaged, oldest first."""
    return [f"v{number}" for number in sorted(_numbers(root, VERSION))]


def number_of(name: str) -> int:
    """The number of a version: 3 of `v3`."""
    return int(name.removeprefix("v"))


def next_name(root: Path, mentioned: Iterable[str]) -> str:
    """A name that no version has or had, so that the history stays unambiguous.

    `mentioned` are the names in the history.
    """
    numbers = _numbers(root, VERSION) + _numbers(root / DAMAGED, _SET_ASIDE)
    numbers += _numbers(root / REMOVED, _DELETED)
    for name in mentioned:
        match = VERSION.fullmatch(name)
        if match:
            numbers.append(int(match.group(1)))
    return f"v{max(numbers, default=0) + 1}"


def _numbers(directory: Path, pattern: re.Pattern[str]) -> list[int]:
    if not directory.is_dir():
        return []
    matches = [pattern.fullmatch(path.name) for path in directory.iterdir()]
    return [int(match.group(1)) for match in matches if match]
