"""Registries in a bucket, whose objects were deleted, cut short or written by hand."""

from __future__ import annotations

import functools
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import obstore

from alignment.cli.display.versions import print_comparison, print_plan, print_versions
from alignment.manifests import manifest_text
from alignment.objectstore.objects import StoredObjects
from alignment.registry import (
    Registry,
    Rules,
    Version,
    collect_versions,
    compare_versions,
    find_damage,
    plan_cleanup,
    repair,
)
from alignment.registry.bucket.versions import BucketFiles
from tests.buckets import bucket_registry, memory_objects
from tests.encoders import publish_contents
from tests.robust.case import Case, done_or_refused
from tests.robust.damage import CONTENTS, flip
from tests.robust.registries import CHANGES
from tests.robust.registry_damage import WRONG_VALUES

SECTION = "registries in buckets"
Store = StoredObjects


class Damage(NamedTuple):
    """What happens to the objects of a registry."""

    name: str
    do: Callable[[Store], object]
    harmless: bool = False
    """Whether `find_damage` may find nothing."""


def cases(base: Path) -> list[Case]:
    """One for each kind of damage, to the objects or to the copies on this machine."""
    damages = [*_versions(), *_aliases(), *_entries()]
    made = [Case(SECTION, damage.name, functools.partial(check, damage)) for damage in damages]
    for name, spoil in _COPIES.items():
        made.append(Case(SECTION, f"copy of a version: {name}", functools.partial(_copy, spoil)))
    return made


def new_registry(folder: Path) -> tuple[Store, Registry]:
    """v1, v2, v3 (deployed) and v4 (challenger); v1 is pinned."""
    objects = memory_objects()
    registry = bucket_registry(objects, folder / "cache")
    publish_contents(registry, "a", "b", "c", at=folder)
    publish_contents(registry, "d", deploy=False, at=folder)
    registry.pin("v1", keep=True)
    return objects, registry


def check(damage: Damage, folder: Path) -> None:
    """Everything goes on without what is damaged, and `repair` gets out of it."""
    objects, _ = new_registry(folder)
    damage.do(objects)
    registry = _opened(objects, folder)
    assert find_damage(registry) or damage.harmless, "nothing was found"
    whole = _whole(objects, folder)
    for command in (_listed, _compared, _planned, _pinned):
        done_or_refused(functools.partial(command, _opened(objects, folder)))
    for change in CHANGES.values():
        done_or_refused(functools.partial(change, _opened(objects, folder)))
        assert _whole(objects, folder) >= whole, "a whole version is gone"
    repair(_opened(objects, folder))
    assert find_damage(_opened(objects, folder)) == []
    champion = _opened(objects, folder).champion()
    if champion is not None:
        champion.verify()
    assert _whole(objects, folder) >= whole, "repair lost a whole version"
    (new,) = publish_contents(_opened(objects, folder), "new", at=folder)
    assert _opened(objects, folder).aliases().champion == new.name
    collect_versions(_opened(objects, folder), Rules(keep=1, older_than_days=0, deployed=True))
    assert find_damage(_opened(objects, folder)) == []


def _opened(objects: Store, folder: Path) -> Registry:
    return bucket_registry(objects, folder / "cache")


def _whole(objects: Store, folder: Path) -> set[str]:
    digests = set()
    for version in _opened(objects, folder).versions():
        if not isinstance(done_or_refused(functools.partial(_check_bytes, version)), Exception):
            digests.add(version.digest)
    return digests


def _check_bytes(version: Version) -> None:
    version.verify()
    assert isinstance(version.location, BucketFiles)
    version.location.check_bytes(version)


def _listed(registry: Registry) -> None:
    print_versions(registry)


def _compared(registry: Registry) -> None:
    print_comparison(compare_versions(registry.get("v1"), registry.get("champion")))


def _planned(registry: Registry) -> None:
    print_plan(plan_cleanup(registry, Rules(1, 0)), registry.name, deleted=False)


