"""Archives are read without trusting what they declare."""

import io
import re
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from alignment.downloads import archives
from alignment.downloads.archives import (
    only_member,
    open_zip,
    read_member,
    safe_members,
    unpack_member,
)
from alignment.errors import Malformed, UnsafeArchive

ANY = re.compile("")


def write_zip(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def write_tar(path: Path, **members: bytes) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def test_members_that_match(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", **{"a/x.po": b"x", "a/y.py": b"y", "a/": b""})
    with open_zip(path) as archive:
        names = [info.filename for info in safe_members(archive, re.compile(r"\.po$"))]
        assert names == ["a/x.po"]
        assert read_member(archive, archive.getinfo("a/x.po")) == b"x"


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/x", "\\x", "a\\..\\..\\x"])
def test_a_member_outside_is_refused(tmp_path: Path, name: str) -> None:
    path = write_zip(tmp_path / "a.zip", **{name: b"x"})
    with open_zip(path) as archive, pytest.raises(UnsafeArchive, match="outside"):
        list(safe_members(archive, ANY))


def test_a_link_is_refused(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    with open_zip(tmp_path / "a.zip") as archive, pytest.raises(UnsafeArchive, match="is a link"):
        list(safe_members(archive, ANY))


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", x=b" " * 30_000_000)
    with open_zip(path) as archive, pytest.raises(UnsafeArchive, match="to 30,000,000 bytes"):
        list(safe_members(archive, ANY))


def test_a_large_member_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", x=b"abcdefghij")
    with open_zip(path) as archive, pytest.raises(UnsafeArchive, match="limits are 9 bytes"):
        list(safe_members(archive, ANY, max_bytes=9))


def test_a_truncated_zip(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", x=b"x" * 1000)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(Malformed, match=r"may be truncated\n.*Delete"):
        open_zip(path)


def test_a_wrong_checksum(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("x", b"the right bytes")
    path.write_bytes(path.read_bytes().replace(b"the right", b"the wrong"))
    with open_zip(path) as archive, pytest.raises(Malformed, match=r"a\.zip:x: .* damaged"):
        read_member(archive, archive.getinfo("x"))


def test_only_member_names_what_there_is(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", **{"README": b"r", "x.en": b"x"})
    with open_zip(path) as archive:
        assert only_member(archive, re.compile(r"\.en$")).filename == "x.en"
        with pytest.raises(Malformed, match=r"got 0; the archive has README, x\.en"):
            only_member(archive, re.compile(r"\.cy$"))
        with pytest.raises(Malformed, match=r"expected one member .*, got 2"):
            only_member(archive, ANY)


def test_unpack_a_zip_member(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", **{"../part/x.en": b"no", "part/x.fi": b"Hei"})
    file = unpack_member(path, "*/x.fi", tmp_path / "out")
    assert file.read_bytes() == b"Hei" and file.is_relative_to(tmp_path / "out")


def test_unpack_a_tar_member_once(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "a.tgz", **{"part/x.en": b"Hello", "part/x.fi": b"Hei"})
    file = unpack_member(path, "*/x.en", tmp_path / "out")
    assert file.read_bytes() == b"Hello"
    file.write_bytes(b"kept")
    assert unpack_member(path, "*/x.en", tmp_path / "out").read_bytes() == b"kept"


def test_a_tar_link_is_not_a_member(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        link = tarfile.TarInfo("x.en")
        link.type = tarfile.SYMTYPE
        link.linkname = "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(Malformed, match="expected one member"):
        unpack_member(tmp_path / "a.tar", "x.en", tmp_path / "out")


def test_unpacking_a_bomb_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_MEMBER_BYTES", 2**20)
    path = write_tar(tmp_path / "a.tgz", x=b"a" * 30_000_000)
    with pytest.raises(UnsafeArchive, match="expands past 200 times"):
        unpack_member(path, "x", tmp_path / "out")
    assert not list((tmp_path / "out").glob("*/x"))


def test_a_file_that_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_text("a page that says 404")
    with pytest.raises(Malformed, match="archive is damaged"):
        unpack_member(tmp_path / "a.tar", "x", tmp_path / "out")


def test_a_version_of_zip_that_python_does_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.tsv", "x")
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 6] = 235  # the version that is needed, 23.5
    path.write_bytes(content)
    with pytest.raises(Malformed, match=r"not a zip archive \(zip file version 23\.5\)"):
        open_zip(path)
