"""mine: candidates for negatives for every pair of one language, by strategy, with similarities."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from alignment import layout, tables
from alignment.config import Triplets
from alignment.context import RunContext
from alignment.stages.mine_part import MineParts, check_parts
from alignment.stages.miner import (
    REVISION,
    STRATEGIES,
    mining_config,
    mining_inputs,
    new_miner,
)
from alignment.triplets.pools import pool_count, whole_table
from alignment.triplets.spill import in_order_of_blocks, in_order_of_pairs, merged_spills
from alignment.types import Artifact, Counts

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
    parts: MineParts | None = None,
) -> Artifact:
    """`candidates.parquet` of one language, both directions. No guard is applied yet.

    If no setting needs vectors, there are no semantic candidates and no similarities.

    Args:
        context: What the stages of a run share.
        language: The language of the targets.
        cleaned: Its pairs, from `clean` or from a stage that dropped some after `embed`.
        embedded: Its artifact of `embed`; unused if no setting needs vectors (`needs_vectors`).
        settings: Strategies and the size of a pool.
        parts: The same candidates in parts, which are merged instead of mining anything.

    Raises:
        Corrupt: if the vectors are damaged or those of other pairs, or a part is damaged.
        ValueError: if vectors are missing, or the parts are those of other pairs or settings.
    """
    embedded = needed_vectors(language, embedded, settings)
    if parts is not None:
        check_parts(context, language, cleaned, embedded, settings, parts)
    path = cleaned.path / layout.PAIRS

    def mined(out: Path) -> Iterator[pa.RecordBatch]:
        pairs = tables.count_rows(path)
        if parts is not None:
            return merged_spills([part.path for part in parts.parts], pairs)
        miner = new_miner(context, language, cleaned, embedded, settings)
        if pool_count(pairs, settings.pool) == 1:
            return in_order_of_blocks(miner.blocks(whole_table(path), STRATEGIES))
        return in_order_of_pairs(miner.pools(path, out), pairs, out)

    def work(out: Path) -> MineCounts:
        lists = tables.write_batches(out / layout.CANDIDATES, tables.CANDIDATES, mined(out))
        pairs = tables.count_rows(path)
        logger.info("mine %s: candidates for %d pairs", language, pairs)
        return MineCounts(pairs, lists)

    return context.store.build(
        "mine",
        work,
        revision=REVISION,
        config=mining_config(context, language, settings, vectors=embedded is not None),
        inputs=mining_inputs(cleaned, embedded),
        label=language,
        seed=context.seed,
        parts=() if parts is None else parts.parts,
    )


def is_mined(
    context: RunContext,
    language: str,
    cleaned: Artifact,
    embedded: Artifact | None,
    settings: Triplets,
) -> bool:
    """Whether `mine` would reuse its artifact."""
    embedded = needed_vectors(language, embedded, settings)
    key = context.store.key(
        "mine",
        revision=REVISION,
        config=mining_config(context, language, settings, vectors=embedded is not None),
        inputs=mining_inputs(cleaned, embedded),
        seed=context.seed,
    )
    return context.store.find("mine", key) is not None


def needs_vectors(settings: Triplets) -> bool:
    """Whether a setting needs the encoder; without it a million pairs take minutes, not a day."""
    shares = settings.shares
    return shares.semantic > 0 or shares.cross > 0 or settings.relative_margin is not None


def needed_vectors(language: str, embedded: Artifact | None, settings: Triplets) -> Artifact | None:
    """The artifact of `embed` if a setting needs it.

    Raises:
        ValueError: if it is needed and there is none.
    """
    if not needs_vectors(settings):
        return None
    if embedded is None:
        raise ValueError(f"mine of {language} needs an artifact of embed")
    return embedded
