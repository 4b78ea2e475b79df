"""The link `champion`, and setting damaged things aside."""

from __future__ import annotations

import logging
import os
import re
import shutil
from pathlib import Path

from alignment.files import remove, replace_durably
from alignment.registry.aliases import CHAMPION

DAMAGED = "damaged"
"""Directory of what was set aside, which nothing reads."""
VERSION = re.compile(r"v([1-9]\d*)")
logger = logging.getLogger(__name__)


def linked_version(root: Path) -> str | None:
    """The name that the link has, whether there is such a version or not; None without a link."""
    link = root / CHAMPION
    if not link.is_symlink():
        return None
    target = root / link.readlink()
    inside = target.parent.resolve() == root.resolve()
    return target.name if inside and VERSION.fullmatch(target.name) else None


def link_problem(root: Path, deployed: str | None) -> str | None:
    """What is wrong with the link; None if nothing is.

    `deployed` is the champion according to the history.
    """
    link = root / CHAMPION
    if link.is_symlink():
        name = linked_version(root)
        if name is None:
            return f"it links to {link.readlink()}, which is not a version of this model"
        return None if os.path.lexists(root / name) else f"it links to {name}, which is missing"
    if os.path.lexists(link):
        kind = "a directory" if link.is_dir() else "a file"
        return f"it is {kind}, expected a link to a version"
    if deployed is not None:
        return f"the link is missing, but the history says that {deployed} is deployed"
    return None


def point_to(root: Path, name: str) -> None:
    """Replace the link in one step; something else in its place is set aside first."""
    link = root / CHAMPION
    if os.path.lexists(link) and not link.is_symlink():
        set_aside(link)
    temporary = root / f".{CHAMPION}"
    remove(temporary)
    temporary.symlink_to(name, target_is_directory=True)
    replace_durably(temporary, link)


def set_aside(path: Path) -> Path:
    """Move something damaged into `damaged/` in the same directory; returns its new path."""
    target = _place_aside(path)
    replace_durably(path, target)
    logger.warning("%s is damaged; it was moved to %s", path, target)
    return target


def copy_aside(path: Path) -> Path:
    """Copy a damaged file into `damaged/` in the same directory; returns the copy's path."""
    target = _place_aside(path)
    shutil.copyfile(path, target)
    return target


def make_way(directory: Path) -> Path | None:
    """Rename what is in the place of a directory; returns its new path, None if nothing is."""
    if directory.is_dir() or not os.path.lexists(directory):
        return None
    target = _free(directory.with_name(f"{directory.name}.moved"))
    replace_durably(directory, target)
    logger.warning("%s is no directory; it was moved to %s", directory, target)
    return target


def _place_aside(path: Path) -> Path:
    directory = path.parent / DAMAGED
    make_way(directory)
    directory.mkdir(exist_ok=True)
    return _free(directory / path.name)


def _free(wanted: Path) -> Path:
    """The path, or one with a number if something is there."""
    target = wanted
    number = 1
    while os.path.lexists(target):
        number += 1
        target = wanted.with_name(f"{wanted.name}-{number}")
    return target
