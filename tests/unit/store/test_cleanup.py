"""Checking every artifact, and deleting what is not needed."""

import os
import time
from pathlib import Path

import pytest
from filelock import FileLock

from alignment.errors import ArtifactError
from alignment.store import Store, collect, verify_all
from alignment.types import Artifact, Input


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def build(store: Store, stage: str, *, value: int = 1, source: Artifact | None = None) -> Artifact:
    def work(out: Path) -> dict[str, int]:
        (out / "f.txt").write_text(f"{stage} {value}")
        return {}

    inputs: dict[str, Input] = {} if source is None else {"source": source.input()}
    return store.build(stage, work, revision=1, config={"value": value}, inputs=inputs)


def test_every_artifact_is_read(store: Store) -> None:
    whole = build(store, "a")
    flipped = build(store, "b")
    (flipped.path / "f.txt").write_text("b X")
    torn = build(store, "c")
    (torn.path / "manifest.json").write_text("{")
    problems = {checked.path: checked.problem for checked in verify_all(store)}
    assert problems[whole.path] is None
    assert "f.txt: got sha256" in str(problems[flipped.path])
    assert "the manifest is unreadable" in str(problems[torn.path])


def test_damage_that_the_file_system_does_not_show(store: Store) -> None:
    """What `verify_all` finds is not reused, although its stamp fits."""
    artifact = build(store, "a")
    stamps = store.root / "verified" / f"{artifact.key}.json"
    stamps.write_text("{}")
    (artifact.path / "f.txt").write_text("a X")
    list(verify_all(store))
    assert not stamps.exists()


def test_only_what_is_needed_stays(store: Store) -> None:
    pulled = build(store, "pull")
    used = build(store, "clean", value=1, source=pulled)
    old = build(store, "clean", value=2)
    newest = build(store, "clean", value=3, source=pulled)
    listed = collect(store, [used.key], dry_run=True)
    assert listed.paths == [old.path]
    assert listed.bytes > 0
    assert old.path.exists()
    assert collect(store, [used.key]).paths == [old.path]
    assert not old.path.exists()
    for artifact in (pulled, used, newest):
        assert artifact.path.exists()
    assert collect(store, []).paths == [used.path]
    assert list((store.root / "tmp").iterdir()) == []


def test_an_artifact_whose_manifest_is_damaged_is_of_no_use(store: Store) -> None:
    pulled = build(store, "pull")
    torn = build(store, "clean", source=pulled)
    (torn.path / "manifest.json").write_bytes(b"{\xf1")
    assert collect(store, [pulled.key, torn.key]).paths == [torn.path]
    assert pulled.path.exists()


def test_leftovers_of_killed_processes(store: Store) -> None:
    artifact = build(store, "a")
    key = "0" * 64
    (store.root / "tmp" / key).mkdir()
    old = store.scratch("1" * 64)
    (old / "checkpoint").write_text("x")
    for path in (old / "checkpoint", old):
        os.utime(path, (0, time.time() - 30 * 24 * 3600))
    recent = store.scratch("2" * 64)
    finished = store.scratch(artifact.key)
    (store.root / "verified" / f"{key}.json").write_text("{}")
    collect(store, [])
    assert list((store.root / "tmp").iterdir()) == []
    assert recent.exists()
    assert not old.exists()
    assert not finished.exists()
    assert not (store.root / "verified" / f"{key}.json").exists()
    assert artifact.path.exists()


def test_what_is_being_built_stays(store: Store) -> None:
    key = "0" * 64
    (store.root / "tmp" / key).mkdir()
    with FileLock(store.root / "locks" / f"{key}.lock"):
        collect(store, [])
    assert (store.root / "tmp" / key).exists()


def test_a_run_in_progress(store: Store) -> None:
    message = "a run of 'demo' is in progress"
    lock = FileLock(store.root / "locks" / "run-demo.lock")
    with lock, pytest.raises(ArtifactError, match=message):
        collect(store, [])
    collect(store, [])
