"""mine: for every pair of one language the candidates of each strategy, with their similarities."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from alignment import tables
from alignment.config import Triplets
from alignment.retrieval.neighbours import nearest
from alignment.store import Store
from alignment.triplets.negatives import Candidates, lexical_candidates, random_candidates, semantic_candidates
from alignment.types import Artifact

if TYPE_CHECKING:
    from alignment.encoder.encoder import Encoder

REVISION = 3
_loading = threading.Lock()
logger = logging.getLogger(__name__)


def mine(
    store: Store, language: str, cleaned: Artifact, encoder: Artifact, settings: Triplets, *, pivot: str, seed: int
) -> Artifact:
    """`candidates.parquet` of one language, both directions. No guard is applied yet."""

    def work(out: Path) -> dict[str, int]:
        ids, source, target = tables.read_columns(cleaned.path / "pairs.parquet", "pair_id", "source", "target")
        base = loaded(encoder.path / "model")
        vectors = base.encode([*source, *target])
        sides = {"forward": (source, target), "backward": (target, source)}
        x, y = vectors[: len(source)], vectors[len(source) :]
        between = {"forward": (x, y), "backward": (y, x)}
        tongue = {"forward": language, "backward": pivot}

        def rows() -> Iterator[dict[str, Any]]:
            for direction, (_, positives) in sides.items():
                anchors, candidates = between[direction]
                k = settings.candidates
                found = {
                    "random": random_candidates([f"{direction}:{i}" for i in ids], k, seed),
                    "lexical": lexical_candidates(positives, k, tongue[direction]),
                    "semantic": semantic_candidates(*nearest(anchors, candidates, settings.skip + k + 1), k, settings.skip),
                }
                if settings.shares.cross:
                    found["cross"] = semantic_candidates(*nearest(anchors, anchors, settings.skip + k + 1), k, settings.skip)
                positive = np.einsum("nd,nd->n", anchors, candidates)
                for strategy, mined in found.items():
                    pool = anchors if strategy == "cross" else candidates
                    yield from _rows(direction, strategy, mined, positive, anchors, pool)

        total = tables.write(out / "candidates.parquet", tables.CANDIDATES, rows())
        logger.info("mine %s: candidates for %d pairs", language, len(ids))
        return {"pairs": len(ids), "lists": total}

    config = {"language": language, "pivot": pivot, "candidates": settings.candidates, "skip": settings.skip}
    config["cross"] = settings.shares.cross > 0
    given = {"clean": cleaned.input(), "encoder": encoder.input()}
    return store.build("mine", work, revision=REVISION, config=config, inputs=given, label=language, seed=seed)


def _rows(
    direction: str, strategy: str, mined: Candidates, positive: Any, anchors: Any, vectors: Any  # noqa: ANN401
) -> Iterator[dict[str, Any]]:  # fmt: skip
    for i, (rows, scores) in enumerate(zip(mined.rows, mined.scores, strict=True)):
        kept = rows >= 0
        yield {
            "pair": i, "direction": direction, "strategy": strategy, "positive_similarity": float(positive[i]),
            "candidates": rows[kept].tolist(), "scores": scores[kept].tolist(),
            "similarities": (vectors[rows[kept]] @ anchors[i]).tolist(),
        }  # fmt: skip


def loaded(path: Path) -> Encoder:
    """An encoder, kept in memory for the next language (a base encoder is 0.5 GB).

    One thread at a time: two would load it twice, and transformers' lazy imports do not stand it.
    """
    with _loading:
        return _load(path)


def forget_encoders() -> None:
    """Let go of the encoders in memory."""
    _load.cache_clear()


@functools.lru_cache(maxsize=2)
def _load(path: Path) -> Encoder:
    from alignment.encoder.encoder import load

    return load(path)
