"""Batches of triplets: one direction of one language each, of like lengths, within a token budget.

A batch never holds two members of one meaning group, so that no in-batch negative is a translation,
and never two languages, so that an anchor cannot win by telling languages apart.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

NEIGHBOURHOOD = 8  # batches' worth of triplets that are sorted by length together


class Item(NamedTuple):
    """What the plan needs to know of a triplet."""

    pool: str
    """Language and direction: only triplets of one pool share a batch."""
    tokens: int
    """Longest of its texts."""
    groups: tuple[int, int]
    """Meaning groups of the positive and of the negative."""
    texts: int = 3
    """2 where the explicit negative is not used."""
    weight: float = 1.0
    """How often it comes in an epoch, on average."""


def plan(items: Sequence[Item], *, steps: int, batch_size: int, batch_tokens: int, seed: int) -> list[list[int]]:
    """Exactly `steps` batches of indices into `items`: whole epochs, each shuffled anew by the seed.

    A batch has at most `batch_size` triplets and `longest * texts <= batch_tokens` padded tokens.
    """
    batches: list[list[int]] = []
    epoch = 0
    while len(batches) < steps:
        rng = random.Random(f"{seed}:{epoch}")  # noqa: S311 - a shuffle, not a secret
        batches += _epoch(items, batch_size, batch_tokens, rng)
        epoch += 1
    return batches[:steps]


def _epoch(items: Sequence[Item], batch_size: int, batch_tokens: int, rng: random.Random) -> list[list[int]]:
    pools: dict[str, list[int]] = defaultdict(list)
    for index, item in enumerate(items):
        copies = int(item.weight) + (rng.random() < item.weight % 1) if item.weight != 1 else 1
        pools[item.pool] += [index] * copies
    batches: list[list[int]] = []
    for name in sorted(pools):
        batches += _pool(items, pools[name], batch_size, batch_tokens, rng)
    rng.shuffle(batches)
    return batches


def _pool(
    items: Sequence[Item], members: list[int], batch_size: int, batch_tokens: int, rng: random.Random
) -> list[list[int]]:
    """The batches of one pool; a small rest at its end waits for another epoch's shuffle."""
    rng.shuffle(members)
    batches: list[list[int]] = []
    waiting: list[int] = []
    window = batch_size * NEIGHBOURHOOD
    for start in range(0, len(members), window):
        waiting = sorted(waiting + members[start : start + window], key=lambda index: items[index].tokens)
        while len(waiting) >= batch_size:
            batch, waiting = _fill(items, waiting, batch_size, batch_tokens)
            batches.append(batch)
    while waiting:
        batch, waiting = _fill(items, waiting, batch_size, batch_tokens)
        padded = items[batch[-1]].tokens * sum(items[index].texts for index in batch)
        if 2 * len(batch) >= batch_size or 2 * padded >= batch_tokens or not batches:
            batches.append(batch)
    return batches


def _fill(items: Sequence[Item], order: list[int], batch_size: int, batch_tokens: int) -> tuple[list[int], list[int]]:
    """The next batch of a length-sorted order, and the rest: a meaning that is in the batch already waits."""
    batch: list[int] = []
    later: list[int] = []
    meanings: set[int] = set()
    texts = 0
    for place, index in enumerate(order):
        item = items[index]
        if len(batch) == batch_size or (batch and item.tokens * (texts + item.texts) > batch_tokens):
            return batch, later + order[place:]
        if item.groups[0] in meanings:
            later.append(index)
        else:
            batch.append(index)
            meanings.add(item.groups[0])
            texts += item.texts
    return batch, later
