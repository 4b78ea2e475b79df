"""Downloads from a real server on loopback that misbehaves."""

import hashlib
import json
import multiprocessing
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from alignment.downloads.fetch import Downloads, Patience, shown
from alignment.downloads.lockfile import Lockfile
from alignment.errors import ArtifactError, ChecksumMismatch, ConfigError, SourceError, Unavailable
from tests.faulty_server import FaultyServer

QUICK = Patience(
    attempts=3, backoff=0.001, longest_wait=0.05, read=2.0, slowest=1e9, slow_after=0.2
)
PATIENT = Patience(
    attempts=8, backoff=0.001, longest_wait=0.05, read=2.0, slowest=1e9, slow_after=0.2
)


def payload(size: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(size)


def whole(downloads: Path) -> None:
    """Nothing wrong is ever in the cache."""
    for path in (downloads / "objects").iterdir():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name


def test_two_hundred_fetches_with_random_faults_end_right_or_in_the_right_error(
    tmp_path: Path,
) -> None:
    rng = random.Random(7)
    files = {f"/{i}": payload(rng.choice([0, 1, 900, 70_000, 300_000]), i) for i in range(200)}
    kinds = [
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
    chosen = rng.sample(range(200), 24)
    lost, wrong = {f"/{i}" for i in chosen[:12]}, {f"/{i}" for i in chosen[12:]}
    server = FaultyServer(dict(files), lambda path: "404" if path in lost else rng.choice(kinds))
    outcomes = {"right": 0, "unavailable": 0, "refused": 0, "mismatch": 0}
    with server.serving():
        lock = Lockfile(tmp_path / "alignment.lock")
        for path, data in files.items():
            lock.accept(server.url + path, len(data), hashlib.sha256(data).hexdigest(), "MIT")
        for path in wrong:
            server.files[path] = files[path] + b"!"
        downloads = Downloads(tmp_path, lock, patience=PATIENT, per_host=4)

        def one(path: str) -> str:
            try:
                found = downloads.fetch(server.url + path)
            except Unavailable:
                return "unavailable"
            except ChecksumMismatch:
                assert path in wrong
                return "mismatch"
            except SourceError:
                assert path in lost
                return "refused"
            assert found.read_bytes() == files[path]
            return "right"

        with ThreadPoolExecutor(8) as pool:
            for outcome in pool.map(one, files):
                outcomes[outcome] += 1
    whole(tmp_path)
    print(outcomes)
    assert outcomes["refused"] <= 12 and outcomes["mismatch"] <= 12 and outcomes["right"] >= 140
    assert {fault for _, _, fault in server.requests} == {*kinds, "404"}


def test_a_cut_off_download_goes_on_where_it_stopped(tmp_path: Path) -> None:
    data = payload(200_000)
    faults = iter(["drop", "ok"])
    with FaultyServer({"/a": data}, lambda _: next(faults), seed=3).serving() as server:
        assert Downloads(tmp_path, patience=QUICK).fetch(f"{server.url}/a").read_bytes() == data
    (_, first, _), (_, second, _) = server.requests
    assert first is None and second is not None and second != "bytes=0-"


def test_without_a_validator_or_with_a_changed_file_it_starts_again(tmp_path: Path) -> None:
    faults = iter(["drop", "ok"])
    with FaultyServer(
        {"/a": payload(9_000)}, lambda _: next(faults), etag=False
    ).serving() as server:
        Downloads(tmp_path / "1", patience=QUICK).fetch(f"{server.url}/a")
        assert [asked for _, asked, _ in server.requests] == [None, None]
    server = FaultyServer({"/a": payload(9_000)})

    def change(_: str) -> str:
        if len(server.requests) == 1:
            server.files["/a"] = payload(9_500, seed=1)
        return "drop" if not server.requests else "ok"

    server.faults = change
    with server.serving():
        assert Downloads(tmp_path / "2", patience=QUICK).fetch(
            f"{server.url}/a"
        ).read_bytes() == payload(9_500, seed=1)
    whole(tmp_path / "2")


def test_other_bytes_than_the_locked_ones_are_refused_until_accepted(tmp_path: Path) -> None:
    lock = tmp_path / "alignment.lock"
    with FaultyServer({"/a": b"first"}).serving() as server:
        url = f"{server.url}/a"
        Downloads(tmp_path / "1", Lockfile(lock)).fetch(url, license="MIT")
        entry = json.loads(lock.read_text())["files"][0]
        assert (entry["url"], entry["size"], entry["license"]) == (url, 5, "MIT")
        server.files["/a"] = b"other"
        with pytest.raises(ChecksumMismatch, match=r"expected 5 with .*\n.*alignment lock"):
            Downloads(tmp_path / "2", Lockfile(lock), patience=QUICK).fetch(url)
        assert not list((tmp_path / "2" / "objects").iterdir()) and not list(
            (tmp_path / "2" / "partial").glob("[0-9a-f]*[0-9a-f]")
        )
        accepting = Lockfile(lock, update=True)
        Downloads(tmp_path / "2", accepting).fetch(url)
        assert [(a.sha256[:4], b.sha256[:4]) for a, b in accepting.changed] == [
            ("a793", hashlib.sha256(b"other").hexdigest()[:4])
        ]
        Downloads(tmp_path / "3", Lockfile(lock)).fetch(url)


def test_offline_uses_the_cache_alone_and_says_what_is_missing(tmp_path: Path) -> None:
    with FaultyServer({"/a": b"a", "/b": b"b"}).serving() as server:
        Downloads(tmp_path).fetch(f"{server.url}/a")
        count = len(server.requests)
        offline = Downloads(tmp_path, offline=True)
        assert offline.fetch(f"{server.url}/a").read_bytes() == b"a"
        with pytest.raises(Unavailable, match=r"/b: not in the cache"):
            offline.fetch(f"{server.url}/b")
        assert len(server.requests) == count


def test_a_server_that_stays_away(tmp_path: Path) -> None:
    with FaultyServer({"/a": b"a"}, lambda _: "503").serving() as server:
        with pytest.raises(Unavailable, match="no whole answer in 3 attempts: HTTP 503"):
            Downloads(tmp_path, patience=QUICK).fetch(f"{server.url}/a")
        url = server.url
    with pytest.raises(Unavailable, match="3 attempts"):
        Downloads(tmp_path, patience=QUICK).fetch(f"{url}/a")  # nobody listens there any more


def _fetch_in_a_process(root: Path, url: str) -> str:
    return Downloads(root).fetch(url).name


def test_two_processes_fetch_a_file_once(tmp_path: Path) -> None:
    with FaultyServer({"/a": payload(500_000)}).serving() as server:
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            names = pool.starmap(_fetch_in_a_process, [(tmp_path, f"{server.url}/a")] * 4)
        assert len(set(names)) == 1 and len(server.requests) == 1


def test_a_full_disk_and_a_damaged_lockfile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    with FaultyServer({"/a": b"a"}).serving() as server, monkeypatch.context() as patched:
        patched.setattr("alignment.downloads.fetch.Downloads._copy", full)
        with pytest.raises(ArtifactError, match="disk is full"):
            Downloads(tmp_path).fetch(f"{server.url}/a")
    (tmp_path / "alignment.lock").write_text('{"files": [{"url": 1')
    with pytest.raises(ConfigError, match="lockfile is unreadable"):
        Lockfile(tmp_path / "alignment.lock")


def test_addresses_are_shown_without_secrets() -> None:
    assert shown("https://me:secret@host.org/a/b.zip?token=xyz") == "https://host.org/a/b.zip"
