"""The cache of downloads, against a real server on loopback that misbehaves."""

import hashlib
import multiprocessing
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import pytest

from alignment.downloads import Allowance, SharedDownloads
from alignment.downloads.fetch import Downloads
from alignment.downloads.lockfile import Lockfile
from alignment.downloads.retry import RetryPolicy
from alignment.downloads.transfer import ResumableDownload
from alignment.errors import (
    ArtifactError,
    ChecksumMismatch,
    ConfigError,
    NotFound,
    SourceError,
    TooLarge,
    Unavailable,
    WrongContent,
)
from tests.buckets import memory_objects
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
    assert not list((tmp_path / "2" / "partial").iterdir())


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
    def full(download: ResumableDownload, response: object, file: IO[bytes], *_: object) -> None:
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("alignment.downloads.transfer.ResumableDownload._copy", full)
    with (
        FaultyServer({"/a": b"a"}).serving() as server,
        pytest.raises(ArtifactError, match=r"disk is full.*\n.*resumes after the 4 bytes"),
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
    [("/exports/a.tsv", None, "a.tsv"), ("/", None, "file"), ("/x", "n.csv", "n.csv")],
    ids=["from the address", "no name in the address", "explicit"],
)
def test_fetch_named(tmp_path: Path, path: str, name: str | None, expected: str) -> None:
    with FaultyServer({path: b"a"}).serving() as server:
        file = Downloads(tmp_path).fetch_named(server.url + path, name=name)
    assert file.name == expected and file.read_bytes() == b"a"


PAGE = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>...</body></html>"


@pytest.mark.parametrize("name", ["a.tsv", "a.zip", "a.tsv.gz", "a.parquet", "a.tmx", "a.jsonl"])
def test_a_login_page_is_not_locked(tmp_path: Path, name: str) -> None:
    lock = Lockfile(tmp_path / "alignment.lock")
    with FaultyServer({f"/{name}": PAGE}).serving() as server:
        url = f"{server.url}/{name}"
        with pytest.raises(WrongContent) as caught:
            Downloads(tmp_path, lock).fetch(f"{url}?token=secret")
    message = str(caught.value)
    ending = name.rpartition(".")[2]
    assert (
        f"{url}?token=***: got an HTML page with the title 'Sign in', expected a .{ending}"
        in message
    )
    assert "lock CONFIG --update" in message
    assert "secret" not in message
    assert lock.entries() == []
    assert not list((tmp_path / "objects").iterdir())
    assert not list((tmp_path / "partial").iterdir())


def test_a_page_that_was_locked_before(tmp_path: Path) -> None:
    """As versions without the check did."""
    with FaultyServer({"/a": PAGE, "/a.tsv": b"en\tes\n"}).serving() as server:
        url = f"{server.url}/a.tsv"
        digest = Downloads(tmp_path).fetch(f"{server.url}/a").name
        lock = Lockfile(tmp_path / "alignment.lock")
        lock.accept(url, len(PAGE), digest, "unknown")
        with pytest.raises(WrongContent, match=r"a\.tsv: got an HTML page.*\n.*--update"):
            Downloads(tmp_path, lock).fetch(url)
        update = Lockfile(tmp_path / "alignment.lock", update=True)
        assert Downloads(tmp_path, update).fetch(url).read_bytes() == b"en\tes\n"


@pytest.mark.parametrize("announced", [True, False])
def test_a_file_that_is_too_large(tmp_path: Path, announced: bool) -> None:
    fault: Fault = "ok" if announced else "no_length"
    with FaultyServer({"/a": payload(3_000_000)}, lambda path: fault).serving() as server:
        url = f"{server.url}/a"
        with pytest.raises(TooLarge, match=r"1,000,000 bytes\n.*downloads\.max_file_gb"):
            Downloads(tmp_path, allowance=Allowance(file_bytes=10**6)).fetch(url)
        with pytest.raises(TooLarge, match=r"1,000,000 bytes\n.*downloads\.max_run_gb"):
            Downloads(tmp_path, allowance=Allowance(run_bytes=10**6)).fetch(url)
    assert not list((tmp_path / "partial").iterdir())


