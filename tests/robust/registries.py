"""Registries in a directory that crashes, editors, backups and people have damaged."""

from __future__ import annotations

import functools
import shutil
from pathlib import Path

from alignment.registry import Registry, find_damage
from tests.encoders import publish_contents
from tests.robust.case import Case, Said, calm, cli, done_or_refused
from tests.robust.registry_damage import Damage, all_damages

SECTION = "damaged registries"
NAME = "demo"
COMMANDS = (
    ("list", NAME),
    ("diff", NAME, "v1", "v2"),
    ("gc", NAME, "--keep", "1", "--older-than", "0"),
    ("pin", NAME, "v2"),
    ("unpin", NAME, "v2"),
)


def build(base: Path) -> Path:
    """A workspace whose model has v1, v2, v3 (deployed) and v4 (challenger); v1 is pinned."""
    workspace = base / "workspace"
    registry = Registry(workspace / "registry", NAME)
    publish_contents(registry, "a", "b", "c", at=base)
    publish_contents(registry, "d", deploy=False, at=base)
    registry.pin("v1", keep=True)
    return workspace


def cases(base: Path) -> list[Case]:
    """One for each kind of damage."""
    workspace = build(base)
    return [
        Case(SECTION, damage.name, functools.partial(check, workspace, damage))
        for damage in all_damages()
    ]


def check(workspace: Path, damage: Damage, folder: Path) -> None:
    """Everything goes on without what is damaged, and `repair` gets out of it."""
    place = Path(shutil.copytree(workspace, folder / "w", symlinks=True))
    damage.do(place / "registry" / NAME)
    verified = calm(_registry(place, "verify", NAME))
    assert verified.code == 1 or damage.harmless, f"verify found nothing: {verified.output}"
    whole = _whole(place)
    for command in COMMANDS:
        calm(_registry(place, *command))
    for command in (("promote", NAME, "v2"), ("rollback", NAME)):
        other = Path(shutil.copytree(workspace, folder / command[0], symlinks=True))
        damage.do(other / "registry" / NAME)  # a pipe cannot be copied
        said = calm(_registry(other, *command))
        if not said.code:
            _deployed_is_whole(other)
        assert _whole(other) >= whole, "a whole version is gone"
    calm(_registry(place, "repair", NAME), codes=(0,))
    calm(_registry(place, "verify", NAME), codes=(0,))
    _deployed_is_whole(place)
    assert _whole(place) >= whole, "repair lost a whole version"
    (new,) = publish_contents(Registry(place / "registry", NAME), "new", at=folder)
    assert Registry(place / "registry", NAME).aliases().champion == new.name
    assert find_damage(Registry(place / "registry", NAME)) == []


def _registry(place: Path, command: str, *arguments: str) -> Said:
    return cli("registry", command, *arguments, "--workspace", place)


def _whole(place: Path) -> set[str]:
    """Digests of the versions with every byte."""
    registry = Registry(place / "registry", NAME)
    digests = set()
    for version in registry.versions():
        if not isinstance(done_or_refused(version.verify), Exception):
            digests.add(version.digest)
    return digests


def _deployed_is_whole(place: Path) -> None:
    registry = Registry(place / "registry", NAME)
    champion = registry.champion()
    if champion is None:
        assert registry.aliases().champion is None
    else:
        champion.verify()
