"""mine_part: the candidates in some pools of one language, so that machines share it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alignment import layout
from alignment.arrays import map_array
from alignment.config import Triplets
from alignment.context import RunContext
from alignment.stages.miner import REVISION, PoolKind, mining_config, mining_inputs, new_miner
from alignment.stages.pools import POOL_FILES, PoolsCounts
from alignment.triplets.pools import pool_count
from alignment.triplets.spill import spill
from alignment.types import Artifact, Counts, Input

POOLS_PER_PART = 16
"""Two million pairs: a quarter of an hour of a core. Each part reads all pairs of its language."""


class PoolRange(NamedTuple):
    """Pools of one kind with these numbers."""

    kind: PoolKind
    first: int
    stop: int


@dataclass(frozen=True)
class MinePartCounts(Counts):
    """Pools of one part."""

    pools: int


class MineParts(NamedTuple):
    """The candidates of one language in parts."""

    numbered: Artifact
    """Of `pools`."""
    parts: Sequence[Artifact]
    """Of `mine_part`, in the order of `pool_ranges`."""


def is_one_part(pairs: int, settings: Triplets) -> bool:
    """Whether a language is too small to be divided."""
    return pool_count(pairs, settings.pool) <= POOLS_PER_PART


def pool_ranges(numbered: Artifact) -> list[PoolRange]:
    """The parts of a language whose pools are numbered, the same on every cluster."""
    counts = PoolsCounts.of(numbered)
    pools: dict[PoolKind, int] = {"random": counts.random, "near": counts.near}
    ranges = []
    for kind, number in pools.items():
        for first in range(0, number, POOLS_PER_PART):
            ranges.append(PoolRange(kind, first, min(first + POOLS_PER_PART, number)))
    return ranges


def mine_part(
    context: RunContext,
    language: str,
    cleaned: Artifact,
    embedded: Artifact | None,
    settings: Triplets,
    numbered: Artifact,
    pools: PoolRange,
) -> Artifact:
    """The candidates of some pools, which `mine` merges with those of the others.

    Args:
        context: What the stages of a run share.
        language: The language of the targets.
        cleaned: Its pairs, from `clean` or from a stage that dropped some after `embed`.
        embedded: Its artifact of `embed`; None if no setting needs vectors.
        settings: Strategies and the size of a pool.
        numbered: The artifact of `pools` of the language.
        pools: Which pools to mine, one of `pool_ranges`.

    Raises:
        Corrupt: if the vectors are damaged or those of other pairs.
    """
    path = cleaned.path / layout.PAIRS

    def work(out: Path) -> MinePartCounts:
        miner = new_miner(context, language, cleaned, embedded, settings)
        numbers: NDArray[np.int32] = map_array(numbered.path / POOL_FILES[pools.kind], "<i4")
        wanted = range(pools.first, pools.stop)
        spill(miner.some_pools(path, pools.kind, numbers, out, wanted), out)
        return MinePartCounts(len(wanted))

    return context.store.build(
        "mine_part",
        work,
        revision=REVISION,
        config=_config(context, language, settings, pools, vectors=embedded is not None),
        inputs=_inputs(cleaned, embedded, numbered),
        label=language,
        seed=context.seed,
    )


def check_parts(
    context: RunContext,
    language: str,
    cleaned: Artifact,
    embedded: Artifact | None,
    settings: Triplets,
    parts: MineParts,
) -> None:
    """Check that the parts are those of these pairs and settings, all of them, in their order.

    Raises:
        ValueError: if not.
    """
    expected = []
    for pools in pool_ranges(parts.numbered):
        key = context.store.key(
            "mine_part",
            revision=REVISION,
            config=_config(context, language, settings, pools, vectors=embedded is not None),
            inputs=_inputs(cleaned, embedded, parts.numbered),
            seed=context.seed,
        )
        expected.append(key)
    if [part.key for part in parts.parts] != expected:
        raise ValueError(
            f"mine of {language} got parts of other pairs, vectors or settings, "
            f"or not all {len(expected)} parts in their order"
        )


def _config(
    context: RunContext,
    language: str,
    settings: Triplets,
    pools: PoolRange,
    *,
    vectors: bool,
) -> dict[str, Any]:
    config = mining_config(context, language, settings, vectors=vectors)
    return {**config, "kind": pools.kind, "pools": [pools.first, pools.stop]}


def _inputs(
    cleaned: Artifact, embedded: Artifact | None, numbered: Artifact
) -> Mapping[str, Input]:
    return {**mining_inputs(cleaned, embedded), "pools": numbered.input()}
