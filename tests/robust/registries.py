"""Registries in a directory that crashes, editors, backups and people have damaged."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable
from pathlib import Path

from alignment.cli.display.versions import print_comparison, print_plan
from alignment.registry import (
    Registry,
    Rules,
    compare_versions,
    find_damage,
    plan_cleanup,
    repair,
)
from tests.encoders import publish_contents
from tests.robust.case import Case, calm, cli, done_or_refused
from tests.robust.registry_damage import Damage, all_damages

SECTION = "damaged registries"
NAME = "demo"
READS: tuple[Callable[[Registry], object], ...] = (
    lambda registry: print_comparison(compare_versions(registry.get("v1"), registry.get("v2"))),
    lambda registry: print_plan(plan_cleanup(registry, Rules(1, 0)), NAME, deleted=False),
    lambda registry: registry.pin("v2", keep=True),
    lambda registry: registry.pin("v2", keep=False),
)
CHANGES: dict[str, Callable[[Registry], object]] = {
    "promote": lambda registry: registry.promote("v2"),
    "rollback": lambda registry: registry.rollback(),
}


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
    verified = calm(cli("registry", "verify", NAME, "--workspace", place))
    assert verified.code == 1 or damage.harmless, f"verify found nothing: {verified.output}"
    calm(cli("registry", "list", NAME, "--workspace", place))
    whole = _whole(place)
    for read in READS:
        done_or_refused(functools.partial(read, _opened(place)))
    for name, change in CHANGES.items():
        other = Path(shutil.copytree(workspace, folder / name, symlinks=True))
        damage.do(other / "registry" / NAME)  # a pipe cannot be copied
        result = done_or_refused(functools.partial(change, _opened(other)))
        if not isinstance(result, Exception):
            _deployed_is_whole(other)
        assert _whole(other) >= whole, "a whole version is gone"
    repair(_opened(place))
    calm(cli("registry", "verify", NAME, "--workspace", place), codes=(0,))
    _deployed_is_whole(place)
    assert _whole(place) >= whole, "repair lost a whole version"
    (new,) = publish_contents(_opened(place), "new", at=folder)
    assert _opened(place).aliases().champion == new.name
    assert find_damage(_opened(place)) == []


def _opened(place: Path) -> Registry:
    """As a new process opens it."""
    return Registry(place / "registry", NAME)


def _whole(place: Path) -> set[str]:
    """Digests of the versions with every byte."""
    registry = _opened(place)
    digests = set()
    for version in registry.versions():
        if not isinstance(done_or_refused(version.verify), Exception):
            digests.add(version.digest)
    return digests


def _deployed_is_whole(place: Path) -> None:
    registry = _opened(place)
    champion = registry.champion()
    if champion is None:
        assert registry.aliases().champion is None
    else:
        champion.verify()
