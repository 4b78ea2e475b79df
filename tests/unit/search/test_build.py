"""Building an index: complete or absent, and continued after a kill."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from numpy.typing import NDArray

from alignment.errors import AlignmentError, ConfigError, Corrupt, EmptyCorpus
from alignment.search import Document, SearchIndex, build, build_index
from tests.unit.search.examples import (
    DIM,
    DOCUMENTS,
    MODEL,
    OTHER,
    knowledge,
    letters,
    word_index,
    words,
)

MANY = [Document(str(number), f"text number {number}") for number in range(25)]


class Killed(BaseException):
    """Not an `Exception`, as the end of a process."""


class CountingEncoder:
    """Counts its texts, and may be killed before one of its calls."""

    def __init__(self, killed_at: int | None = None) -> None:
        self.texts = 0
        self.calls = 0
        self.killed_at = killed_at

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self.calls == self.killed_at:
            raise Killed
        self.calls += 1
        self.texts += len(texts)
        return words(texts)


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "BLOCK", 4)


def test_the_nearest_documents_in_their_order(tmp_path: Path) -> None:
    index = word_index(tmp_path / "index")
    (matches,) = index.matches(words(["reset a password"]), 3)
    assert [match.rank for match in matches] == [1, 2, 3]
    assert matches[0].document == DOCUMENTS[0]
    assert matches[0].score >= matches[1].score >= matches[2].score
    expected = words([DOCUMENTS[0].content]) @ words(["reset a password"]).T
    assert matches[0].score == pytest.approx(float(expected[0, 0]), abs=1e-6)
    assert index.manifest.method == "exact"
    assert index.model == MODEL


def test_hnsw_keeps_the_vectors_once(tmp_path: Path) -> None:
    pytest.importorskip("faiss")
    index = build_index(tmp_path / "index", knowledge(MANY), MODEL, words, method="hnsw")
    assert names(tmp_path / "index") == [
        "documents.jsonl",
        "hnsw.faiss",
        "manifest.json",
        "offsets.npy",
    ]
    (matches,) = index.matches(words(["text number 7"]), 1)
    assert matches[0].document.id == "7"


def test_auto_takes_hnsw_for_many_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("faiss")
    monkeypatch.setattr(build, "HNSW_FROM", len(MANY))
    large = build_index(tmp_path / "large", knowledge(MANY), MODEL, words)
    small = build_index(tmp_path / "small", knowledge(MANY[1:]), MODEL, words)
    assert (large.manifest.method, small.manifest.method) == ("hnsw", "exact")


@pytest.mark.parametrize("call", [0, 1, 3, 6])
def test_a_killed_build_goes_on(tmp_path: Path, small_blocks: None, call: int) -> None:
    out = tmp_path / "index"
    with pytest.raises(Killed):
        build_index(out, knowledge(MANY), MODEL, CountingEncoder(killed_at=call))
    assert not out.exists()
    rest = CountingEncoder()
    build_index(out, knowledge(MANY), MODEL, rest)
    assert rest.texts == len(MANY) - 4 * call
    assert_equal(out, tmp_path / "at_once")


def test_half_a_block_is_written_again(tmp_path: Path, small_blocks: None) -> None:
    out = tmp_path / "index"
    with pytest.raises(Killed):
        build_index(out, knowledge(MANY), MODEL, CountingEncoder(killed_at=2))
    for name in ("documents.jsonl", "vectors.f32"):  # written, and the progress was not
        with (tmp_path / ".index.partial" / name).open("ab") as file:
            file.write(b"half of a")
    build_index(out, knowledge(MANY), MODEL, words)
    assert_equal(out, tmp_path / "at_once")


@pytest.mark.parametrize("change", ["model", "documents", "lost vectors", "damaged progress"])
def test_another_build_starts_anew(tmp_path: Path, small_blocks: None, change: str) -> None:
    out = tmp_path / "index"
    with pytest.raises(Killed):
        build_index(out, knowledge(MANY), MODEL, CountingEncoder(killed_at=3))
    model, documents = MODEL, MANY
    if change == "model":
        model = OTHER
    if change == "documents":
        documents = MANY[1:]
    if change == "lost vectors":
        (tmp_path / ".index.partial" / "vectors.f32").write_bytes(b"")
    if change == "damaged progress":
        (tmp_path / ".index.partial" / "progress.json").write_text("[]")
    encoder = CountingEncoder()
    build_index(out, knowledge(documents), model, encoder)
    assert encoder.texts == len(documents)


def assert_equal(path: Path, at_once: Path) -> None:
    """The index is the one that a build without a kill writes."""
    build_index(at_once, knowledge(MANY), MODEL, words)
    assert names(path) == names(at_once)
    for name in ("documents.jsonl", "offsets.npy", "vectors.f32"):
        assert (path / name).read_bytes() == (at_once / name).read_bytes()
    leftovers = [name for name in names(path.parent) if name.endswith(("partial", "old"))]
    assert leftovers == []


@pytest.mark.parametrize("number", range(4))
def test_killed_while_an_index_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """At each rename: of the progress, the manifest, the old index and the new one."""
    out = tmp_path / "index"
    word_index(out)
    renames = 0
    rename = os.replace

    def killed(source: Path, target: Path) -> None:
        nonlocal renames
        if renames == number:
            raise Killed
        renames += 1
        rename(source, target)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(os, "replace", killed)
        build_index(out, knowledge(MANY), OTHER, letters, replace=True)
    with pytest.raises(ConfigError, match="there is an index already"):
        build_index(out, knowledge(MANY), OTHER, letters)
    assert SearchIndex.open(out).model == MODEL
    encoder = CountingEncoder()
    replaced = build_index(out, knowledge(MANY), OTHER, encoder, replace=True)
    assert replaced.model == OTHER
    assert SearchIndex.open(out).model == OTHER
    assert names(tmp_path) == [".index.lock", "index"]


def test_an_index_is_not_replaced_without_being_asked(tmp_path: Path) -> None:
    word_index(tmp_path / "index")
    with pytest.raises(ConfigError, match="there is an index already") as caught:
        word_index(tmp_path / "index")
    assert "--replace" in str(caught.value)


def test_a_directory_of_something_else_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.txt").write_text("years of work")
    with pytest.raises(ConfigError, match="this exists and is not a search index"):
        build_index(tmp_path / "thesis", knowledge(), MODEL, words, replace=True)
    assert (tmp_path / "thesis" / "chapter1.txt").read_text() == "years of work"


def test_two_builders_of_one_index(tmp_path: Path) -> None:
    with (
        FileLock(tmp_path / ".index.lock"),
        pytest.raises(AlignmentError, match="another process is building this index"),
    ):
        word_index(tmp_path / "index")


def test_no_documents(tmp_path: Path) -> None:
    with pytest.raises(EmptyCorpus, match=r"kb\.jsonl: there are no documents"):
        word_index(tmp_path / "index", [])
    assert not (tmp_path / "index").exists()


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (np.full((6, DIM), np.nan, np.float32), "NaN or infinite"),
        (np.ones((5, DIM), np.float32), "shape"),
    ],
)
def test_vectors_that_cannot_be_searched(
    tmp_path: Path, vectors: NDArray[np.float32], message: str
) -> None:
    with pytest.raises(Corrupt, match=message):
        build_index(tmp_path / "index", knowledge(), MODEL, lambda _: vectors)


def test_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="the index cannot be written"):
        word_index(tmp_path / "file" / "index")
