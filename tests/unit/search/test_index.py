"""Opening an index, whole or damaged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from alignment.errors import ConfigError, Corrupt, Missing
from alignment.manifests import read_manifest, write_manifest
from alignment.search import SearchIndex
from tests.unit.search.examples import DIM, DOCUMENTS, word_index, words


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return word_index(tmp_path / "index").path


@pytest.mark.parametrize("name", ["documents.jsonl", "offsets.npy", "vectors.f32"])
@pytest.mark.parametrize("damage", ["missing", "shorter", "one byte"])
def test_damage_is_named(path: Path, name: str, damage: str) -> None:
    file = path / name
    content = bytearray(file.read_bytes())
    file.unlink()
    if damage == "shorter":
        file.write_bytes(content[:-1])
    if damage == "one byte":
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    with pytest.raises(Corrupt) as caught:
        SearchIndex.open(path)
    assert caught.value.where == str(file)
    assert "--replace" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 99}, "has format 99, expected 1"),
        ({"kind": "something else"}, "not a search index"),
        ({"method": "magic"}, "'magic'"),
        ({"surprise": 1}, "surprise"),
        ({"model": 3}, "unreadable"),
    ],
)
def test_a_manifest_of_something_else(path: Path, change: dict[str, object], message: str) -> None:
    write_manifest(path, {**read_manifest(path), **change})
    with pytest.raises(Corrupt, match=message):
        SearchIndex.open(path)


def test_an_edited_manifest_is_noticed(path: Path) -> None:
    manifest = json.loads((path / "manifest.json").read_text())
    manifest["model"]["digest"] = "another"
    (path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(Corrupt, match="does not match its checksum"):
        SearchIndex.open(path)


def test_no_index(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="there is no such index"):
        SearchIndex.open(tmp_path / "nowhere")
    with pytest.raises(Corrupt):
        SearchIndex.open(tmp_path)


@pytest.mark.parametrize("k", [0, -1, 1001])
def test_how_many_may_be_asked_for(path: Path, k: int) -> None:
    with pytest.raises(ConfigError, match="expected 1 to 1000"):
        SearchIndex.open(path).matches(words(["x"]), k)


def test_all_documents_if_more_are_asked_for(path: Path) -> None:
    (matches,) = SearchIndex.open(path).matches(words(["x"]), 1000)
    assert len(matches) == len(DOCUMENTS)


def test_vectors_of_another_dimension(path: Path) -> None:
    with pytest.raises(ConfigError, match=rf"expected \(n, {DIM}\)") as caught:
        SearchIndex.open(path).matches(np.ones((1, 3), np.float32), 1)
    assert "words v1" in str(caught.value)
