"""embed: vectors of the distinct sentences of one language's pairs, on both sides."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alignment import layout, tables
from alignment.arrays import save_array
from alignment.context import RunContext
from alignment.encoder.cache import cached_encoder
from alignment.files import link_or_copy
from alignment.stages.embed_part import EmbedPartCounts, EmbedParts, check_parts
from alignment.stages.sentences import SentencesCounts
from alignment.stages.shards import REVISION, SIDES, check_reads, number_sentences, write_vectors
from alignment.types import Artifact, Counts, Input

if TYPE_CHECKING:
    from alignment.encoder.device import Precision
    from alignment.encoder.encoder import Encoder
    from alignment.encoder.prompts import Side

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class EmbedCounts(Counts):
    """Pairs of one language, and the distinct sentences of each side that have a vector."""

    pairs: int
    sources: int
    targets: int
    dim: int


def embed(
    context: RunContext,
    language: str,
    cleaned: Artifact,
    encoder: Artifact,
    precision: Precision,
    parts: EmbedParts | None = None,
) -> Artifact:
    """`source/`, `target/` and the sentence numbers of the pairs: `vectors.pair_vectors` reads it.

    Each language is embedded on its own, so that a new language costs only its own sentences. A
    killed run goes on after the last complete shard.

    Args:
        context: What the stages of a run share.
        language: The language of the targets.
        cleaned: Its artifact of `clean`.
        encoder: An artifact that has the encoder: the base encoder, or a trained one.
        precision: Of the encoder.
        parts: The same vectors in parts, which are put together instead of encoding anything.

    Raises:
        DataError: if the encoder cannot read the language.
        Corrupt: if the encoder gives NaN or infinite vectors, or a part is damaged.
        ValueError: if the parts are those of other text or of another encoder.
    """
    pairs = cleaned.path / layout.PAIRS
    if parts is not None:
        check_parts(context, language, cleaned, encoder, precision, parts)

    def work(out: Path) -> EmbedCounts:
        if parts is not None:
            return _put_together(pairs, parts, out)
        model = cached_encoder(
            encoder.path / layout.MODEL, precision, trust_remote_code=context.trust_remote_code
        )
        check_reads(model, pairs, language)
        counts = _encode(model, pairs, context.store.scratch(out.name), out)
        logger.info(
            "embed %s: %d distinct sources and %d targets",
            language,
            counts.sources,
            counts.targets,
        )
        return counts

    return context.store.build(
        "embed",
        work,
        revision=REVISION,
        config=_config(context, language, precision),
        inputs=_inputs(cleaned, encoder),
        label=language,
        parts=() if parts is None else [parts.numbered, *parts.parts],
    )


def is_embedded(
    context: RunContext,
    language: str,
    cleaned: Artifact,
    encoder: Artifact,
    precision: Precision,
) -> bool:
    """Whether `embed` would reuse its artifact."""
    key = context.store.key(
        "embed",
        revision=REVISION,
        config=_config(context, language, precision),
        inputs=_inputs(cleaned, encoder),
    )
    return context.store.find("embed", key) is not None


def _config(context: RunContext, language: str, precision: Precision) -> dict[str, Any]:
    return {"language": language, "pivot": context.pivot, "precision": precision}


def _inputs(cleaned: Artifact, encoder: Artifact) -> Mapping[str, Input]:
    return {
        "clean": cleaned.input(layout.PAIRS),
        "encoder": encoder.directory(layout.MODEL),
    }


def _encode(encoder: Encoder, pairs: Path, unfinished: Path, out: Path) -> EmbedCounts:
    """Number the sentences and encode them; complete shards of a killed run are kept."""
    sentences: dict[Side, int] = {}
    for files in SIDES:
        numbered = number_sentences(pairs, files.side)
        save_array(out / files.rows, numbered.rows)
        write_vectors(encoder, pairs, files.side, numbered.firsts, unfinished / files.vectors)
        sentences[files.side] = len(numbered.firsts)
    for files in SIDES:
        os.replace(unfinished / files.vectors, out / files.vectors)
    return EmbedCounts(
        pairs=tables.count_rows(pairs),
        sources=sentences["source"],
        targets=sentences["target"],
        dim=encoder.dim,
    )


def _put_together(pairs: Path, parts: EmbedParts, out: Path) -> EmbedCounts:
    for files in SIDES:
        link_or_copy(parts.numbered.path / files.rows, out / files.rows)
        (out / files.vectors).mkdir()
    _link_files(parts.parts, out)
    counts = SentencesCounts.of(parts.numbered)
    return EmbedCounts(
        pairs=tables.count_rows(pairs),
        sources=counts.sources,
        targets=counts.targets,
        dim=EmbedPartCounts.of(parts.parts[0]).dim,
    )


def _link_files(parts: Sequence[Artifact], out: Path) -> None:
    for part in parts:
        for name in part.files:
            link_or_copy(part.path / name, out / name)
