"""The cache of downloads, against a real server on loopback that misbehaves."""

import hashlib
import multiprocessing
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from alignment.downloads.fetch import Downloads
from alignment.downloads.lockfile import Lockfile
from alignment.downloads.retry import RetryPolicy
from alignment.errors import (
    ArtifactError,
    ChecksumMismatch,
    ConfigError,
    NotFound,
    Unavailable,
)
from tests.faulty_server import Fault, FaultyServer

IMPATIENT = RetryPolicy(
    attempts=3, backoff=0.001, max_wait=0.05, read_timeout=2.0, min_speed=1e9, speed_window=0.2
)
PATIENT = RetryPolicy(
    attempts=8, backoff=0.001, max_wait=0.05, read_timeout=2.0, min_speed=1e9, speed_window=0.2
)
SIZES = (0, 1, 900, 70_000, 300_000)
FAULTS: list[Fault] = [
    "ok",
    "drop",
    "drop",
    "503",
    "retry_after",
    "no_range",
    "wrong_range",
    "trickle",
    "redirect",
    "reset",
]


def payload(size: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(size)


def assert_objects_match_names(root: Path) -> None:
    for path in (root / "objects").iterdir():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name


def outcome(downloads: Downloads, url: str, expected: bytes) -> str:
    try:
        path = downloads.fetch(url)
    except (Unavailable, ChecksumMismatch, NotFound) as error:
        return type(error).__name__
    return "right" if path.read_bytes() == expected else "wrong"


def test_200_downloads_with_random_faults(tmp_path: Path) -> None:
    rng = random.Random(7)
    files = {f"/{i}": payload(rng.choice(SIZES), i) for i in range(200)}
    # Files with equal bytes are fetched once, so only distinct ones always reach the server.
    distinct = [path for path, data in files.items() if len(data) >= 900]
    chosen = rng.sample(distinct, 24)
    missing = set(chosen[:12])
    changed = set(chosen[12:])
    server = FaultyServer(
        dict(files), lambda path: "404" if path in missing else rng.choice(FAULTS)
    )
    with server.serving():
        lock = Lockfile(tmp_path / "alignment.lock")
        for path, data in files.items():
            lock.accept(server.url + path, len(data), hashlib.sha256(data).hexdigest(), "MIT")
        for path in changed:
            server.files[path] = files[path] + b"!"
        downloads = Downloads(tmp_path, lock, retry=PATIENT, per_host=4)
        with ThreadPoolExecutor(8) as pool:
            results = pool.map(
                lambda path: outcome(downloads, server.url + path, files[path]), files
            )
            outcomes = dict(zip(files, results, strict=True))
    assert_objects_match_names(tmp_path)
    assert {outcomes[path] for path in missing} == {"NotFound"}
    assert {outcomes[path] for path in changed} <= {"ChecksumMismatch", "Unavailable"}
    others = files.keys() - missing - changed
    assert {outcomes[path] for path in others} <= {"right", "Unavailable"}
    counts = Counter(outcomes.values())
    print(counts)
    assert counts["ChecksumMismatch"] >= 6 and counts["right"] >= 140
    assert {request.fault for request in server.requests} == {*FAULTS, "404"}


def test_a_changed_file_leaves_nothing_behind(tmp_path: Path) -> None:
    with FaultyServer({"/a": b"first"}).serving() as server:
        url = f"{server.url}/a"
        lock = Lockfile(tmp_path / "alignment.lock")
        Downloads(tmp_path / "1", lock).fetch(url, license="MIT")
        server.files["/a"] = b"other"
        with pytest.raises(ChecksumMismatch):
            Downloads(tmp_path / "2", lock, retry=IMPATIENT).fetch(url)
    assert not list((tmp_path / "2" / "objects").iterdir())
    assert [path.suffix for path in (tmp_path / "2" / "partial").iterdir()] == [".json"]


def test_an_update_replaces_the_locked_file(tmp_path: Path) -> None:
    path = tmp_path / "alignment.lock"
    with FaultyServer({"/a": b"first"}).serving() as server:
        url = f"{server.url}/a"
        Downloads(tmp_path / "1", Lockfile(path)).fetch(url)
        server.files["/a"] = b"other"
        update = Downloads(tmp_path / "1", Lockfile(path, update=True))
        assert update.fetch(url).read_bytes() == b"other"
        assert len(update.lock.changed) == 1
        assert Downloads(tmp_path / "2", Lockfile(path)).fetch(url).read_bytes() == b"other"


def test_the_second_fetch_is_from_the_cache(tmp_path: Path) -> None:
    with FaultyServer({"/a": b"a"}).serving() as server:
        first = Downloads(tmp_path).fetch(f"{server.url}/a")
        assert Downloads(tmp_path).fetch(f"{server.url}/a") == first
        assert len(server.requests) == 1


def test_a_truncated_object_is_fetched_again(tmp_path: Path) -> None:
    with FaultyServer({"/a": b"whole"}).serving() as server:
        Downloads(tmp_path).fetch(f"{server.url}/a").write_bytes(b"wh")
        assert Downloads(tmp_path).fetch(f"{server.url}/a").read_bytes() == b"whole"


def test_offline_uses_only_the_cache(tmp_path: Path) -> None:
    with FaultyServer({"/a": b"a", "/b": b"b"}).serving() as server:
        Downloads(tmp_path).fetch(f"{server.url}/a")
        offline = Downloads(tmp_path, offline=True)
        assert offline.fetch(f"{server.url}/a").read_bytes() == b"a"
        with pytest.raises(Unavailable, match=r"/b: not in the cache"):
            offline.fetch(f"{server.url}/b")
        assert len(server.requests) == 1


def _fetch_in_a_process(root: Path, url: str) -> str:
    return Downloads(root).fetch(url).name


def test_two_processes_fetch_a_file_once(tmp_path: Path) -> None:
    with FaultyServer({"/a": payload(500_000)}).serving() as server:
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            names = pool.starmap(_fetch_in_a_process, [(tmp_path, f"{server.url}/a")] * 4)
        assert len(set(names)) == 1 and len(server.requests) == 1


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("alignment.downloads.transfer.ResumableDownload._copy", full)
    with (
        FaultyServer({"/a": b"a"}).serving() as server,
        pytest.raises(ArtifactError, match=r"disk is full.*\n.*resume"),
    ):
        Downloads(tmp_path).fetch(f"{server.url}/a")


def test_a_file_address_through_fsspec(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("a\tb\n")
    downloads = Downloads(tmp_path / "cache")
    assert downloads.fetch((tmp_path / "a.tsv").as_uri()).read_text() == "a\tb\n"
    with pytest.raises(Unavailable, match=r"gone\.tsv: cannot be read"):
        downloads.fetch((tmp_path / "gone.tsv").as_uri())


def test_an_unknown_scheme(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="other://host/a: cannot open the address"):
        Downloads(tmp_path).fetch("other://me:secret@host/a")


@pytest.mark.parametrize(
    ("path", "name", "expected"),
    [("/exports/a.tsv.bz2", None, "a.tsv.bz2"), ("/", None, "file"), ("/x", "n.zip", "n.zip")],
    ids=["from the address", "no name in the address", "explicit"],
)
def test_fetch_named(tmp_path: Path, path: str, name: str | None, expected: str) -> None:
    with FaultyServer({path: b"a"}).serving() as server:
        file = Downloads(tmp_path).fetch_named(server.url + path, name=name)
    assert file.name == expected and file.read_bytes() == b"a"
