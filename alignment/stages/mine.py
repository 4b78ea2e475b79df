"""mine: candidates for negatives for every pair of one language, by strategy, with similarities."""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from alignment import layout, tables
from alignment.config import Triplets
from alignment.context import RunContext
from alignment.encoder.cache import cached_encoder
from alignment.retrieval.neighbors import nearest
from alignment.triplets import candidates
from alignment.triplets.candidates import Candidates, Vectors
from alignment.triplets.lexical import lexical_candidates
from alignment.triplets.negatives import random_candidates, semantic_candidates
from alignment.types import Artifact, Counts, Direction, Strategy
from alignment.workers import available_cpus, ordered

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alignment.encoder.encoder import Encoder

REVISION = 5
PARALLEL_FROM = 2000
"""Pairs; for fewer, sending a direction to another process takes longer than the work itself."""
TEXTS_READ = 200
"""Of a language, to see whether the tokenizer knows it."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class MineCounts(Counts):
    """Pairs of one language, and their lists of candidates (per direction and strategy)."""

    pairs: int
    lists: int


def mine(
    context: RunContext, language: str, cleaned: Artifact, encoder: Artifact, settings: Triplets
) -> Artifact:
    """`candidates.parquet` of one language, both directions. No guard is applied yet.

    If no setting needs the encoder, there are no semantic candidates and no similarities.
    """
    use_vectors = needs_vectors(settings)

    def work(out: Path) -> MineCounts:
        path = cleaned.path / layout.PAIRS
        ids, source, target = tables.read_columns(path, "pair_id", "source", "target")
        pairs = _Pairs(ids, source, target, language, context.pivot)
        vectors = None
        if use_vectors:
            loaded = cached_encoder(
                encoder.path / layout.MODEL,
                settings.precision,
                trust_remote_code=context.trust_remote_code,
            )
            _check_reads(loaded, target, language)
            vectors = _vectors(loaded, source, target)
        rows = _candidates(pairs, vectors, settings, context.seed)
        lists = tables.write_batches(out / layout.CANDIDATES, tables.CANDIDATES, rows)
        logger.info("mine %s: candidates for %d pairs", language, len(ids))
        return MineCounts(len(ids), lists)

    inputs = {"clean": cleaned.input()}
    if use_vectors:
        inputs["encoder"] = encoder.directory(layout.MODEL)
    return context.store.build(
        "mine",
        work,
        revision=REVISION,
        config={
            "language": language,
            "pivot": context.pivot,
            "num_candidates": settings.num_candidates,
            "skip_top": settings.skip_top,
            "cross": settings.shares.cross > 0,
            "vectors": settings.precision if use_vectors else None,
        },
        inputs=inputs,
        label=language,
        seed=context.seed,
    )


def _check_reads(encoder: Encoder, texts: list[str], language: str) -> None:
    from alignment.encoder.vocabulary_check import check_reads  # transformers

    step = max(1, len(texts) // TEXTS_READ)
    check_reads(encoder, texts[::step], language, "target")


def _vectors(encoder: Encoder, source: list[str], target: list[str]) -> NDArray[np.float32]:
    """Unit vectors (2n, dim) of the sources, then of the targets."""
    import numpy as np

    sides = (encoder.encode(source, side="source"), encoder.encode(target, side="target"))
    return np.concatenate(sides)


def needs_vectors(settings: Triplets) -> bool:
    """Whether a setting needs the encoder; without it a million pairs take minutes, not a day."""
    shares = settings.shares
    return shares.semantic > 0 or shares.cross > 0 or settings.relative_margin is not None


@dataclass(frozen=True)
class _Pairs:
    """The pairs of one language as columns."""

    ids: list[str]
    source: list[str]
    target: list[str]
    language: str
    pivot: str


def _candidates(
    pairs: _Pairs, vectors: NDArray[np.float32] | None, settings: Triplets, seed: int
) -> Iterator[pa.RecordBatch]:
    """Rows of `tables.CANDIDATES`; `vectors` (2n, dim) are those of the sources, then targets."""
    directions: tuple[Direction, ...] = ("forward", "backward")
    positives = [(pairs.target, pairs.language), (pairs.source, pairs.pivot)]
    workers = available_cpus() if len(pairs.ids) >= PARALLEL_FROM else 1
    lexical_of = functools.partial(_lexical, k=settings.num_candidates)
    by_words = ordered(positives, lexical_of, workers, ahead=1)
    for direction, lexical in zip(directions, by_words, strict=True):
        identities = [f"{direction}:{identity}" for identity in pairs.ids]
        without_vectors: dict[Strategy, Candidates] = {
            "random": random_candidates(identities, settings.num_candidates, seed),
            "lexical": lexical,
        }
        if vectors is None:
            for strategy, mined in without_vectors.items():
                yield from candidates.batches(direction, strategy, mined, None)
            continue
        anchors, pool = vectors[: len(pairs.ids)], vectors[len(pairs.ids) :]
        if direction == "backward":
            anchors, pool = pool, anchors
        translations = Vectors(anchors, pool, pool)
        for strategy, mined in without_vectors.items():
            yield from candidates.batches(direction, strategy, mined, translations)
        mined = _nearest(anchors, pool, settings)
        yield from candidates.batches(direction, "semantic", mined, translations)
        if settings.shares.cross:
            mined = _nearest(anchors, anchors, settings)
            vectors_of_anchors = Vectors(anchors, pool, anchors)
            yield from candidates.batches(direction, "cross", mined, vectors_of_anchors)


def _nearest(
    anchors: NDArray[np.float32], pool: NDArray[np.float32], settings: Triplets
) -> Candidates:
    k = settings.num_candidates
    neighbors, similarities = nearest(anchors, pool, settings.skip_top + k + 1)
    return semantic_candidates(neighbors, similarities, k, settings.skip_top)


def _lexical(positives: tuple[list[str], str], k: int) -> Candidates:
    texts, language = positives
    return lexical_candidates(texts, k, language)
