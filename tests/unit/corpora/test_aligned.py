"""Two aligned text files, or two members of a zip."""

import re
import zipfile
from pathlib import Path

import pytest

from alignment.corpora.aligned import aligned, aligned_members
from alignment.errors import Malformed


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_line_by_line(tmp_path: Path) -> None:
    source = write(tmp_path / "a.en", "one\ntwo\n")
    target = write(tmp_path / "a.fi", "yksi\nkaksi\n")
    assert list(aligned(source, target)) == [("one", "yksi", "a.en:1"), ("two", "kaksi", "a.en:2")]


@pytest.mark.parametrize(
    ("english", "finnish", "message"),
    [
        ("one\ntwo\n", "yksi\n", r"a\.fi:2: the file ends at line 1, a\.en has more"),
        ("", "yksi\n", r"a\.en:1: the file ends at line 0, a\.fi has more"),
    ],
    ids=["target", "source"],
)
def test_a_file_that_is_too_short(tmp_path: Path, english: str, finnish: str, message: str) -> None:
    source = write(tmp_path / "a.en", english)
    target = write(tmp_path / "a.fi", finnish)
    with pytest.raises(Malformed, match=message):
        list(aligned(source, target))


def test_members_of_a_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("README", "about")
        archive.writestr("x/a.en", "one\n")
        archive.writestr("x/a.fi", "yksi\n")
    pairs = aligned_members(tmp_path / "a.zip", re.compile(r"\.en$"), re.compile(r"\.fi$"))
    assert list(pairs) == [("one", "yksi", "a.en:1")]
