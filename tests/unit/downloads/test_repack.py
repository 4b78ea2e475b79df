"""Tar archives and Debian packages become zip archives with the wanted members."""

import io
import re
import tarfile
import zipfile
from pathlib import Path

import pytest

from alignment.downloads import repack
from alignment.downloads.repack import as_zip, is_archive
from alignment.errors import Malformed, UnsafeArchive
from tests.archives import COMPRESSIONS, deb, tar

WANTED = re.compile(r"\.po$")
MEMBERS = {"a/de.po": b"gut", "a/read.me": b"no", "b/fi.po": b"hyv\xc3\xa4"}


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("pack", [tar, deb])
def test_every_compression(tmp_path: Path, pack: object, compression: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(pack(MEMBERS, compression))  # type: ignore[operator]
    assert is_archive(path)
    packed = as_zip(path, WANTED, tmp_path / "repacked")
    assert contents(packed) == {"a/de.po": b"gut", "b/fi.po": b"hyv\xc3\xa4"}
    before = packed.stat().st_mtime_ns
    assert as_zip(path, WANTED, tmp_path / "repacked").stat().st_mtime_ns == before
    other = as_zip(path, re.compile("me$"), tmp_path / "repacked")
    assert contents(other) == {"a/read.me": b"no"}


def test_a_zip_stays_as_it_is(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a", b"b")
    assert as_zip(tmp_path / "x.zip", WANTED, tmp_path) == tmp_path / "x.zip"


def test_links_and_devices_are_left_out(tmp_path: Path) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE):
            info = tarfile.TarInfo(f"{kind!r}.po")
            info.type = kind
            info.linkname = "/etc/passwd"
            archive.addfile(info)
    (tmp_path / "x").write_bytes(file.getvalue())
    assert contents(as_zip(tmp_path / "x", WANTED, tmp_path / "r")) == {}


@pytest.mark.parametrize("name", ["../evil.po", "/etc/evil.po", "a/../../evil.po"])
def test_a_member_that_leaves_the_archive(tmp_path: Path, name: str) -> None:
    (tmp_path / "x").write_bytes(tar({name: b"x"}))
    with pytest.raises(UnsafeArchive, match="outside the archive"):
        as_zip(tmp_path / "x", WANTED, tmp_path / "r")
    assert not list((tmp_path / "r").glob("*.zip"))


@pytest.mark.parametrize("compression", [".gz", ".xz", ".zst"])
def test_a_bomb(tmp_path: Path, compression: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repack, "_ALWAYS_ALLOWED_BYTES", 2**20)
    (tmp_path / "x").write_bytes(tar({"a.po": b"x", "b.txt": bytes(20_000_000)}, compression))
    with pytest.raises(UnsafeArchive, match="expands past 200 times its size"):
        as_zip(tmp_path / "x", WANTED, tmp_path / "r")


def test_a_huge_member(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repack, "MAX_MEMBER_BYTES", 10)
    (tmp_path / "x").write_bytes(tar({"a.po": bytes(11)}))
    with pytest.raises(UnsafeArchive, match=r"a\.po: the member has 11 bytes; the limit is 10"):
        as_zip(tmp_path / "x", WANTED, tmp_path / "r")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"plain text",
        deb(MEMBERS)[:70],
        deb(MEMBERS)[:250],
        deb(MEMBERS)[:-300],
        deb(MEMBERS).replace(b"data.tar", b"dato.tar"),
        deb(MEMBERS, ".zst")[:-40],
        tar(MEMBERS, ".gz")[:-40],
        b"!<arch>\n" + b"debian-binary   " + b" " * 42 + b"`\n",
    ],
)
def test_a_damaged_archive(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(Malformed, match=str(tmp_path / "x")):
        as_zip(tmp_path / "x", WANTED, tmp_path / "r")


def test_what_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b'msgid "a"\nmsgstr "b"\n')
    assert not is_archive(tmp_path / "x")
