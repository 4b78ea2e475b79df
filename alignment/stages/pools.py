"""pools: the pool of each pair of one language, for those who mine a part of the pools."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alignment import layout, tables
from alignment.arrays import save_array
from alignment.config import Triplets
from alignment.context import RunContext
from alignment.stages.miner import (
    REVISION,
    PoolKind,
    mining_inputs,
    new_miner,
    pool_kinds,
)
from alignment.triplets.pools import pool_count
from alignment.types import Artifact, Counts

POOL_FILES: dict[PoolKind, str] = {"random": layout.RANDOM_POOLS, "near": layout.NEAR_POOLS}


@dataclass(frozen=True)
class PoolsCounts(Counts):
    """Pools of each kind."""

    random: int
    near: int


def pools(
    context: RunContext,
    language: str,
    cleaned: Artifact,
    embedded: Artifact | None,
    settings: Triplets,
) -> Artifact:
    """The number of each pair's pool, by kind of pool.

    `mine` on one machine has no need of it: it numbers and mines in one go.

    Args:
        context: What the stages of a run share.
        language: The language of the targets.
        cleaned: Its pairs, from `clean` or from a stage that dropped some after `embed`.
        embedded: Its artifact of `embed`; without it there are random pools only.
        settings: The size of a pool.

    Raises:
        Corrupt: if the vectors are damaged or those of other pairs.
    """
    path = cleaned.path / layout.PAIRS

    def work(out: Path) -> PoolsCounts:
        miner = new_miner(context, language, cleaned, embedded, settings)
        for kind in pool_kinds(vectors=embedded is not None):
            save_array(out / POOL_FILES[kind], miner.pool_numbers(path, kind))
        count = pool_count(tables.count_rows(path), settings.pool)
        return PoolsCounts(random=count, near=0 if embedded is None else count)

    return context.store.build(
        "pools",
        work,
        revision=REVISION,
        config={"pool": settings.pool},
        inputs=mining_inputs(cleaned, embedded),
        label=language,
        seed=context.seed,
    )
