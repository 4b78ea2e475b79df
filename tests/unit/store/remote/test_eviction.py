"""The copies on one machine: limited in size, and never deleted while a process uses them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from alignment.objectstore.objects import Objects
from alignment.store import Store
from alignment.store.directories import artifact_directories
from alignment.store.remote import eviction
from alignment.store.remote.uses import Uses
from tests.buckets import memory_objects
from tests.machines import build, machine
from tests.support import ROOT

SIZE = 100_000
LIMIT = 350_000
"""Room for three artifacts."""


@pytest.fixture
def objects() -> Objects:
    return memory_objects()


def big(store: Store, value: int) -> Path:
    return build(store, "x" * SIZE, value=value).path


def limited(objects: Objects, cache: Path) -> Store:
    """As a new process opens the store, so that nothing is in use any longer."""
    return machine(objects, cache, limit=LIMIT).store


def test_what_was_not_used_for_the_longest_time_goes_first(
    objects: Objects, tmp_path: Path
) -> None:
    paths = [big(limited(objects, tmp_path / "a"), value) for value in range(3)]
    for age, path in enumerate(paths):
        os.utime(path, (1_000_000 + age, 1_000_000 + age))
    big(limited(objects, tmp_path / "a"), 0)  # is used, and so the newest
    big(limited(objects, tmp_path / "a"), 3)
    assert [path.exists() for path in paths] == [True, False, True]
    assert big(limited(objects, tmp_path / "a"), 1) == paths[1]
    assert paths[1].exists()


def test_what_a_process_uses_stays(objects: Objects, tmp_path: Path) -> None:
    store = limited(objects, tmp_path / "a")
    paths = [big(store, value) for value in range(6)]
    other = limited(objects, tmp_path / "a")
    big(other, 6)
    assert all(path.exists() for path in paths)


def test_what_was_not_sent_stays(objects: Objects, tmp_path: Path) -> None:
    unsent = [build(Store(tmp_path / "a" / "store"), "x" * SIZE, value=value) for value in range(4)]
    for value in range(10, 14):
        big(limited(objects, tmp_path / "a"), value)
    assert all(artifact.path.exists() for artifact in unsent)


@pytest.mark.parametrize("when", ["listed", "leaving"])
def test_another_process_deletes_the_same_copies(
    objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Between the moment they are listed, or seen, and the moment they are looked at, or moved."""
    paths = [big(limited(objects, tmp_path / "a"), value) for value in range(3)]
    store = limited(objects, tmp_path / "a")
    deleted: list[Path] = []

    def delete(path: Path) -> None:
        if path in paths and path.is_dir():
            shutil.rmtree(path)
            deleted.append(path)

    def listed(root: Path) -> Iterator[Path]:
        for path in artifact_directories(root):
            delete(path)
            yield path

    def leaving(source: Path, target: Path) -> None:
        delete(source)
        source.rename(target)

    if when == "listed":
        monkeypatch.setattr(eviction, "artifact_directories", listed)
    else:
        monkeypatch.setattr(eviction, "os", SimpleNamespace(replace=leaving))
    last = big(store, 3)
    assert last.is_dir()
    assert deleted


def test_too_much_in_use_is_said_once(
    objects: Objects, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = limited(objects, tmp_path / "a")
    for value in range(7):
        big(store, value)
    messages = [record.message for record in caplog.records if "CACHE_GB" in record.message]
    assert len(messages) == 1


def test_another_process_uses_a_key(tmp_path: Path) -> None:
    program = f"""
        from pathlib import Path
        from alignment.store.remote.uses import Uses
        uses = Uses(Path({str(tmp_path)!r}))
        uses.note("k1")
        print("noted", flush=True)
        input()
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"noted\n"
    uses = Uses(tmp_path)
    deleted: list[str] = []
    assert not uses.unless_used("k1", lambda: deleted.append("k1"))
    assert uses.unless_used("k2", lambda: deleted.append("k2"))
    process.kill()
    process.wait()
    assert uses.unless_used("k1", lambda: deleted.append("k1"))
    assert deleted == ["k2", "k1"]
    assert list(tmp_path.glob("*.keys")) == []


def test_uses_end_with_the_object(tmp_path: Path) -> None:
    uses = Uses(tmp_path)
    uses.note("k1")
    assert not Uses(tmp_path).unless_used("k1", lambda: None)
    assert not uses.unless_used("k1", lambda: None)
    del uses
    assert Uses(tmp_path).unless_used("k1", lambda: None)
    assert [path.name for path in tmp_path.iterdir()] == ["all.lock"]
