"""A language that is embedded in parts."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from alignment import layout
from alignment.context import RunContext
from alignment.encoder.device import Precision
from alignment.encoder.encoder import Encoder
from alignment.errors import Corrupt, DataError
from alignment.stages import embed_part as stage
from alignment.stages import shards
from alignment.stages.embed import embed, is_embedded
from alignment.stages.embed_part import EmbedParts, ShardRange, embed_part, shard_ranges
from alignment.stages.sentences import SentencesCounts, sentences
from alignment.store.cleanup import collect
from alignment.types import Artifact
from alignment.vectors import write_shard
from tests.stages.encoders import toy_encoder
from tests.stages.helpers import new_context, pairs_artifact

WORDS = ("a", "red", "blue", "the", "house", "boat")
# 5 distinct sources and 12 distinct targets.
PAIRS = [
    (
        f"{WORDS[row % 5]} house",
        " ".join((WORDS[row % 6], WORDS[row % 2], "boat", "a")[: 1 + row % 4]),
    )
    for row in range(60)
]


@pytest.fixture
def cleaned(tmp_path: Path) -> Artifact:
    return pairs_artifact(tmp_path, "de", PAIRS)


@pytest.fixture
def encoder(tmp_path: Path) -> Artifact:
    return toy_encoder(tmp_path / "encoder")


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two texts are encoded at once, three are in a shard, and two shards in a part."""
    monkeypatch.setattr(shards, "SHARD_ROWS", 3)
    monkeypatch.setattr(shards, "WINDOW", 2)
    monkeypatch.setattr(stage, "SHARDS_PER_PART", 2)


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that are encoded, in order."""
    texts: list[str] = []
    encode = Encoder.encode

    def recorded(self: Encoder, batch: Sequence[str], **options: Any) -> NDArray[np.float32]:
        texts.extend(batch)
        return encode(self, batch, **options)

    monkeypatch.setattr(Encoder, "encode", recorded)
    return texts


def in_parts(context: RunContext, cleaned: Artifact, encoder: Artifact) -> EmbedParts:
    """The parts, built in the opposite order, as another machine might."""
    numbered = sentences(context, "de", cleaned)
    parts = []
    for some in reversed(shard_ranges(numbered)):
        parts.append(embed_part(context, "de", cleaned, encoder, "fp32", numbered, some))
    return EmbedParts(numbered, parts[::-1])


def test_the_parts_of_a_language(context: RunContext, cleaned: Artifact) -> None:
    numbered = sentences(context, "de", cleaned)
    assert SentencesCounts.of(numbered) == SentencesCounts(sources=5, targets=12)
    assert shard_ranges(numbered) == [
        ShardRange("source", 0, 2),
        ShardRange("target", 0, 2),
        ShardRange("target", 2, 4),
    ]


def test_parts_give_the_bytes_of_the_whole(
    context: RunContext,
    cleaned: Artifact,
    encoder: Artifact,
    encoded: list[str],
    tmp_path: Path,
) -> None:
    whole = embed(new_context(tmp_path / "alone"), "de", cleaned, encoder, "fp32")
    expected = sorted(encoded)
    encoded.clear()
    parts = in_parts(context, cleaned, encoder)
    assert sorted(encoded) == expected, "a sentence was not encoded, or twice"
    encoded.clear()
    artifact = embed(context, "de", cleaned, encoder, "fp32", parts)
    assert not encoded
    assert artifact.key == whole.key
    assert artifact.files == whole.files
    assert artifact.counts == whole.counts
    assert artifact.seconds >= sum(part.seconds for part in parts.parts)
    assert embed(context, "de", cleaned, encoder, "fp32").reused


def test_where_files_have_no_second_name(
    context: RunContext,
    cleaned: Artifact,
    encoder: Artifact,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError("not on this file system")

    monkeypatch.setattr("os.link", no_links)
    whole = embed(new_context(tmp_path / "alone"), "de", cleaned, encoder, "fp32")
    parts = in_parts(context, cleaned, encoder)
    assert embed(context, "de", cleaned, encoder, "fp32", parts).digest == whole.digest


def test_parts_of_another_encoder_are_refused(
    context: RunContext, cleaned: Artifact, encoder: Artifact, tmp_path: Path
) -> None:
    parts = in_parts(context, cleaned, toy_encoder(tmp_path / "other", num_hidden_layers=1))
    with pytest.raises(ValueError, match="embed of de got parts of other sentences"):
        embed(context, "de", cleaned, encoder, "fp32", parts)


@pytest.mark.parametrize("change", ["missing", "swapped", "another precision"])
def test_other_parts_are_refused(
    context: RunContext, cleaned: Artifact, encoder: Artifact, change: str
) -> None:
    parts = in_parts(context, cleaned, encoder)
    if change == "missing":
        parts = parts._replace(parts=parts.parts[1:])
    if change == "swapped":
        parts = parts._replace(parts=parts.parts[::-1])
    precision: Precision = "bf16" if change == "another precision" else "fp32"
    with pytest.raises(ValueError, match="or not all 3 parts in their order"):
        embed(context, "de", cleaned, encoder, precision, parts)


def test_a_damaged_part_is_refused_and_built_again(
    context: RunContext, cleaned: Artifact, encoder: Artifact, encoded: list[str]
) -> None:
    parts = in_parts(context, cleaned, encoder)
    path = parts.parts[1].path / layout.TARGET_VECTORS / "00001.npy"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"x")
    with pytest.raises(Corrupt, match=r"00001.npy: the input embed_part 2 is damaged"):
        embed(context, "de", cleaned, encoder, "fp32", parts)
    assert not list(context.store.root.glob("embed/*"))
    encoded.clear()
    again = in_parts(context, cleaned, encoder)
    assert path.read_bytes() == content
    assert len(encoded) == 6, "only the damaged part is encoded again"
    embed(context, "de", cleaned, encoder, "fp32", again)


def test_a_killed_part_goes_on_after_its_last_shard(
    context: RunContext,
    cleaned: Artifact,
    encoder: Artifact,
    encoded: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def killed(path: Path, *arguments: Any) -> None:
        if path.name == "00003.npy":
            raise KeyboardInterrupt
        write_shard(path, *arguments)

    numbered = sentences(context, "de", cleaned)
    last = shard_ranges(numbered)[-1]
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(shards, "write_shard", killed)
        embed_part(context, "de", cleaned, encoder, "fp32", numbered, last)
    encoded.clear()
    embed_part(context, "de", cleaned, encoder, "fp32", numbered, last)
    assert len(encoded) == 3


def test_parts_go_when_the_whole_is_there(
    context: RunContext, cleaned: Artifact, encoder: Artifact
) -> None:
    assert not is_embedded(context, "de", cleaned, encoder, "fp32")
    parts = in_parts(context, cleaned, encoder)
    artifact = embed(context, "de", cleaned, encoder, "fp32", parts)
    assert is_embedded(context, "de", cleaned, encoder, "fp32")
    collect(context.store, [artifact.key])
    assert len(list(context.store.root.glob("embed_part/*"))) == 1, "the newest one of a language"
    assert embed(context, "de", cleaned, encoder, "fp32").reused


def test_a_part_of_a_language_that_the_encoder_cannot_read(
    context: RunContext, encoder: Artifact, tmp_path: Path
) -> None:
    cleaned = pairs_artifact(tmp_path, "th", [("one cat", "แมวหนึ่งตัว"), ("a dog", "หมา")])
    numbered = sentences(context, "th", cleaned)
    with pytest.raises(DataError, match=r"languages\.th: the encoder cannot read this language"):
        embed_part(context, "th", cleaned, encoder, "fp32", numbered, shard_ranges(numbered)[0])


def test_sentences_are_numbered_again_for_other_text(
    context: RunContext, cleaned: Artifact, encoder: Artifact, tmp_path: Path
) -> None:
    parts = in_parts(context, cleaned, encoder)
    other = pairs_artifact(tmp_path / "other", "de", PAIRS[:30])
    assert sentences(context, "de", other).key != parts.numbered.key
    same = dataclasses.replace(cleaned, label="other")
    assert sentences(context, "de", same).reused
