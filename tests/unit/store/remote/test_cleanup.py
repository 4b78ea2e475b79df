"""Deleting what no machine needs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from alignment.errors import Busy
from alignment.objectstore.objects import Objects
from alignment.store import collect
from alignment.store.remote import artifacts, cleanup, scratch
from alignment.store.remote.artifacts import ArtifactName, RemoteArtifacts
from tests.buckets import memory_objects
from tests.machines import build, machine


@pytest.fixture
def objects() -> Objects:
    return memory_objects()


def names(objects: Objects) -> set[str]:
    return {name.key for name in RemoteArtifacts(objects).names()}


def test_what_nobody_needs_is_deleted_everywhere(objects: Objects, tmp_path: Path) -> None:
    here = machine(objects, tmp_path / "a").store
    source = build(here, value=1, stage="source")
    old = build(here, value=2)
    assert build(machine(objects, tmp_path / "b").store, value=2).digest == old.digest
    kept = build(here, value=3, inputs={"source": source.input()})
    build(here, value=4, stage="source")  # so that the first one is not the latest
    named = build(here, value=5, stage="other")
    build(here, value=6, stage="other")
    fresh = machine(objects, tmp_path / "a").store
    del here
    plan = collect(fresh, [named.key], dry_run=True)
    assert [path.name for path in plan.paths] == [old.key] and plan.bytes > 0
    assert old.key in names(objects)
    freed = collect(fresh, [named.key])
    assert freed == plan
    assert names(objects) >= {source.key, kept.key, named.key}
    assert old.key not in names(objects)
    assert not old.path.exists()
    again = build(machine(objects, tmp_path / "b").store, "not built", value=2)
    assert again.reused  # from the copy of that machine, which is sent again
    assert old.key in names(objects)


def test_what_an_upload_left_goes_after_a_day(
    objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = machine(objects, tmp_path / "a").store
    artifact = build(store)
    objects.put_new(f"store/demo/{artifact.key}/0123/f.txt", b"of a slower machine")
    objects.put_new(f"store/demo/{'0' * 64}/0123/f.txt", b"of an upload without a manifest")
    assert cleanup.unneeded(RemoteArtifacts(objects), [artifact.key]) == []
    monkeypatch.setattr(artifacts, "UNFINISHED_HOURS", timedelta(0).total_seconds())
    left = cleanup.unneeded(RemoteArtifacts(objects), [artifact.key])
    assert [entry.whole for entry in left] == [False, False]
    collect(machine(objects, tmp_path / "a").store, [artifact.key])
    remote = RemoteArtifacts(objects)
    remote.check(ArtifactName("demo", artifact.key))
    assert remote.names() == [("demo", artifact.key)]


def test_not_while_a_run_is_in_progress(objects: Objects, tmp_path: Path) -> None:
    here, there = machine(objects, tmp_path / "a"), machine(objects, tmp_path / "b")
    build(here.store, value=1)
    build(here.store, value=2)
    with here.exclusive("demo"), pytest.raises(Busy, match="a run of 'demo' is in progress"):
        collect(there.store, [])
    assert len(names(objects)) == 2


def test_an_artifact_with_a_damaged_manifest_goes(objects: Objects, tmp_path: Path) -> None:
    artifact = build(machine(objects, tmp_path / "a").store)
    objects.delete([f"store/demo/{artifact.key}/manifest.json"])
    objects.put_new(f"store/demo/{artifact.key}/manifest.json", b"{")
    collect(machine(objects, tmp_path / "b").store, [artifact.key])
    assert RemoteArtifacts(objects).names() == []


def test_unfinished_work_goes_when_nobody_has_gone_on_with_it_for_days(
    objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = machine(objects, tmp_path / "a").store
    objects.put_new(f"scratch/{'1' * 64}/progress.jsonl", b"a step")
    assert collect(store, []).paths == []
    monkeypatch.setattr(scratch, "ABANDONED_DAYS", -1)
    freed = collect(store, [])
    assert [path.name for path in freed.paths] == ["1" * 64] and freed.bytes == len(b"a step")
    assert objects.listing("scratch") == []