def _pinned(registry: Registry) -> None:
    registry.pin("v2", keep=True)
    registry.pin("v2", keep=False)


def _put(name: str, data: bytes, objects: Store) -> None:
    obstore.put(objects._store, name, data)


def _delete(name: str, objects: Store) -> None:
    objects.delete([entry.name for entry in objects.listing("") if entry.name.startswith(name)])


def _flip(name: str, objects: Store) -> None:
    content = objects.get(name)
    assert content is not None
    _put(name, bytes([content.data[0] ^ 1]) + content.data[1:], objects)


def _copied(source: str, target: str, objects: Store) -> None:
    for entry in objects.listing(source):
        content = objects.get(entry.name)
        assert content is not None
        _put(target + entry.name.removeprefix(source), content.data, objects)


def _value(key: str, value: Any, objects: Store) -> None:
    content = objects.get("v3/manifest.json")
    assert content is not None
    manifest = json.loads(content.data)
    del manifest["checksum"]
    _put("v3/manifest.json", manifest_text({**manifest, key: value}).encode(), objects)


def _state(changes: dict[str, Any], objects: Store) -> None:
    content = objects.get("aliases.json")
    assert content is not None
    document = {**json.loads(content.data), **changes}
    _put("aliases.json", json.dumps(document).encode(), objects)


def _versions() -> list[Damage]:
    damages = []
    for name in ("v1", "v2", "v3", "v4"):
        gone = functools.partial(_delete, f"{name}/")
        damages.append(Damage(f"{name} deleted", gone, harmless=name != "v3"))
        without = functools.partial(_delete, f"{name}/config.json")
        damages.append(Damage(f"{name} without a file", without))
    for name in ("v2", "v3"):
        damages += [
            Damage(f"{name} with a flipped byte", functools.partial(_flip, f"{name}/config.json")),
            Damage(f"{name} cut short", functools.partial(_put, f"{name}/config.json", b"")),
            Damage(
                f"{name} with another file",
                functools.partial(_put, f"{name}/adapter_config.json", b"{}"),
            ),
        ]
        for kind, content in CONTENTS.items():
            do = functools.partial(_put, f"{name}/manifest.json", content)
            damages.append(Damage(f"manifest of {name}: {kind}", do))
    for key, value in WRONG_VALUES:
        do = functools.partial(_value, key, value)
        damages.append(Damage(f"manifest of v3: {key} = {value!r}", do))
    damages += [
        Damage("manifest of v2 deleted", functools.partial(_delete, "v2/manifest"), harmless=True),
        Damage("manifest of v3 deleted", functools.partial(_delete, "v3/manifest")),
        Damage("v5 is a copy of v1", functools.partial(_copied, "v1", "v5")),
        Damage("v3 is a copy of v1", functools.partial(_copied, "v1", "v3")),
        Damage("v5 is an object", functools.partial(_put, "v5", b"notes"), harmless=True),
        Damage(
            "a claim that cannot be read",
            functools.partial(_put, "v5/upload.json", b"\xff"),
            harmless=True,
        ),
        Damage(
            "a version with a huge number",
            functools.partial(_put, f"v{'9' * 30}/upload.json", b"{}"),
            harmless=True,
        ),
    ]
    return damages


