"""Files that are compared with their digests once for each state."""

import os
from pathlib import Path

import pytest

from alignment.errors import Corrupt
from alignment.files import file_digest
from alignment.store import stamps
from alignment.store.stamps import Stamp, check_file, check_files, read_stamps, write_stamps


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "weights"
    path.write_text("abc")
    return path


def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that every file is old enough to be remembered."""
    monkeypatch.setattr(stamps, "SETTLED_NS", -1_000_000_000)


def test_a_new_file_is_not_remembered(file: Path) -> None:
    assert check_file(file, file_digest(file)) is None


def test_a_file_of_the_same_state_is_not_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settled(monkeypatch)
    digest = file_digest(file)
    stamp = check_file(file, digest)
    assert stamp is not None
    monkeypatch.setattr(stamps, "file_digest", lambda path: pytest.fail("it was read"))
    assert check_file(file, digest, stamp) == stamp


def test_a_change_that_keeps_size_and_times_is_noticed(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(monkeypatch)
    digest = file_digest(file)
    stamp = check_file(file, digest)
    status = file.stat()
    with file.open("r+b") as opened:
        opened.write(b"X")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    changed = file.stat()
    assert (changed.st_size, changed.st_mtime_ns) == (status.st_size, status.st_mtime_ns)
    with pytest.raises(Corrupt, match="got sha256"):
        check_file(file, digest, stamp)


def test_another_expected_digest_is_compared(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settled(monkeypatch)
    stamp = check_file(file, file_digest(file))
    with pytest.raises(Corrupt, match="expected 000000000000"):
        check_file(file, "0" * 64, stamp)


@pytest.mark.parametrize("kind", ["missing", "directory"])
def test_what_cannot_be_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x"
    if kind == "directory":
        path.mkdir()
    with pytest.raises(Corrupt, match=r"missing|cannot be read") as caught:
        check_file(path, "0" * 64)
    assert caught.value.where == str(path)


def test_stamps_survive_the_process(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settled(monkeypatch)
    remembered = check_files(file.parent, {"weights": file_digest(file)})
    write_stamps(file.with_name("stamps.json"), remembered)
    assert read_stamps(file.with_name("stamps.json")) == remembered
    assert list(remembered) == ["weights"]


@pytest.mark.parametrize(
    "content", ["", "[", "[]", "[" * 100_000, '{"weights": 3}', '{"weights": [1]}', "\0"]
)
def test_damaged_stamps_are_forgotten(tmp_path: Path, content: str) -> None:
    (tmp_path / "stamps.json").write_text(content)
    assert read_stamps(tmp_path / "stamps.json") == {}


def test_a_stamp_of_the_present_state(file: Path) -> None:
    stamp = Stamp.of(file, "d")
    assert stamp.size == 3
    assert not stamp.settled(stamp.changed_ns + 1_000_000_000)
    assert stamp.settled(stamp.changed_ns + 3_000_000_000)
