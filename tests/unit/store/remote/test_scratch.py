"""Unfinished work that another machine goes on with."""

from __future__ import annotations

from pathlib import Path

import pytest

from alignment.objectstore.folder import FolderObjects
from alignment.objectstore.objects import Objects
from alignment.store.remote.scratch import RemoteScratch
from tests.buckets import memory_objects
from tests.machines import build, machine

KEY = "a" * 64


@pytest.fixture(params=["bucket", "folder"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    if request.param == "bucket":
        return memory_objects()
    (tmp_path / "shared").mkdir()
    return FolderObjects(tmp_path / "shared", "file:///shared")


def scratch(objects: Objects, root: Path) -> RemoteScratch:
    (root / KEY).mkdir(parents=True, exist_ok=True)
    return RemoteScratch(objects, root / KEY)


def files(root: Path) -> dict[str, str]:
    found = {}
    for path in sorted(root.rglob("*")):
        if path.is_file():
            found[path.relative_to(root).as_posix()] = path.read_text()
    return found


def test_another_machine_takes_what_was_sent(objects: Objects, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    sender = scratch(objects, here)
    (here / KEY / "checkpoints" / "checkpoint-5").mkdir(parents=True)
    (here / KEY / "checkpoints" / "checkpoint-5" / "model").write_text("weights")
    (here / KEY / "progress").write_text("1")
    (here / KEY / "private").write_text("not sent")
    sender.send("checkpoints", "progress", "no such file")
    receiver = scratch(objects, there)
    receiver.fetch()
    expected = {"checkpoints/checkpoint-5/model": "weights", "progress": "1"}
    assert files(there / KEY) == expected
    (here / KEY / "progress").write_text("12")
    sender.send("progress")
    receiver.fetch()
    assert files(there / KEY) == {**expected, "progress": "12"}
    (here / KEY / "progress").write_text("99")  # of the same size, as the best weights have
    sender.send("progress")
    receiver.fetch("progress")
    assert files(there / KEY)["progress"] == "99"
    sender.delete("checkpoints/checkpoint-5")
    assert [entry.name for entry in objects.listing("scratch")] == [f"scratch/{KEY}/progress"]
    sender.delete("progress", "no such file")
    assert objects.listing("scratch") == []


def test_it_is_deleted_when_the_artifact_is_published(objects: Objects, tmp_path: Path) -> None:
    key = build(machine(memory_objects(), tmp_path / "elsewhere").store).key
    store = machine(objects, tmp_path / "a").store
    mirror = store.mirror
    assert mirror is not None

    def send() -> None:
        directory = store.scratch(key)
        (directory / "steps").write_text("1")
        mirror.scratch(directory).send("steps")
        assert len(objects.listing("scratch")) == 1

    assert build(store, meanwhile=send).key == key
    assert objects.listing("scratch") == []