def _aliases() -> list[Damage]:
    damages = [Damage("aliases deleted", functools.partial(_delete, "aliases.json"))]
    for kind, content in CONTENTS.items():
        do = functools.partial(_put, "aliases.json", content)
        damages.append(Damage(f"aliases: {kind}", do, harmless=kind == "an object without keys"))
    move = {"time": "t", "action": "publish", "version": "v3", "previous": None, "id": "x"}
    wrong: list[dict[str, Any]] = [
        {"champion": 5},
        {"champion": "v99"},
        {"champion": "../demo/v3"},
        {"champion": "history"},
        {"champion": ""},
        {"challenger": ["v4"]},
        {"pinned": "v1"},
        {"pinned": [["v1"]]},
        {"damaged": {"v1": 1}},
        {"removing": [3]},
        {"removing": ["history"]},
        {"removing": [""]},
        {"lost_history": ["1"]},
        {"move": {}},
        {"move": 3},
        {"move": {**move, "number": "one"}},
        {"move": {**move, "number": -1}},
        {"move": {**move, "number": 10**30}},
        {"move": {**move, "number": True}},
        {"move": {**move, "number": 3, "version": ["v3"]}},
        {"change": None},
    ]
    for changes in wrong:
        do = functools.partial(_state, changes)
        damages.append(Damage(f"aliases with {changes}", do, harmless="change" in changes))
    harmless: list[dict[str, Any]] = [
        {"challenger": "v99"},
        {"previous": "v99"},
        {"pinned": ["v99"]},
        {"removing": ["v99"]},
        {"unknown": 1},
    ]
    for changes in harmless:
        damages.append(
            Damage(f"aliases with {changes}", functools.partial(_state, changes), harmless=True)
        )
    return damages


def _entries() -> list[Damage]:
    damages = []
    for kind, content in CONTENTS.items():
        do = functools.partial(_put, "history/00000002.json", content)
        damages.append(Damage(f"entry of the history: {kind}", do))
    gone = functools.partial(_delete, "history")
    gap = functools.partial(_put, "history/99999999.json", b"{}")
    attempts_gap = functools.partial(_put, "attempts/99999999.json", b"{}")
    damages += [
        Damage("history deleted", gone, harmless=True),
        Damage("first entry deleted", functools.partial(_delete, "history/00000001.json")),
        Damage("a gap in the history", functools.partial(_put, "history/00000009.json", b"{}")),
        Damage("a huge gap in the history", gap),
        Damage("a huge gap in the attempts", attempts_gap),
        Damage("torn attempt", functools.partial(_put, "attempts/00000001.json", b'{"a')),
        Damage(
            "other files in the history",
            functools.partial(_put, "history/notes.txt", b"x"),
            harmless=True,
        ),
    ]
    return damages


def _copy(spoil: Callable[[Path], object], folder: Path) -> None:
    """A copy that is not what was published is not used, and fetched again."""
    objects, registry = new_registry(folder)
    champion = registry.champion()
    assert champion is not None
    copy = champion.path
    spoil(copy)
    again = _opened(objects, folder).champion()
    assert again is not None
    path = done_or_refused(lambda: again.path)
    if isinstance(path, Path):
        assert (path / "config.json").read_text() == "c"
        names = {item.name for item in path.iterdir() if not item.name.startswith(".")}
        assert names == {"config.json", "1_Pooling", "README.md", "manifest.json"}, names
        assert sorted(item.name for item in (path / "1_Pooling").iterdir()) == ["config.json"]


def _touched(path: Path) -> None:
    """As if it had not changed since it was compared."""
    status = path.stat()
    flip(path)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _replaced(copy: Path) -> None:
    shutil.rmtree(copy)
    copy.write_text("a file")


_COPIES: dict[str, Callable[[Path], object]] = {
    "flipped byte": lambda copy: flip(copy / "config.json"),
    "flipped byte at the old time": lambda copy: _touched(copy / "config.json"),
    "cut short": lambda copy: os.truncate(copy / "config.json", 0),
    "without a file": lambda copy: (copy / "config.json").unlink(),
    "with another file": lambda copy: (copy / "adapter_config.json").write_text("{}"),
    "with another file further down": lambda copy: (copy / "1_Pooling" / "x.json").write_text("1"),
    "a file in its place": _replaced,
    "damaged stamps": lambda copy: (copy / ".stamps.json").write_bytes(b"[" * 100_000),
    "stamps of another form": lambda copy: (copy / ".stamps.json").write_text('{"config.json": 5}'),
}
