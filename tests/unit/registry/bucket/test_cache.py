"""Copies of versions on this machine."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from alignment.errors import ConfigError, Corrupt
from alignment.files import tree_bytes
from alignment.registry.bucket import cache as cache_module
from alignment.registry.bucket.cache import Cache

CONTENT = {"config.json": b"{}", "1_Pooling/config.json": b"pooling", "weights": b"w" * 1000}
FILES = {name: hashlib.sha256(data).hexdigest() for name, data in CONTENT.items()}


class Source:
    """Counts what is fetched."""

    def __init__(self, content: dict[str, bytes]) -> None:
        self.content = content
        self.fetched: list[str] = []

    def download(self, name: str) -> Iterator[bytes] | None:
        self.fetched.append(name)
        data = self.content.get(name)
        return None if data is None else iter([data[:3], data[3:]])

    def others(self) -> dict[str, bytes]:
        return {"README.md": b"# card"}


def open_in(cache: Cache, source: Source, name: str = "demo-v1") -> Path:
    return cache.open(name, FILES, source.download, source.others)


def test_a_copy_is_fetched_once(tmp_path: Path) -> None:
    source = Source(CONTENT)
    path = open_in(Cache(tmp_path), source)
    assert (path / "1_Pooling" / "config.json").read_bytes() == b"pooling"
    assert (path / "README.md").read_bytes() == b"# card"
    assert open_in(Cache(tmp_path), source) == path
    assert sorted(source.fetched) == sorted(CONTENT)


def test_a_damaged_copy_is_fetched_again(tmp_path: Path) -> None:
    source = Source(CONTENT)
    path = open_in(Cache(tmp_path), source)
    (path / "weights").write_bytes(b"x" * 1000)
    open_in(Cache(tmp_path), source)
    assert (path / "weights").read_bytes() == CONTENT["weights"]
    assert len(source.fetched) == 6


@pytest.mark.parametrize("change", [{"weights": b"other"}, {"weights": None}])
def test_what_was_not_published_is_not_kept(tmp_path: Path, change: dict[str, bytes]) -> None:
    content = {name: data for name, data in {**CONTENT, **change}.items() if data is not None}
    with pytest.raises(Corrupt, match="expected sha256"):
        open_in(Cache(tmp_path), Source(content))
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil", "..", "a\\..\\b"])
def test_a_manifest_cannot_write_elsewhere(tmp_path: Path, name: str) -> None:
    source = Source({name: b"evil"})
    files = {name: hashlib.sha256(b"evil").hexdigest()}
    with pytest.raises(Corrupt, match="is not the name of a file"):
        Cache(tmp_path / "cache").open("demo-v1", files, source.download, source.others)
    assert source.fetched == []


def test_the_oldest_copies_leave(tmp_path: Path) -> None:
    cache = Cache(tmp_path, limit=2500)
    now = time.time()
    for number in range(1, 5):
        path = open_in(cache, Source(CONTENT), f"demo-v{number}")
        os.utime(path, (now, now - 10_000 + number))
    open_in(cache, Source(CONTENT), "demo-v2")
    left = sorted(path.name for path in tmp_path.iterdir() if path.is_dir())
    assert left == ["demo-v2", "demo-v4"]


def test_what_was_used_a_moment_ago_stays(tmp_path: Path) -> None:
    cache = Cache(tmp_path, limit=10)
    first = open_in(cache, Source(CONTENT), "demo-v1")
    second = open_in(cache, Source(CONTENT), "demo-v2")
    assert first.is_dir() and second.is_dir()


def test_what_a_killed_process_left_is_deleted_after_a_day(tmp_path: Path) -> None:
    for name, hours in ((".upload-old.1", 25), (".upload-new.2", 1)):
        (tmp_path / name).mkdir()
        then = time.time() - hours * 3600
        os.utime(tmp_path / name, (then, then))
    open_in(Cache(tmp_path), Source(CONTENT))
    left = sorted(path.name for path in tmp_path.iterdir() if path.is_dir())
    assert left == [".upload-new.2", "demo-v1"]


def test_what_another_process_deletes_meanwhile_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_in(Cache(tmp_path), Source(CONTENT), "demo-v1")

    def quicker(path: Path) -> int:
        if path == first:
            shutil.rmtree(path)
            raise FileNotFoundError(path)
        return tree_bytes(path)

    monkeypatch.setattr(cache_module, "tree_bytes", quicker)
    assert open_in(Cache(tmp_path), Source(CONTENT), "demo-v2").is_dir()
    assert not first.exists()


def test_many_readers_fetch_once(tmp_path: Path) -> None:
    source = Source(CONTENT)
    threads = []
    for _ in range(8):
        threads.append(threading.Thread(target=open_in, args=(Cache(tmp_path), source)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(source.fetched) == sorted(CONTENT)


def test_the_limit_must_be_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALIGNMENT_CACHE_GB", "lots")
    with pytest.raises(ConfigError, match="expected a number of gigabytes"):
        Cache(tmp_path)
    monkeypatch.setenv("ALIGNMENT_CACHE_GB", "0.5")
    assert Cache(tmp_path).limit == 500_000_000
