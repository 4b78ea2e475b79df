"""mine: for every pair of one language the candidates of each strategy, with their similarities."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from alignment import tables
from alignment.config import Triplets
from alignment.retrieval.neighbours import nearest
from alignment.store import Store
from alignment.triplets import candidates
from alignment.triplets.candidates import Vectors
from alignment.triplets.lexical import lexical_candidates
from alignment.triplets.negatives import Candidates, random_candidates, semantic_candidates
from alignment.types import Artifact, Direction, Strategy
from alignment.workers import ordered, processors

if TYPE_CHECKING:
    from alignment.encoder.encoder import Encoder, Precision

REVISION = 4
PARALLEL_FROM = 2000  # pairs: below, a direction by itself takes less time than to send it to another process
_loading = threading.Lock()
logger = logging.getLogger(__name__)


def mine(
    store: Store, language: str, cleaned: Artifact, encoder: Artifact, settings: Triplets, *, pivot: str, seed: int
) -> Artifact:
    """`candidates.parquet` of one language, both directions. No guard is applied yet.

    Where no setting needs the encoder there are no semantic candidates and no similarities.
    """
    measured = needs_vectors(settings)

    def work(out: Path) -> dict[str, int]:
        ids, source, target = tables.read_columns(cleaned.path / "pairs.parquet", "pair_id", "source", "target")
        if measured:
            vectors = loaded(encoder.path / "model", settings.precision).encode([*source, *target])
            x, y = vectors[: len(source)], vectors[len(source) :]
        k, skip = settings.candidates, settings.skip

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
                    found["semantic"] = semantic_candidates(*nearest(anchors, pool, skip + k + 1), k, skip)
                if settings.shares.cross:
                    found["cross"] = semantic_candidates(*nearest(anchors, anchors, skip + k + 1), k, skip)
                for strategy, mined in found.items():
                    between = Vectors(anchors, pool, anchors if strategy == "cross" else pool) if measured else None
                    yield from candidates.batches(direction, strategy, mined, between)

        total = tables.write_batches(out / "candidates.parquet", tables.CANDIDATES, batches())
        logger.info("mine %s: candidates for %d pairs", language, len(ids))
        return {"pairs": len(ids), "lists": total}

    config = {"language": language, "pivot": pivot, "candidates": settings.candidates, "skip": settings.skip}
    config |= {"cross": settings.shares.cross > 0, "vectors": settings.precision if measured else None}
    given = {"clean": cleaned.input()} | ({"encoder": encoder.directory("model")} if measured else {})
    return store.build("mine", work, revision=REVISION, config=config, inputs=given, label=language, seed=seed)


def _lexical(positives: tuple[list[str], str], k: int) -> Candidates:
    return lexical_candidates(positives[0], k, positives[1])


def needs_vectors(settings: Triplets) -> bool:
    """Whether a setting asks for the base encoder; without it a million pairs take minutes, not a day."""
    return settings.shares.semantic > 0 or settings.shares.cross > 0 or settings.relative_margin is not None


def loaded(path: Path, precision: Precision = "fp32") -> Encoder:
    """An encoder, kept in memory for the next language (a base encoder is 0.5 GB).

    One thread at a time: two would load it twice, and transformers' lazy imports do not stand it.
    """
    with _loading:
        return _load(path, precision)


def forget_encoders() -> None:
    """Let go of the encoders in memory."""
    _load.cache_clear()


@functools.lru_cache(maxsize=2)
def _load(path: Path, precision: Precision) -> Encoder:
    from alignment.encoder.encoder import fastest_device, load

    return load(path, precision=precision, device=fastest_device())
