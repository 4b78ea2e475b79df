import errno
import itertools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from alignment import layout
from alignment.context import RunContext
from alignment.encoder.directory import load_encoder
from alignment.encoder.encoder import Encoder
from alignment.errors import ArtifactError, DataError
from alignment.files import tree_digests
from alignment.stages import shards
from alignment.stages.embed import EmbedCounts, embed
from alignment.store import load_artifact, verify
from alignment.types import Artifact
from alignment.vectors import (
    DistinctTexts,
    distinct_texts,
    pair_vectors,
    shard_name,
    write_shard,
)
from tests.stages.encoders import toy_encoder
from tests.stages.helpers import pairs_artifact

PAIRS = [
    ("a red house", "das rote haus"),
    ("a blue boat", "un barco azul"),
    ("a red house", "la casa roja"),
    ("the house", "das haus"),
    ("the boat", "un barco"),
    ("the boat", "das rote haus"),
]
SOURCES = ["a red house", "a blue boat", "the house", "the boat"]
TARGETS = ["das rote haus", "un barco azul", "la casa roja", "das haus", "un barco"]


@pytest.fixture
def cleaned(tmp_path: Path) -> Artifact:
    return pairs_artifact(tmp_path, "de", PAIRS)


@pytest.fixture
def encoder(tmp_path: Path) -> Artifact:
    return toy_encoder(tmp_path / "encoder")


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that are encoded, in order. Two at once, and four in a shard."""
    monkeypatch.setattr(shards, "SHARD_ROWS", 4)
    monkeypatch.setattr(shards, "WINDOW", 2)
    texts: list[str] = []
    encode = Encoder.encode

    def recorded(self: Encoder, batch: Sequence[str], **options: Any) -> NDArray[np.float32]:
        texts.extend(batch)
        return encode(self, batch, **options)

    monkeypatch.setattr(Encoder, "encode", recorded)
    return texts


def test_each_distinct_sentence_is_encoded_once(
    context: RunContext, cleaned: Artifact, encoder: Artifact, encoded: list[str]
) -> None:
    artifact = embed(context, "de", cleaned, encoder, "fp32")
    assert EmbedCounts.of(artifact) == EmbedCounts(pairs=6, sources=4, targets=5, dim=32)
    assert encoded == SOURCES + TARGETS
    assert set(artifact.files) == {
        "source/00000.npy",
        "target/00000.npy",
        "target/00001.npy",
        layout.SOURCE_ROWS,
        layout.TARGET_ROWS,
    }


def test_vectors_are_those_of_the_encoder(
    context: RunContext, cleaned: Artifact, encoder: Artifact
) -> None:
    vectors = pair_vectors(embed(context, "de", cleaned, encoder, "fp32"))
    model = load_encoder(encoder.path / layout.MODEL)
    sources, targets = zip(*PAIRS, strict=True)
    assert np.abs(vectors.sources() - model.encode(sources, side="source")).max() < 1e-3
    assert np.abs(vectors.targets() - model.encode(targets, side="target")).max() < 1e-3


def test_a_changed_encoder_is_never_reused(
    context: RunContext, cleaned: Artifact, encoder: Artifact, tmp_path: Path
) -> None:
    first = embed(context, "de", cleaned, encoder, "fp32")
    assert embed(context, "de", cleaned, encoder, "fp32").reused
    other = toy_encoder(tmp_path / "other", num_hidden_layers=1)
    changed = embed(context, "de", cleaned, other, "fp32")
    assert not changed.reused
    assert changed.key != first.key
    assert not np.allclose(pair_vectors(changed).sources(), pair_vectors(first).sources())


def test_only_the_pairs_of_clean_count(
    context: RunContext, cleaned: Artifact, encoder: Artifact
) -> None:
    first = embed(context, "de", cleaned, encoder, "fp32")
    (cleaned.path / layout.LEDGER).write_text("{}")
    files = tree_digests(cleaned.path)
    relabeled = Artifact("clean", "de", "other", cleaned.path, files, {}, 0.0, "other digest")
    assert embed(context, "de", relabeled, encoder, "fp32").key == first.key


def test_a_full_disk_loses_no_complete_shard(
    context: RunContext,
    cleaned: Artifact,
    encoder: Artifact,
    encoded: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(path: Path, *arguments: Any) -> None:
        if path.name == shard_name(1):
            raise OSError(errno.ENOSPC, "No space left on device")
        write_shard(path, *arguments)

    monkeypatch.setattr("alignment.stages.shards.write_shard", full)
    with pytest.raises(ArtifactError, match="the disk is full in embed of de"):
        embed(context, "de", cleaned, encoder, "fp32")
    assert not list(context.store.root.glob("embed/*"))
    assert not list(context.store.root.glob("tmp/*"))
    monkeypatch.setattr("alignment.stages.shards.write_shard", write_shard)
    encoded.clear()
    artifact = embed(context, "de", cleaned, encoder, "fp32")
    assert encoded == TARGETS[4:]
    verify(load_artifact(artifact.path))
    assert len(pair_vectors(artifact)) == 6
    assert not list(context.store.root.glob("scratch/*"))


def test_shards_of_another_encoder_are_not_continued(
    context: RunContext,
    cleaned: Artifact,
    encoder: Artifact,
    encoded: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """The encoder changes after a run that left complete shards: none of them is used."""
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("alignment.stages.shards.distinct_texts", interrupted_at_the_second_side())
        embed(context, "de", cleaned, encoder, "fp32")
    assert list(context.store.root.glob(f"scratch/*/source/{shard_name(0)}"))
    encoded.clear()
    other = toy_encoder(tmp_path / "other", num_hidden_layers=1)
    artifact = embed(context, "de", cleaned, other, "fp32")
    assert encoded == SOURCES + TARGETS
    model = load_encoder(other.path / layout.MODEL)
    expected = model.encode([source for source, _ in PAIRS], side="source")
    assert np.abs(pair_vectors(artifact).sources() - expected).max() < 1e-3


def interrupted_at_the_second_side() -> Callable[..., DistinctTexts]:
    calls = itertools.count(1)

    def numbered(batches: Iterable[Sequence[str]]) -> DistinctTexts:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return distinct_texts(batches)

    return numbered


def test_ten_pairs_and_one(context: RunContext, encoder: Artifact, tmp_path: Path) -> None:
    for count in (1, 10):
        pairs = [(f"house {i}", f"haus {i}") for i in range(count)]
        cleaned = pairs_artifact(tmp_path / str(count), "de", pairs)
        assert len(pair_vectors(embed(context, "de", cleaned, encoder, "fp32"))) == count


def test_a_language_that_the_encoder_cannot_read(
    context: RunContext, encoder: Artifact, tmp_path: Path
) -> None:
    cleaned = pairs_artifact(tmp_path, "th", [("one cat", "แมวหนึ่งตัว"), ("a dog", "หมา")])
    with pytest.raises(DataError, match=r"languages\.th: the encoder cannot read this language"):
        embed(context, "th", cleaned, encoder, "fp32")
