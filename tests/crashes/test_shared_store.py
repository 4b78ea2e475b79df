"""A machine that dies, or loses an answer, at any request while it shares an artifact.

Afterwards every other machine has a whole artifact, all have the same one, and nothing is left but
what the cleanup deletes after a day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alignment.objectstore import patience
from alignment.objectstore.objects import Objects
from alignment.store import verify, verify_all
from tests.buckets import FaultyObjects, Killed, memory_objects
from tests.faulty_disk import no_fsync
from tests.machines import build, machine


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(patience, "FIRST_WAIT", 0.0)
    with no_fsync():
        yield


def requests_of_a_build(base: Path) -> list[str]:
    counted = FaultyObjects(memory_objects())
    build(machine(counted, base).store)
    return counted.requests


def check_afterwards(objects: Objects, base: Path, *texts: str) -> None:
    """Two other machines and the one that died have the same artifact."""
    artifacts = []
    for name, text in zip(("b", "c", "a"), texts, strict=True):
        artifacts.append(build(machine(objects, base / name).store, text))
    for artifact in artifacts:
        verify(artifact)
        assert artifact.digest == artifacts[0].digest
    assert [checked.problem for checked in verify_all(machine(objects, base / "d").store)] == [None]
    kept = artifacts[0].key
    freed = machine(objects, base / "d").store.mirror
    assert freed is not None
    assert freed.collect([kept], dry_run=False).paths == []


@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_request(after: bool, tmp_path: Path) -> None:
    count = len(requests_of_a_build(tmp_path / "count"))
    assert count >= 9
    for number in range(count):
        objects = memory_objects()
        base = tmp_path / str(number)
        faulty = FaultyObjects(objects, die_at=number, after=after)
        with pytest.raises(Killed):
            build(machine(faulty, base / "a").store, "from a")
        check_afterwards(objects, base, "from b", "from c", "from a")


def test_a_lost_answer_at_any_request(tmp_path: Path) -> None:
    for number in range(len(requests_of_a_build(tmp_path / "count"))):
        objects = memory_objects()
        base = tmp_path / str(number)
        faulty = FaultyObjects(objects, lose_at=number)
        build(machine(faulty, base / "a").store, "from a")
        check_afterwards(objects, base, "not built", "not built", "not built")


@pytest.mark.parametrize("act", ["build", "collect"])
def test_another_machine_acts_between_any_two_requests(act: str, tmp_path: Path) -> None:
    for number in range(len(requests_of_a_build(tmp_path / "count"))):
        objects = memory_objects()
        base = tmp_path / str(number)
        other = machine(objects, base / "b")
        faulty = FaultyObjects(objects, meanwhile=_action(act, other.store), at=number)
        artifact = build(machine(faulty, base / "a").store, "from a")
        verify(artifact)
        check_afterwards(objects, base, "from b", "from c", "from a")


def _action(act: str, store: object) -> Callable[[], object]:
    from alignment.store import Store

    assert isinstance(store, Store) and store.mirror is not None
    mirror = store.mirror
    if act == "build":
        return lambda: build(store, "from b")
    return lambda: mirror.collect([], dry_run=False)


def test_killed_while_it_deletes(tmp_path: Path) -> None:
    """Half of a deletion is no artifact, and the next cleanup finishes it."""
    counted = FaultyObjects(_with_two_artifacts(tmp_path / "count"))
    _collect(counted, tmp_path / "count" / "gc")
    for number, request in enumerate(counted.requests):
        if not request.startswith("delete store"):
            continue
        base = tmp_path / str(number)
        objects = _with_two_artifacts(base)
        with pytest.raises(Killed):
            _collect(FaultyObjects(objects, die_at=number), base / "gc")
        store = machine(objects, base / "d").store
        assert all(checked.problem is None for checked in verify_all(store))
        objects.delete(["locks/gc.json"])  # what its end would do
        assert build(store, "again", value=1).path.exists()


def _with_two_artifacts(base: Path) -> Objects:
    objects = memory_objects()
    store = machine(objects, base / "a").store
    build(store, value=1)
    build(store, value=2)  # the latest one, which is kept
    return objects


def _collect(objects: Objects, cache: Path) -> None:
    mirror = machine(objects, cache).store.mirror
    assert mirror is not None
    mirror.collect([], dry_run=False)
