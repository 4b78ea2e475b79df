"""mine: candidates for negatives for every pair of one language, by strategy, with similarities."""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alignment import layout, tables
from alignment.config import Triplets
from alignment.context import RunContext
from alignment.errors import Corrupt
from alignment.retrieval.neighbors import nearest
from alignment.triplets import candidates
from alignment.triplets.candidates import Candidates, Vectors
from alignment.triplets.lexical import lexical_candidates
from alignment.triplets.near_pools import near_pool_numbers
from alignment.triplets.negatives import random_candidates, semantic_candidates
from alignment.triplets.pools import (
    Pool,
    pool_count,
    random_pool_numbers,
    read_pools,
    whole_table,
)
from alignment.triplets.spill import Block, in_order_of_blocks, in_order_of_pairs
from alignment.types import Artifact, Counts, Direction, Strategy
from alignment.vectors import PairVectors, pair_vectors, read_kept
from alignment.workers import available_cpus, ordered

REVISION = 6
PARALLEL_FROM = 2000
"""Pairs; for fewer, sending a direction to another process takes longer than the work itself."""
DIRECTIONS: tuple[Direction, ...] = ("forward", "backward")
STRATEGIES: tuple[Strategy, ...] = ("random", "lexical", "semantic", "cross")
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class MineCounts(Counts):
    """Pairs of one language, and their lists of candidates (per direction and strategy)."""

    pairs: int
    lists: int


def mine(
    context: RunContext,
    language: str,
    cleaned: Artifact,
    embedded: Artifact | None,
    settings: Triplets,
) -> Artifact:
    """`candidates.parquet` of one language, both directions. No guard is applied yet.

    If no setting needs vectors, there are no semantic candidates and no similarities.

    Args:
        context: What the stages of a run share.
        language: The language of the targets.
        cleaned: Its pairs, from `clean` or from a stage that dropped some after `embed`.
        embedded: Its artifact of `embed`; unused if no setting needs vectors (`needs_vectors`).
        settings: Strategies and the size of a pool.

    Raises:
        Corrupt: if the vectors are damaged or those of other pairs.
    """
    if not needs_vectors(settings):
        embedded = None
    elif embedded is None:
        raise ValueError(f"mine of {language} needs an artifact of embed")

    def work(out: Path) -> MineCounts:
        path = cleaned.path / layout.PAIRS
        pairs = tables.count_rows(path)
        vectors = None if embedded is None else _vectors(cleaned, embedded, pairs)
        miner = _Miner(language, context.pivot, vectors, settings, context.seed)
        if pool_count(pairs, settings.pool) == 1:
            batches = in_order_of_blocks(miner.blocks(whole_table(path), STRATEGIES))
        else:
            batches = in_order_of_pairs(miner.pools(path, out), pairs, out)
        lists = tables.write_batches(out / layout.CANDIDATES, tables.CANDIDATES, batches)
        logger.info("mine %s: candidates for %d pairs", language, pairs)
        return MineCounts(pairs, lists)

    inputs = {"clean": cleaned.input()}
    if embedded is not None:
        inputs["embed"] = embedded.input()
    return context.store.build(
        "mine",
        work,
        revision=REVISION,
        config={
            "language": language,
            "pivot": context.pivot,
            "num_candidates": settings.num_candidates,
            "pool": settings.pool,
            "skip_top": settings.skip_top,
            "cross": settings.shares.cross > 0,
            "vectors": embedded is not None,
        },
        inputs=inputs,
        label=language,
        seed=context.seed,
    )


def needs_vectors(settings: Triplets) -> bool:
    """Whether a setting needs the encoder; without it a million pairs take minutes, not a day."""
    shares = settings.shares
    return shares.semantic > 0 or shares.cross > 0 or settings.relative_margin is not None


