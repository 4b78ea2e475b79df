"""Manifests with a checksum of their own content."""

import json
from pathlib import Path

import pytest

from alignment.errors import Corrupt
from alignment.manifests import read_manifest, write_manifest

CONTENT = {"name": "Māori", "counts": {"rows": 3}, "share": 0.1, "path": Path("x"), "pair": (1, 2)}


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_manifest(tmp_path, CONTENT)
    assert read_manifest(tmp_path) == {**CONTENT, "path": "x", "pair": [1, 2]}


def test_the_layout_of_the_file_does_not_matter(tmp_path: Path) -> None:
    write_manifest(tmp_path, CONTENT)
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()), sort_keys=True))
    assert read_manifest(tmp_path)["name"] == "Māori"


def test_credentials_are_not_written(tmp_path: Path) -> None:
    address = "https://user:hunter22@example.org/a.tsv?token=abcdef123456&lang=cy"
    write_manifest(tmp_path, {"config": {"url": address}})
    assert "hunter22" not in (tmp_path / "manifest.json").read_text()
    assert read_manifest(tmp_path)["config"]["url"].startswith("https://")
    write_manifest(tmp_path, read_manifest(tmp_path))
    read_manifest(tmp_path)


def test_every_changed_byte_is_noticed(tmp_path: Path) -> None:
    write_manifest(tmp_path, CONTENT)
    path = tmp_path / "manifest.json"
    whole = path.read_bytes()
    expected = read_manifest(tmp_path)
    for position in range(len(whole)):
        content = bytearray(whole)
        content[position] ^= 1
        path.write_bytes(content)
        try:
            actual = read_manifest(tmp_path)
        except Corrupt:
            continue
        actual = {key: value for key, value in actual.items() if key in expected}
        assert actual == expected, position  # only white space or the name of the checksum


def test_one_without_a_checksum(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"digest": "d"}')
    assert read_manifest(tmp_path) == {"digest": "d"}


def test_none(tmp_path: Path) -> None:
    with pytest.raises(Corrupt, match=r"manifest\.json is missing"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"{", b"1", b"[" * 100_000])
def test_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(Corrupt, match="the manifest is unreadable"):
        read_manifest(tmp_path)
