"""Mines the candidates of one language, pool by pool."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

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
from alignment.triplets.pools import Pool, random_pool_numbers, read_pools
from alignment.triplets.spill import Block
from alignment.types import Artifact, Direction, Input, Strategy
from alignment.vectors import PairVectors, pair_vectors, read_kept
from alignment.workers import available_cpus, ordered

REVISION = 6
"""Of `mine`, and of `pools` and `mine_part`, from which it may take its results."""
PoolKind = Literal["random", "near"]
PARALLEL_FROM = 2000
"""Pairs; for fewer, sending a direction to another process takes longer than the work itself."""
DIRECTIONS: tuple[Direction, ...] = ("forward", "backward")
STRATEGIES: tuple[Strategy, ...] = ("random", "lexical", "semantic", "cross")


def mining_config(
    context: RunContext, language: str, settings: Triplets, *, vectors: bool
) -> dict[str, Any]:
    """What the candidates of a language depend on, besides its pairs and vectors."""
    return {
        "language": language,
        "pivot": context.pivot,
        "num_candidates": settings.num_candidates,
        "pool": settings.pool,
        "skip_top": settings.skip_top,
        "cross": settings.shares.cross > 0,
        "vectors": vectors,
    }


def mining_inputs(cleaned: Artifact, embedded: Artifact | None) -> dict[str, Input]:
    """What is read to mine."""
    inputs = {"clean": cleaned.input()}
    if embedded is not None:
        inputs["embed"] = embedded.input()
    return inputs


def pool_kinds(*, vectors: bool) -> tuple[PoolKind, ...]:
    """Random candidates come from random pools, as all others do if there are no vectors."""
    return ("random", "near") if vectors else ("random",)


def new_miner(
    context: RunContext,
    language: str,
    cleaned: Artifact,
    embedded: Artifact | None,
    settings: Triplets,
) -> Miner:
    """The miner of a language's pairs; without `embedded` it has no vectors.

    Raises:
        Corrupt: if the vectors are damaged or those of other pairs.
    """
    vectors = None if embedded is None else _vectors(cleaned, embedded)
    return Miner(language, context.pivot, vectors, settings, context.seed)


def _vectors(cleaned: Artifact, embedded: Artifact) -> PairVectors:
    pairs = tables.count_rows(cleaned.path / layout.PAIRS)
    vectors = pair_vectors(embedded, read_kept(cleaned))
    if len(vectors) != pairs:
        raise Corrupt(
            f"got vectors of {len(vectors):,} pairs, expected {pairs:,}",
            where=str(embedded.path),
            hint="They are those of other pairs. Delete this directory and run again.",
        )
    return vectors


@dataclass(frozen=True)
class Miner:
    """Mines the candidates of one pool after another."""

    language: str
    pivot: str
    vectors: PairVectors | None
    settings: Triplets
    seed: int

    def pools(self, path: Path, directory: Path) -> Iterator[Iterator[Block]]:
        """The candidates of a table that is larger than a pool, pool by pool."""
        for kind in pool_kinds(vectors=self.vectors is not None):
            yield from self.some_pools(path, kind, self.pool_numbers(path, kind), directory)

    def some_pools(
        self,
        path: Path,
        kind: PoolKind,
        numbers: NDArray[np.int32],
        directory: Path,
        pools: range | None = None,
    ) -> Iterator[Iterator[Block]]:
        """The candidates that are mined in pools of a kind, pool by pool.

        Args:
            path: The table.
            kind: Of the pools.
            numbers: Of the pool of each pair (n,), from `pool_numbers`.
            directory: Where temporary files go.
            pools: Numbers of the pools; None: all of them.
        """
        strategies: Sequence[Strategy] = STRATEGIES
        if self.vectors is not None:
            strategies = STRATEGIES[:1] if kind == "random" else STRATEGIES[1:]
        for pool in read_pools(path, numbers, directory, pools):
            yield self.blocks(pool, strategies)

    def pool_numbers(self, path: Path, kind: PoolKind) -> NDArray[np.int32]:
        """Number of the pool of each pair (n,)."""
        if kind == "near" and self.vectors is not None:
            return near_pool_numbers(self.vectors, self.settings.pool)
        return random_pool_numbers(path, self.settings.pool, self.seed)

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
            for strategy, ranking in mined.items():
                batches = candidates.batches(direction, strategy, ranking, vectors, pool.rows)
                yield Block(direction, strategy, batches)
            if "cross" in strategies and vectors is not None and self.settings.shares.cross:
                anchors = self._nearest(vectors.anchors, vectors.anchors)
                among_anchors = vectors._replace(pool=vectors.anchors)
                batches = candidates.batches(direction, "cross", anchors, among_anchors, pool.rows)
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
