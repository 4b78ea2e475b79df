"""One run at a time on all machines."""

from __future__ import annotations

import json
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from alignment.errors import Busy, Unavailable
from alignment.objectstore.folder import FolderObjects
from alignment.objectstore.objects import Objects
from alignment.store.remote.leases import Leases
from tests.buckets import FaultyObjects, memory_objects

DEAD = 2**22 + 1
"""No process has this number."""


@pytest.fixture(params=["memory", "folder"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    if request.param == "memory":
        return memory_objects()
    return FolderObjects(tmp_path, "file:///shared")


def locks(objects: Objects) -> list[str]:
    return [entry.name for entry in objects.listing("locks")]


def leave(objects: Objects, *, process: int = 1, cache: str = "elsewhere") -> None:
    """A lock whose holder has not released it."""
    holder = {"host": "far", "process": process, "since": "2026-01-01T00:00:00+00:00"}
    objects.put_new(
        "locks/run-demo.json", json.dumps({**holder, "token": "t", "cache": cache}).encode()
    )


def test_another_machine_is_told_who_runs(objects: Objects) -> None:
    here, there = Leases(objects, "here"), Leases(objects, "there")
    with here.run("demo"):
        with pytest.raises(Busy, match="another run of 'demo' is in progress") as caught:
            there.run("demo").__enter__()
        assert socket.gethostname() in str(caught.value) and "since 20" in str(caught.value)
        with there.run("other"):
            pass
    with there.run("demo"):
        pass
    assert locks(objects) == []


def test_a_lock_without_a_sign_of_life_is_taken_over(objects: Objects) -> None:
    leave(objects)
    with pytest.raises(Busy), Leases(objects, "here").run("demo"):
        pass
    time.sleep(0.3)
    with Leases(objects, "here", seconds=0.2).run("demo"):
        content = objects.get("locks/run-demo.json")
        assert content is not None and b'"here"' in content.data
    assert locks(objects) == []


def test_a_killed_process_of_this_machine_blocks_nobody(objects: Objects) -> None:
    leave(objects, process=DEAD, cache="here")
    with pytest.raises(Busy), Leases(objects, "there").run("demo"):
        pass
    with Leases(objects, "here").run("demo"):
        pass


def test_a_lock_that_cannot_be_read(objects: Objects) -> None:
    objects.put_new("locks/run-demo.json", b"{")
    with pytest.raises(Busy, match="cannot be read"), Leases(objects, "here").run("demo"):
        pass
    time.sleep(0.3)
    with Leases(objects, "here", seconds=0.2).run("demo"):
        pass


def test_a_long_run_keeps_its_lock(objects: Objects) -> None:
    with Leases(objects, "here", seconds=0.4).run("demo"):
        time.sleep(0.8)
        with pytest.raises(Busy), Leases(objects, "there", seconds=0.4).run("demo"):
            pass


def test_an_outage_is_survived(objects: Objects, caplog: pytest.LogCaptureFixture) -> None:
    class Flaky(FaultyObjects):
        away = False

        def replace(self, *arguments: object) -> bool:
            if self.away:
                raise Unavailable("away")
            return self._objects.replace(*arguments)  # type: ignore[arg-type]

    flaky = Flaky(objects)
    with Leases(flaky, "here", seconds=0.5).run("demo"):
        flaky.away = True
        time.sleep(0.4)
        flaky.away = False
        time.sleep(0.3)
    assert "lost" not in caplog.text
    assert locks(objects) == []


def test_a_lost_lock_is_said_and_not_released(
    objects: Objects, caplog: pytest.LogCaptureFixture
) -> None:
    with Leases(objects, "here", seconds=0.5).run("demo"):
        objects.delete(["locks/run-demo.json"])
        leave(objects)
        time.sleep(0.4)
    assert "the lock run-demo was lost" in caplog.text
    assert locks(objects) == ["locks/run-demo.json"]


def test_a_lost_answer_is_recognized() -> None:
    objects = memory_objects()
    faulty = FaultyObjects(objects, lose_at=0)
    with Leases(faulty, "here").run("demo"):
        assert len(locks(objects)) == 1
    assert locks(objects) == []


def test_a_cleanup_and_a_run_exclude_each_other(objects: Objects) -> None:
    here, there = Leases(objects, "here"), Leases(objects, "there")
    with here.run("demo"), pytest.raises(Busy, match="a run of 'demo'"), there.no_run():
        pass
    with here.no_run():
        with pytest.raises(Busy, match="`alignment gc`"), there.run("demo"):
            pass
        with pytest.raises(Busy, match="another `alignment gc`"), there.no_run():
            pass
    assert locks(objects) == []


def test_only_one_of_many_gets_it(objects: Objects) -> None:
    leave(objects)
    time.sleep(0.3)
    taken = 0
    with ExitStack() as stack:
        for number in range(4):
            try:
                stack.enter_context(Leases(objects, f"m{number}", seconds=0.2).run("demo"))
            except Busy:
                continue
            taken += 1
    assert taken == 1