def test_the_files_of_a_run_are_added_up(tmp_path: Path) -> None:
    files = {"/a": payload(600_000), "/b": payload(600_000, 1)}
    downloads = Downloads(tmp_path, allowance=Allowance(run_bytes=10**6))
    with FaultyServer(files).serving() as server:
        downloads.fetch(f"{server.url}/a")
        downloads.fetch(f"{server.url}/a")
        with pytest.raises(TooLarge, match="max_run_gb"):
            downloads.fetch(f"{server.url}/b")


@pytest.mark.parametrize("etag", [True, False])
def test_only_what_can_be_resumed_is_kept(tmp_path: Path, etag: bool) -> None:
    sequence: list[Fault] = ["drop", "503", "503", "503", "503"]
    faults = iter(sequence)
    files = {"/a": payload(900_000)}
    with FaultyServer(files, lambda _: next(faults), etag).serving() as server:
        hint = "it resumes after" if etag else "cannot resume"
        with pytest.raises(Unavailable, match=hint):
            Downloads(tmp_path, retry=IMPATIENT).fetch(f"{server.url}/a")
    assert bool(list((tmp_path / "partial").iterdir())) is etag


@pytest.mark.parametrize("location", ["ftp://host/a", "javascript:alert(1)", "file:///etc/passwd"])
def test_a_redirect_to_something_else(tmp_path: Path, location: str) -> None:
    with FaultyServer({"/a": b"a"}, lambda _: "redirect", location=location).serving() as server:
        with pytest.raises(SourceError, match=r"/a: .*redirects to one"):
            Downloads(tmp_path).fetch(f"{server.url}/a")
        assert len(server.requests) == 1


@pytest.mark.parametrize("url", ["http://[::1/a", "http://user:secret@/a", "http://a\x7f/a"])
def test_text_that_is_no_address(tmp_path: Path, url: str) -> None:
    with pytest.raises((ConfigError, SourceError)) as caught:
        Downloads(tmp_path, retry=IMPATIENT).fetch(url)
    assert "secret" not in str(caught.value)


def test_another_machine_has_downloaded_it(tmp_path: Path) -> None:
    objects = memory_objects()
    with FaultyServer({"/a.txt": b"text"}).serving() as server:
        url = f"{server.url}/a.txt"
        first = Downloads(tmp_path / "one", shared=SharedDownloads(objects)).fetch(url)
    second = Downloads(tmp_path / "two", offline=True, shared=SharedDownloads(objects)).fetch(url)
    assert second.read_bytes() == first.read_bytes() == b"text"
    assert second.is_relative_to(tmp_path / "two")
    Downloads(tmp_path / "two", offline=True).fetch(url)  # it is in the cache now
    lock = Lockfile(tmp_path / "alignment.lock")
    Downloads(tmp_path / "three", lock, shared=SharedDownloads(objects), offline=True).fetch(url)
    locked = lock.get(url)
    assert locked is not None and locked.sha256 == hashlib.sha256(b"text").hexdigest()


@pytest.mark.parametrize("damage", ["object", "record", "away"])
def test_what_another_machine_has_is_damaged(damage: str, tmp_path: Path) -> None:
    objects = memory_objects()
    with FaultyServer({"/a.txt": b"text"}).serving() as server:
        url = f"{server.url}/a.txt"
        Downloads(tmp_path / "one", shared=SharedDownloads(objects)).fetch(url)
        kinds = {"object": "downloads/objects", "record": "downloads/urls", "away": "downloads"}
        for entry in objects.listing(kinds[damage]):
            objects.delete([entry.name])
            if damage != "away":
                objects.put_new(entry.name, b"other")
        path = Downloads(tmp_path / "two", shared=SharedDownloads(objects)).fetch(url)
    assert path.read_bytes() == b"text"
