"""The records of runs on several machines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alignment.errors import Unavailable
from alignment.objectstore.objects import Objects
from alignment.store.remote.files import RemoteFiles
from alignment.store.remote.records import RemoteRecords
from tests.buckets import FaultyObjects, memory_objects


@pytest.fixture
def objects() -> Objects:
    return memory_objects()


def write(runs: Path, name: str, summary: str = "1", digests: tuple[str, ...] = ("one",)) -> Path:
    directory = runs / name
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "summary.json").write_text(summary)
    (directory / "digests.json").write_text(json.dumps(digests))
    return directory


def names(runs: Path) -> list[str]:
    return sorted(path.name for path in runs.glob("[!.]*"))


def test_a_record_is_seen_by_other_machines(objects: Objects, tmp_path: Path) -> None:
    here = RemoteRecords(objects, tmp_path / "here")
    here.send(write(tmp_path / "here", "r1"))
    there = RemoteRecords(objects, tmp_path / "there")
    there.synchronize()
    assert names(tmp_path / "there") == ["r1"]
    assert (tmp_path / "there" / "r1" / "summary.json").read_text() == "1"


def test_a_changed_record_is_sent_again(objects: Objects, tmp_path: Path) -> None:
    here = RemoteRecords(objects, tmp_path / "here")
    there = RemoteRecords(objects, tmp_path / "there")
    here.send(write(tmp_path / "here", "r1"))
    there.synchronize()
    here.send(write(tmp_path / "here", "r1", "2", ("one", "two")))
    there.synchronize()
    assert (tmp_path / "there" / "r1" / "summary.json").read_text() == "2"
    write(tmp_path / "here", "r1", "3", ("one", "two", "three"))  # could not be sent at once
    here.synchronize()
    there.synchronize()
    assert (tmp_path / "there" / "r1" / "summary.json").read_text() == "3"


def test_what_could_not_be_sent_is_sent_later(objects: Objects, tmp_path: Path) -> None:
    record = write(tmp_path / "here", "r1")
    faulty = FaultyObjects(objects)

    def away(name: str, data: bytes) -> bool:
        raise Unavailable("away")

    faulty.put_new = away  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        RemoteRecords(faulty, tmp_path / "here").send(record)
    there = RemoteRecords(objects, tmp_path / "there")
    there.synchronize()
    assert names(tmp_path / "there") == []
    RemoteRecords(objects, tmp_path / "here").synchronize()
    there.synchronize()
    assert names(tmp_path / "there") == ["r1"]


def test_a_record_that_was_deleted_elsewhere_goes(objects: Objects, tmp_path: Path) -> None:
    here = RemoteRecords(objects, tmp_path / "here")
    there = RemoteRecords(objects, tmp_path / "there")
    for name in ("r1", "r2"):
        here.send(write(tmp_path / "here", name))
    there.synchronize()
    there.delete(["r1"])
    here.synchronize()
    there.synchronize()
    assert names(tmp_path / "here") == names(tmp_path / "there") == ["r2"]


def test_small_files_are_shared(objects: Objects, tmp_path: Path) -> None:
    here = RemoteFiles(objects, tmp_path / "here")
    there = RemoteFiles(objects, tmp_path / "there")
    here.synchronize("approvals")
    path = tmp_path / "here" / "approvals" / "1.json"
    path.write_text("a")
    here.send(path)
    there.synchronize("approvals")
    assert (tmp_path / "there" / "approvals" / "1.json").read_text() == "a"
    there.delete(tmp_path / "there" / "approvals" / "1.json")
    here.synchronize("approvals")
    assert not path.exists()
    assert objects.listing("approvals") == []
