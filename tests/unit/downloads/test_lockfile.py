"""The lockfile accepts what it has seen and refuses other bytes."""

import json
from pathlib import Path

import pytest

from alignment.downloads.lockfile import Lockfile
from alignment.errors import ChecksumMismatch, ConfigError

URL = "https://host.org/a?token=secret"
REDACTED = "https://host.org/a?token=***"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "alignment.lock"


def test_a_new_address_is_locked(path: Path) -> None:
    Lockfile(path).accept(URL, 5, "ab" * 32, "MIT")
    document = json.loads(path.read_text())
    assert document["version"] == 1
    assert [file["url"] for file in document["files"]] == [REDACTED]
    entry = Lockfile(path).get(URL)
    assert entry is not None
    assert (entry.size, entry.sha256, entry.license) == (5, "ab" * 32, "MIT")


def test_the_same_bytes_change_nothing(path: Path) -> None:
    lock = Lockfile(path)
    lock.accept(URL, 5, "ab" * 32, "MIT")
    text = path.read_text()
    lock.accept(URL, 5, "ab" * 32, "unknown")
    assert path.read_text() == text and not lock.changed


def test_other_bytes_are_refused(path: Path) -> None:
    Lockfile(path).accept(URL, 5, "ab" * 32, "MIT")
    with pytest.raises(ChecksumMismatch, match=r"got 6 bytes .*, expected 5 bytes") as caught:
        Lockfile(path).accept(URL, 6, "cd" * 32, "MIT")
    assert "alignment lock CONFIG --update" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_an_update_accepts_other_bytes(path: Path) -> None:
    Lockfile(path).accept(URL, 5, "ab" * 32, "MIT")
    lock = Lockfile(path, update=True)
    lock.accept(URL, 6, "cd" * 32, "MIT")
    assert [(old.size, new.size) for old, new in lock.changed] == [(5, 6)]
    entry = Lockfile(path).get(URL)
    assert entry is not None and entry.sha256 == "cd" * 32


def test_two_writers_keep_each_others_entries(path: Path) -> None:
    first = Lockfile(path)
    second = Lockfile(path)
    first.accept("https://host.org/b", 1, "ab" * 32, "MIT")
    second.accept("https://host.org/a", 1, "cd" * 32, "MIT")
    urls = [entry.url for entry in Lockfile(path).entries()]
    assert urls == ["https://host.org/a", "https://host.org/b"]


def test_without_a_path_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lock = Lockfile()
    lock.accept(URL, 5, "ab" * 32, "MIT")
    assert len(lock.entries()) == 1 and not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ['{"files": [{"url": 1', '{"files": [{"url": "x"}]}', "[]", "{}"])
def test_an_unreadable_lockfile(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(ConfigError, match="cannot read the lockfile"):
        Lockfile(path)


def test_an_unwritable_place(tmp_path: Path) -> None:
    lock = Lockfile(tmp_path / "missing" / "alignment.lock")
    (tmp_path / "missing").write_text("a file")
    with pytest.raises(ConfigError, match="cannot write the lockfile") as caught:
        lock.accept(URL, 5, "ab" * 32, "MIT")
    assert "`lock:`" in str(caught.value)


def test_a_new_token_is_the_same_address(path: Path) -> None:
    Lockfile(path).accept(URL, 5, "ab" * 32, "MIT")
    with pytest.raises(ChecksumMismatch):
        Lockfile(path).accept("https://me:pw@host.org/a?token=new", 6, "cd" * 32, "MIT")
    assert len(Lockfile(path).entries()) == 1


def test_secrets_of_earlier_releases_are_not_kept(path: Path) -> None:
    old = [
        {"url": URL, "size": 5, "sha256": "ab" * 32, "date": "2026-01-02", "license": "MIT"},
        {
            "url": "https://host.org/a?token=older",
            "size": 4,
            "sha256": "cd" * 32,
            "date": "2026-01-01",
            "license": "MIT",
        },
    ]
    path.write_text(json.dumps({"version": 1, "files": old}))
    lock = Lockfile(path)
    assert [(entry.url, entry.size) for entry in lock.entries()] == [(REDACTED, 5)]
    lock.accept("https://host.org/b", 1, "ef" * 32, "MIT")
    assert "secret" not in path.read_text() and "older" not in path.read_text()


def test_what_a_killed_process_left_is_deleted(path: Path) -> None:
    left = path.with_name(".alignment.lock.123-456")
    left.write_text("{")
    Lockfile(path).accept(URL, 5, "ab" * 32, "MIT")
    assert not left.exists()
