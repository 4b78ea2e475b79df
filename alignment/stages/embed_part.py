"""embed_part: some shards of the vectors of one language, so that machines share it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alignment import layout
from alignment.arrays import map_array
from alignment.context import RunContext
from alignment.encoder.cache import cached_encoder
from alignment.stages.sentences import SentencesCounts
from alignment.stages.shards import REVISION, SIDES, check_reads, shard_count, write_vectors
from alignment.types import Artifact, Counts, Input

if TYPE_CHECKING:
    from alignment.encoder.device import Precision
    from alignment.encoder.prompts import Side

SHARDS_PER_PART = 8
"""A million sentences: half a minute of a large GPU, three hours of a core."""


class ShardRange(NamedTuple):
    """Shards of one side with these numbers."""

    side: Side
    first: int
    stop: int


@dataclass(frozen=True)
class EmbedPartCounts(Counts):
    """Vectors of one part."""

    vectors: int
    dim: int


class EmbedParts(NamedTuple):
    """The vectors of one language in parts."""

    numbered: Artifact
    """Of `sentences`."""
    parts: Sequence[Artifact]
    """Of `embed_part`, in the order of `shard_ranges`."""


def shard_ranges(numbered: Artifact) -> list[ShardRange]:
    """The parts of a language whose sentences are numbered, the same on every cluster."""
    counts = SentencesCounts.of(numbered)
    sentences: dict[Side, int] = {"source": counts.sources, "target": counts.targets}
    ranges = []
    for side, number in sentences.items():
        shards = shard_count(number)
        for first in range(0, shards, SHARDS_PER_PART):
            ranges.append(ShardRange(side, first, min(first + SHARDS_PER_PART, shards)))
    return ranges


def embed_part(
    context: RunContext,
    language: str,
    cleaned: Artifact,
    encoder: Artifact,
    precision: Precision,
    numbered: Artifact,
    shards: ShardRange,
) -> Artifact:
    """The shards that `embed` takes from here, under the names that they have there.

    A killed task goes on after its last complete shard, where machines share a folder.

    Args:
        context: What the stages of a run share.
        language: The language of the targets.
        cleaned: Its artifact of `clean`.
        encoder: An artifact that has the encoder.
        precision: Of the encoder.
        numbered: The artifact of `sentences` of the language.
        shards: Which shards to write, one of `shard_ranges`.

    Raises:
        DataError: if the encoder cannot read the language.
        Corrupt: if the encoder gives NaN or infinite vectors.
    """
    pairs = cleaned.path / layout.PAIRS
    (files,) = [files for files in SIDES if files.side == shards.side]

    def work(out: Path) -> EmbedPartCounts:
        model = cached_encoder(
            encoder.path / layout.MODEL, precision, trust_remote_code=context.trust_remote_code
        )
        check_reads(model, pairs, language)
        firsts: NDArray[np.int64] = map_array(numbered.path / files.firsts, "<i8")
        unfinished = context.store.scratch(out.name) / files.vectors
        numbers = range(shards.first, shards.stop)
        vectors = write_vectors(model, pairs, shards.side, firsts, unfinished, numbers)
        os.replace(unfinished, out / files.vectors)
        return EmbedPartCounts(vectors, model.dim)

    return context.store.build(
        "embed_part",
        work,
        revision=REVISION,
        config=_config(context, language, precision, shards),
        inputs=_inputs(cleaned, encoder, numbered),
        label=language,
    )


def check_parts(
    context: RunContext,
    language: str,
    cleaned: Artifact,
    encoder: Artifact,
    precision: Precision,
    parts: EmbedParts,
) -> None:
    """Check that the parts are those of this text and encoder, all of them, in their order.

    Raises:
        ValueError: if not.
    """
    expected = []
    for shards in shard_ranges(parts.numbered):
        key = context.store.key(
            "embed_part",
            revision=REVISION,
            config=_config(context, language, precision, shards),
            inputs=_inputs(cleaned, encoder, parts.numbered),
        )
        expected.append(key)
    if [part.key for part in parts.parts] != expected:
        raise ValueError(
            f"embed of {language} got parts of other sentences or of another encoder, "
            f"or not all {len(expected)} parts in their order"
        )


def _config(
    context: RunContext, language: str, precision: Precision, shards: ShardRange
) -> dict[str, Any]:
    return {
        "language": language,
        "pivot": context.pivot,
        "precision": precision,
        "side": shards.side,
        "shards": [shards.first, shards.stop],
    }


def _inputs(cleaned: Artifact, encoder: Artifact, numbered: Artifact) -> Mapping[str, Input]:
    return {
        "clean": cleaned.input(layout.PAIRS),
        "encoder": encoder.directory(layout.MODEL),
        "sentences": numbered.input(),
    }
