"""Finding what is damaged in a registry, and getting it to work again without it.

This is the part for directories; `bucket/repair.py` is the one for buckets.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

from alignment.errors import Corrupt
from alignment.files import remove, tree_digests
from alignment.registry.aliases import CHAMPION
from alignment.registry.attempts import ATTEMPTS, read_attempts
from alignment.registry.backend import Damage
from alignment.registry.bucket.backend import BucketBackend
from alignment.registry.bucket.repair import find_bucket_damage, repair_bucket
from alignment.registry.declined import DECLINED
from alignment.registry.directory import PINNED
from alignment.registry.history import HISTORY, append_move, new_move, read_history, write_moves
from alignment.registry.incoming import INCOMING
from alignment.registry.lines import write_lines
from alignment.registry.link import (
    DAMAGED,
    copy_aside,
    linked_version,
    make_way,
    point_to,
    set_aside,
)
from alignment.registry.names import REMOVED
from alignment.registry.registry import Registry
from alignment.registry.version import OURS, read_version
from alignment.registry.writing import writing
from alignment.types import combined_digest

_DIRECTORIES = (DAMAGED, PINNED, REMOVED)


def find_damage(registry: Registry, *, full: bool = True) -> list[Damage]:
    """Everything that is damaged; `full` also reads every byte of every version."""
    if isinstance(registry.backend, BucketBackend):
        return find_bucket_damage(registry.backend, full=full)
    damage = []
    for name in _DIRECTORIES:
        path = registry.root / name
        if os.path.lexists(path) and not path.is_dir():
            damage.append(Damage(name, str(path), "it is no directory"))
    for name in registry.names():
        problem = _version_damage(registry.root / name, full=full)
        if problem is not None:
            damage.append(problem)
    path = registry.root / HISTORY
    try:
        lines = read_history(path).damaged
    except OSError as error:
        damage.append(Damage("history", str(path), f"cannot be read: {error.strerror}"))
        return damage
    for line in lines:
        damage.append(Damage("history", f"{path}:{line}", "the line cannot be read"))
    damage += _attempts_damage(registry.root / ATTEMPTS)
    problem_of_link = registry.link_problem()
    if problem_of_link is not None:
        damage.append(Damage(CHAMPION, str(registry.root / CHAMPION), problem_of_link))
    return damage


def repair(registry: Registry) -> list[str]:
    """Set aside what is damaged, and deploy the last good version if the champion is damaged.

    Nothing that could be read is lost: damaged versions and the damaged history are moved to
    `damaged/`.

    Returns:
        What was done, one sentence each.

    Raises:
        AliasConflict: if somebody else deploys a version at the same time, in a bucket.
        RegistryError: if the registry cannot be written.
    """
    if isinstance(registry.backend, BucketBackend):
        return repair_bucket(registry.backend)
    with writing(registry.root, "repairing"):
        actions = _remove_unfinished(registry.root)
        actions += _repair_directories(registry.root)
        actions += _repair_history(registry.root)
        actions += _repair_attempts(registry.root / ATTEMPTS)
        before = linked_version(registry.root)
        for name in registry.names():
            damage = _version_damage(registry.root / name, full=True)
            if damage is not None:
                target = set_aside(registry.root / name)
                actions.append(f"{name} was damaged ({damage.problem}); moved to {target}.")
        return actions + _repair_link(registry, before)


def _attempts_damage(path: Path) -> list[Damage]:
    try:
        _, lines = read_attempts(path)
    except OSError as error:
        return [Damage("attempts", str(path), f"cannot be read: {error.strerror}")]
    return [Damage("attempts", f"{path}:{line}", "the line cannot be read") for line in lines]


def _version_damage(path: Path, *, full: bool) -> Damage | None:
    try:
        version = read_version(path)
        if full:
            version.verify()
    except Corrupt as error:
        return Damage(path.name, error.where or str(path), error.message)
    return None


def _remove_unfinished(root: Path) -> list[str]:
    """Delete what killed processes left; this process holds the lock."""
    actions = []
    torn: list[Path] = []
    for name in (HISTORY, ATTEMPTS, DECLINED):
        torn += root.glob(f".{name}.*")
    removing = root.glob(".removing-*")
    for path in [root / INCOMING, root / f".{CHAMPION}", *torn, *removing]:
        if os.path.lexists(path):
            remove(path)
            actions.append(f"{path.name} was left by a killed process; deleted.")
    return actions


def _repair_directories(root: Path) -> list[str]:
    actions = []
    for name in _DIRECTORIES:
        moved = make_way(root / name)
        if moved is not None:
            actions.append(f"{name} was no directory; moved to {moved}.")
    return actions


def _repair_history(root: Path) -> list[str]:
    path = root / HISTORY
    try:
        history = read_history(path)
    except OSError as error:
        target = set_aside(path)
        return [f"The history could not be read ({error.strerror}); moved to {target}."]
    if not history.damaged:
        return []
    target = copy_aside(path)
    write_moves(path, history.moves)
    lines = ", ".join(map(str, history.damaged))
    return [f"Lines {lines} of the history were damaged; the damaged file is {target}."]


def _repair_attempts(path: Path) -> list[str]:
    try:
        attempts, damaged = read_attempts(path)
    except OSError as error:
        target = set_aside(path)
        return [f"The attempts could not be read ({error.strerror}); moved to {target}."]
    if not damaged:
        return []
    target = copy_aside(path)
    write_lines(path, [asdict(attempt) for attempt in attempts])
    lines = ", ".join(map(str, damaged))
    return [f"Lines {lines} of the attempts were damaged; the damaged file is {target}."]


def _repair_link(registry: Registry, before: str | None) -> list[str]:
    """`before` is what the link named before damaged versions were set aside."""
    problem = registry.link_problem()
    if problem is None:
        return []
    stack = registry.deployments().stack
    candidates = [*_same_content(registry), *reversed(stack)]
    whole = [name for name in candidates if name in registry.names()]
    if not whole:
        link = registry.root / CHAMPION
        if link.is_symlink():
            link.unlink()
        elif os.path.lexists(link):
            set_aside(link)
        return [
            f"{CHAMPION}: {problem}; no earlier deployment is left, so nothing is deployed. "
            f"`alignment registry promote {registry.name} vN` deploys a version by hand."
        ]
    name = whole[0]
    previous = before or (stack[-1] if stack else None)
    if previous != name:
        append_move(registry.root / HISTORY, new_move("repair", name, previous))
    point_to(registry.root, name)
    return [f"{CHAMPION}: {problem}; {name} is deployed now."]


def _same_content(registry: Registry) -> list[str]:
    """The version of which `champion` is a copy instead of a link."""
    directory = registry.root / CHAMPION
    if directory.is_symlink() or not directory.is_dir():
        return []
    digests = tree_digests(directory)
    same = []
    for version in registry.versions():
        left_out = {*OURS, *version.exports}
        encoder = {name: digest for name, digest in digests.items() if name not in left_out}
        if combined_digest(encoder) == version.digest:
            same.append(version.name)
    return same
