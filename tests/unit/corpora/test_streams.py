"""Compressed files as streams, whole, truncated and exploding."""

import bz2
import gzip
import lzma
import os
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest

from alignment.corpora import streams
from alignment.corpora.streams import file_format, open_stream, read_lines
from alignment.errors import Malformed, UnsafeArchive

ENDINGS = [".gz", ".bz2", ".xz", ".zst", ".zip"]


def write_compressed(path: Path, data: bytes) -> Path:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("inside.tsv", data)
    elif path.suffix == ".zst":
        with pa.CompressedOutputStream(str(path), "zstd") as stream:
            stream.write(data)
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(data))
    elif path.suffix == ".bz2":
        path.write_bytes(bz2.compress(data))
    else:
        path.write_bytes(lzma.compress(data))
    return path


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.tsv", "tsv"), ("a.TSV.GZ", "tsv"), ("a.b.jsonl.zst", "jsonl"), ("a", "a"), ("a.", "")],
)
def test_file_format(name: str, expected: str) -> None:
    assert file_format(Path(name)) == expected


@pytest.mark.parametrize("ending", ["", *ENDINGS])
def test_the_bytes_come_back(tmp_path: Path, ending: str) -> None:
    data = os.urandom(5000) + b"\n" + os.urandom(5000)
    path = tmp_path / f"a.tsv{ending}"
    if ending:
        write_compressed(path, data)
    else:
        path.write_bytes(data)
    with open_stream(path) as file:
        assert file.readline() + file.read() == data


@pytest.mark.parametrize("ending", ENDINGS)
def test_truncated(tmp_path: Path, ending: str) -> None:
    path = write_compressed(tmp_path / f"a.tsv{ending}", os.urandom(100_000))
    path.write_bytes(path.read_bytes()[:50_000])
    with pytest.raises(Malformed, match=r"a\.tsv"), open_stream(path) as file:
        file.read()


@pytest.mark.parametrize("ending", [".gz", ".bz2", ".xz", ".zst"])
def test_a_bomb_is_refused(tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_ALWAYS_ALLOWED_BYTES", 2**20)
    path = write_compressed(tmp_path / f"a.tsv{ending}", b"a" * 20_000_000)
    with pytest.raises(UnsafeArchive, match="expands past 200 times"), open_stream(path) as file:
        for _ in iter(lambda: file.read(2**20), b""):
            pass


def test_a_zip_with_two_files(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a", "x")
        archive.writestr("b", "y")
    message = r"expected one file in the archive, got 2: a, b"
    with pytest.raises(Malformed, match=message), open_stream(tmp_path / "a.zip"):
        pass


def test_one_of_two_files_has_the_format_of_the_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "b.tsv.zip", "w") as archive:
        archive.writestr("README.txt", "x")
        archive.writestr("data/b.TSV", "y")
    with open_stream(tmp_path / "b.tsv.zip") as file:
        assert file.read() == b"y"


def test_the_format_of_a_zip_that_does_not_say_it(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("__MACOSX/._court.tmx", "x")
        archive.writestr("court.tmx", "<tmx/>")
        archive.writestr(".DS_Store", "x")
    assert file_format(tmp_path / "a.zip") == "tmx"
    with open_stream(tmp_path / "a.zip") as file:
        assert file.read() == b"<tmx/>"


def test_a_missing_file_keeps_its_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), open_stream(tmp_path / "a.tsv.gz"):
        pass


def test_lines_are_numbered(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfone\r\ntwo\n\nfour")
    assert list(read_lines(tmp_path / "a")) == [(1, "one"), (2, "two"), (3, ""), (4, "four")]


def test_invalid_utf8_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one\ntw\xff\n")
    with pytest.raises(Malformed, match=r"a:2: not valid UTF-8"):
        list(read_lines(tmp_path / "a"))


def test_a_line_that_is_too_long(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one\n" + b"x" * (streams.MAX_LINE_BYTES + 1))
    with pytest.raises(Malformed, match=r"a:2: the line is longer than 1,048,576 bytes"):
        list(read_lines(tmp_path / "a"))


def test_a_name_in_a_zip_that_is_not_utf_8(tmp_path: Path) -> None:
    """`zipfile` compares the name before the data with the one in the table of contents."""
    path = tmp_path / "a.tsv.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("ä.tsv", "en\tes\n")
    path.write_bytes(path.read_bytes().replace("ä".encode(), b"\x8f\x8f", 1))
    with pytest.raises(Malformed, match="the name in the header is damaged"), open_stream(path):
        pass