def _vectors(cleaned: Artifact, embedded: Artifact, pairs: int) -> PairVectors:
    vectors = pair_vectors(embedded, read_kept(cleaned))
    if len(vectors) != pairs:
        raise Corrupt(
            f"got vectors of {len(vectors):,} pairs, expected {pairs:,}",
            where=str(embedded.path),
            hint="They are those of other pairs. Delete this directory and run again.",
        )
    return vectors


@dataclass(frozen=True)
class _Miner:
    """Mines the candidates of one pool after another."""

    language: str
    pivot: str
    vectors: PairVectors | None
    settings: Triplets
    seed: int

    def pools(self, path: Path, directory: Path) -> Iterator[Iterator[Block]]:
        """The candidates of a table that is larger than a pool, pool by pool.

        Random candidates come from random pools, as all others do if there are no vectors.
        """
        random_numbers = random_pool_numbers(path, self.settings.pool, self.seed)
        if self.vectors is None:
            for pool in read_pools(path, random_numbers, directory):
                yield self.blocks(pool, STRATEGIES)
            return
        for pool in read_pools(path, random_numbers, directory):
            yield self.blocks(pool, ("random",))
        near_numbers = near_pool_numbers(self.vectors, self.settings.pool)
        for pool in read_pools(path, near_numbers, directory):
            yield self.blocks(pool, STRATEGIES[1:])

    def blocks(self, pool: Pool, strategies: Sequence[Strategy]) -> Iterator[Block]:
        """The candidates of a pool by direction and strategy, as far as they can be mined."""
        k = self.settings.num_candidates
        vectors_by_direction = self._vectors(pool)
        by_words = self._lexical(pool) if "lexical" in strategies else iter(())
        for direction in DIRECTIONS:
            vectors = vectors_by_direction.get(direction)
            mined: dict[Strategy, Candidates] = {}
            if "random" in strategies:
                identities = [f"{direction}:{identity}" for identity in pool.ids]
                mined["random"] = random_candidates(identities, k, self.seed)
            if "lexical" in strategies:
                mined["lexical"] = next(by_words)
            if "semantic" in strategies and vectors is not None:
                mined["semantic"] = self._nearest(vectors.anchors, vectors.pool)
            for strategy, found in mined.items():
                batches = candidates.batches(direction, strategy, found, vectors, pool.rows)
                yield Block(direction, strategy, batches)
            if "cross" in strategies and vectors is not None and self.settings.shares.cross:
                found = self._nearest(vectors.anchors, vectors.anchors)
                among_anchors = vectors._replace(pool=vectors.anchors)
                batches = candidates.batches(direction, "cross", found, among_anchors, pool.rows)
                yield Block(direction, "cross", batches)

    def _vectors(self, pool: Pool) -> dict[Direction, Vectors]:
        """Of a pool's texts, by direction; empty if there are none."""
        if self.vectors is None:
            return {}
        sources = self.vectors.sources(pool.rows)
        targets = self.vectors.targets(pool.rows)
        return {
            "forward": Vectors(sources, targets, targets),
            "backward": Vectors(targets, sources, sources),
        }

    def _lexical(self, pool: Pool) -> Iterator[Candidates]:
        """By direction, each in its own process if the pool is large."""
        positives = [(pool.target, self.language), (pool.source, self.pivot)]
        workers = available_cpus() if len(pool) >= PARALLEL_FROM else 1
        search = functools.partial(_lexical, k=self.settings.num_candidates)
        return ordered(positives, search, workers, ahead=1)

    def _nearest(self, anchors: NDArray[np.float32], pool: NDArray[np.float32]) -> Candidates:
        from alignment.encoder.device import fastest_device  # loads torch

        k = self.settings.num_candidates
        skip = self.settings.skip_top
        neighbors = nearest(anchors, pool, skip + k + 1, device=fastest_device())
        return semantic_candidates(*neighbors, k, skip)


def _lexical(positives: tuple[list[str], str], k: int) -> Candidates:
    texts, language = positives
    return lexical_candidates(texts, k, language)
