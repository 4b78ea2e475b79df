"""Files of packages, archives and directories under one interface."""

import io
import re
import stat
import zipfile
from pathlib import Path

import pytest

from alignment.corpora.catalog_files import DirectoryFiles, ZipFiles
from alignment.errors import Malformed, SourceError, UnsafeArchive

XPI = re.compile(r"\.xpi$")


def zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


@pytest.fixture
def outer(tmp_path: Path) -> Path:
    inner = zipped({"a/b.ftl": b"inner", "deep.xpi": zipped({"c.ftl": b"deep"})})
    path = tmp_path / "outer.zip"
    path.write_bytes(zipped({"x.ftl": b"outer", "y/one.xpi": inner, "two.xpi": inner}))
    return path


def test_archives_within_archives_are_folders(outer: Path) -> None:
    files = ZipFiles((outer,), XPI)
    names = files.names()
    assert {"x.ftl", "y/one.xpi/a/b.ftl", "two.xpi/a/b.ftl"} <= set(names)
    assert not [name for name in names if name.endswith("c.ftl")]  # one level deep
    with files.open() as read:
        assert read("x.ftl") == b"outer"
        assert read("y/one.xpi/a/b.ftl") == b"inner"
        assert read("two.xpi/a/b.ftl") == b"inner"
        with pytest.raises(SourceError, match="no such member"):
            read("three.xpi/a/b.ftl")


def test_inner_archives_stay_closed_without_a_pattern(outer: Path) -> None:
    assert ZipFiles((outer,)).names() == ["x.ftl", "y/one.xpi", "two.xpi"]


def test_several_archives_are_read_as_one(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(zipped({f"{name}.po": name.encode(), "same": name.encode()}))
    files = ZipFiles((tmp_path / "a", tmp_path / "b"))
    assert files.names() == ["a.po", "same", "b.po"]
    with files.open() as read:
        assert [read("a.po"), read("b.po"), read("same")] == [b"a", b"b", b"a"]


def test_members_are_checked_when_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    link = zipfile.ZipInfo("link.po")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.po", bytes(30_000_000))
        archive.writestr("../out.po", b"")
        archive.writestr(link, b"/etc/passwd")
        archive.writestr("bomb.xpi", zipped({"b.ftl": bytes(30_000_000)}))
        archive.writestr("bad.xpi", b"not a zip")
    files = ZipFiles((path,), re.compile("bomb.xpi"))
    names = [name for name in files.names() if not name.endswith(".xpi")]
    assert len(names) == 4
    with files.open() as read:
        for name in names:
            with pytest.raises(UnsafeArchive):
                read(name)
    with pytest.raises(Malformed, match=r"bad\.xpi: not a zip archive"):
        ZipFiles((path,), re.compile("bad.xpi")).names()


def test_a_directory(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.po").write_bytes(b"x")
    (tmp_path / "a" / "x.txt").write_bytes(b"")
    files = DirectoryFiles(tmp_path, ("po",))
    assert files.names() == ["a/x.po"]
    with files.open() as read:
        assert read("a/x.po") == b"x"
