"""mine: for every pair of one language the candidates of each strategy, with their similarities."""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from alignment import tables
from alignment.config import Triplets
from alignment.encoder.cache import cached_encoder
from alignment.retrieval.neighbors import nearest
from alignment.store import Store
from alignment.triplets import candidates
from alignment.triplets.candidates import Candidates, Vectors
from alignment.triplets.lexical import lexical_candidates
from alignment.triplets.negatives import random_candidates, semantic_candidates
from alignment.types import Artifact, Direction, Strategy
from alignment.workers import ordered, processors

REVISION = 4
PARALLEL_FROM = (
    2000  # pairs: below, a direction by itself takes less time than to send it to another process
)
logger = logging.getLogger(__name__)


def mine(
    store: Store,
    language: str,
    cleaned: Artifact,
    encoder: Artifact,
    settings: Triplets,
    *,
    pivot: str,
    seed: int,
) -> Artifact:
    """`candidates.parquet` of one language, both directions. No guard is applied yet.

    Where no setting needs the encoder there are no semantic candidates and no similarities.
    """
    measured = needs_vectors(settings)

    def work(out: Path) -> dict[str, int]:
        ids, source, target = tables.read_columns(
            cleaned.path / "pairs.parquet", "pair_id", "source", "target"
        )
        if measured:
            vectors = cached_encoder(encoder.path / "model", settings.precision).encode(
                [*source, *target]
            )
            x, y = vectors[: len(source)], vectors[len(source) :]
        k, skip = settings.num_candidates, settings.skip_top

        def batches() -> Iterator[pa.RecordBatch]:
            directions: tuple[Direction, ...] = ("forward", "backward")
            positives = [(target, language), (source, pivot)]
            workers = processors() if len(ids) >= PARALLEL_FROM else 1
            by_words = ordered(positives, functools.partial(_lexical, k=k), workers, ahead=1)
            for direction, lexical in zip(directions, by_words, strict=True):
                found: dict[Strategy, Candidates] = {
                    "random": random_candidates([f"{direction}:{i}" for i in ids], k, seed),
                    "lexical": lexical,
                }
                if measured:
                    anchors, pool = (x, y) if direction == "forward" else (y, x)
                    found["semantic"] = semantic_candidates(
                        *nearest(anchors, pool, skip + k + 1), k, skip
                    )
                if settings.shares.cross:
                    found["cross"] = semantic_candidates(
                        *nearest(anchors, anchors, skip + k + 1), k, skip
                    )
                for strategy, mined in found.items():
                    between = (
                        Vectors(anchors, pool, anchors if strategy == "cross" else pool)
                        if measured
                        else None
                    )
                    yield from candidates.batches(direction, strategy, mined, between)

        total = tables.write_batches(out / "candidates.parquet", tables.CANDIDATES, batches())
        logger.info("mine %s: candidates for %d pairs", language, len(ids))
        return {"pairs": len(ids), "lists": total}

    config = {
        "language": language,
        "pivot": pivot,
        "num_candidates": settings.num_candidates,
        "skip_top": settings.skip_top,
    }
    config |= {
        "cross": settings.shares.cross > 0,
        "vectors": settings.precision if measured else None,
    }
    given = {"clean": cleaned.input()} | (
        {"encoder": encoder.directory("model")} if measured else {}
    )
    return store.build(
        "mine", work, revision=REVISION, config=config, inputs=given, label=language, seed=seed
    )


def _lexical(positives: tuple[list[str], str], k: int) -> Candidates:
    return lexical_candidates(positives[0], k, positives[1])


def needs_vectors(settings: Triplets) -> bool:
    """Whether a setting asks for the base encoder; without it a million pairs take minutes, not a day."""
    return (
        settings.shares.semantic > 0
        or settings.shares.cross > 0
        or settings.relative_margin is not None
    )
