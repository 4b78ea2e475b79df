import errno
import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from alignment.errors import ConfigError
from alignment.failures import is_disk_full
from alignment.files import (
    file_digest,
    link_or_copy,
    make_writable,
    remove,
    tree_digests,
    write_atomically,
    write_json,
)


def test_make_writable_creates_the_directory(tmp_path: Path) -> None:
    make_writable(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_make_writable_where_a_file_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(
        ConfigError, match=r"file: the workspace cannot be written.*\n.*--workspace"
    ):
        make_writable(tmp_path / "file")


def test_write_replaces_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_atomically(path, "old")
    write_atomically(path, "Māori")
    assert path.read_bytes() == "Māori".encode()
    assert list(tmp_path.iterdir()) == [path]


def test_interrupted_write_keeps_the_old_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    write_atomically(path, "old")

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, "new")
    assert path.read_text() == "old"


def test_write_json(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"name": "Māori", "path": Path("x")})
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert text == '{\n  "name": "Māori",\n  "path": "x"\n}\n'
    assert json.loads(text) == {"name": "Māori", "path": "x"}


def test_file_digest(tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000
    (tmp_path / "a").write_bytes(content)
    assert file_digest(tmp_path / "a") == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_a_failed_write_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = tmp_path / "a.txt"
    write_atomically(path, "old")

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="No space left") as caught:
        write_atomically(path, "new")
    assert is_disk_full(caught.value)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_and_its_name_are_flushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: flushed.append(os.fstat(descriptor).st_ino))
    write_atomically(tmp_path / "a.txt", "new")
    assert flushed == [(tmp_path / "a.txt").stat().st_ino, tmp_path.stat().st_ino]


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(errno.EDQUOT, "quota"), True),
        (RuntimeError("Error while serializing: No space left on device (os error 28)"), True),
        (shutil.Error([("a", "b", "[Errno 28] No space left on device: 'b'")]), True),
        (OSError(errno.EACCES, "Permission denied"), False),
        (ValueError("disk"), False),
    ],
)
def test_errors_of_a_full_disk(error: Exception, full: bool) -> None:
    assert is_disk_full(error) == full


def test_remove_whatever_it_is(tmp_path: Path) -> None:
    (tmp_path / "directory" / "inner").mkdir(parents=True)
    (tmp_path / "file").touch()
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    for name in ("directory", "file", "link", "nothing"):
        remove(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_digests_of_a_directory(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a").write_text("x")
    assert tree_digests(tmp_path) == {"inner/a": hashlib.sha256(b"x").hexdigest()}


def test_a_second_name_takes_no_room(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("text")
    link_or_copy(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").samefile(tmp_path / "a")
    (tmp_path / "a").unlink()
    assert (tmp_path / "b").read_text() == "text"


def test_a_copy_where_links_are_not_possible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr("os.link", no_links)
    (tmp_path / "a").write_text("text")
    link_or_copy(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_text() == "text"
    with pytest.raises(FileNotFoundError):
        link_or_copy(tmp_path / "missing", tmp_path / "c")
