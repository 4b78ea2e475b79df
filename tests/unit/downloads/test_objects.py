"""Fetched files are compared with their sha256 before they are used."""

import hashlib
import logging
import os
from pathlib import Path

import pytest

from alignment.downloads.fetch import Downloads
from alignment.downloads.objects import find_object, keep_object
from alignment.errors import Unavailable
from alignment.store import stamps
from tests.faulty_server import FaultyServer

CONTENT = b"en\tes\na\tb\n"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


def kept(root: Path) -> Path:
    (root / "objects").mkdir()
    partial = root / "partial"
    partial.write_bytes(CONTENT)
    return keep_object(root, partial, DIGEST)


def flip(path: Path) -> None:
    """Another byte, with the same size and time of modification."""
    status = path.stat()
    path.write_bytes(b"X" + path.read_bytes()[1:])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_whole_file_is_found(tmp_path: Path) -> None:
    path = kept(tmp_path)
    assert find_object(tmp_path, DIGEST, len(CONTENT)) == path
    assert find_object(tmp_path, DIGEST, 3) is None
    assert find_object(tmp_path, None, 3) is None


@pytest.mark.parametrize("digest", [7, ["a"], "", "ab" * 300, "../" + DIGEST, DIGEST.upper(), "\0"])
def test_what_is_no_digest_names_no_file(tmp_path: Path, digest: object) -> None:
    kept(tmp_path)
    assert find_object(tmp_path, digest, len(CONTENT)) is None


def test_a_damaged_file_is_deleted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = kept(tmp_path)
    flip(path)
    assert find_object(tmp_path, DIGEST, len(CONTENT)) is None
    assert not path.exists()
    assert f"{path} is damaged (got sha256" in caplog.text


def test_a_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = kept(tmp_path)
    monkeypatch.setattr(stamps, "SETTLED_NS", -(10**18))  # as if the file were old
    assert find_object(tmp_path, DIGEST, len(CONTENT)) == path
    with monkeypatch.context() as patch:
        patch.setattr(stamps, "file_digest", lambda path: pytest.fail("it was read again"))
        assert find_object(tmp_path, DIGEST, len(CONTENT)) == path
    flip(path)
    assert find_object(tmp_path, DIGEST, len(CONTENT)) is None


def test_a_damaged_download_is_fetched_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with FaultyServer({"/a.tsv": CONTENT}).serving() as server:
        url = f"{server.url}/a.tsv"
        flip(Downloads(tmp_path).fetch(url))
        with caplog.at_level(logging.WARNING):
            assert Downloads(tmp_path).fetch(url).read_bytes() == CONTENT
        assert len(server.requests) == 2
        flip(tmp_path / "objects" / DIGEST)
        with pytest.raises(Unavailable, match="not in the cache, and this run is offline"):
            Downloads(tmp_path, offline=True).fetch(url)
    assert "is damaged" in caplog.text
