"""Batches of triplets: one direction of one language each (or mixed), within a token budget.

A batch never holds two members of one meaning group, so that no in-batch negative is a translation.
Triplets that share a sentence, the mismatched translation of one being the translation of another, come
together in small families: the sentence is encoded once, and the batch holds what is hard to tell apart,
also where a triplet's own negative is not used: it costs nothing as another's translation.
"""

from __future__ import annotations

import random
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from alignment.config import Train


class Item(NamedTuple):
    """What the plan needs to know of a triplet."""

    pool: str
    """Language and direction: only triplets of one pool share a batch, unless batches are mixed."""
    sentences: tuple[int, ...]
    """Numbers of anchor, positive and, where it is used, the explicit negative."""
    lengths: tuple[int, ...]
    """Their tokens."""
    groups: tuple[int, int]
    """Meaning groups of the positive and of the negative."""
    weight: float = 1.0
    """How often it comes in an epoch, on average."""
    near: tuple[int, ...] = ()
    """The sentence of its negative, where that is not encoded for it: a batch that holds it anyway is a harder one."""


def plan(items: Sequence[Item], train: Train, *, steps: int, seed: int) -> list[list[int]]:
    """Exactly `steps` batches of indices into `items`: whole epochs, each shuffled anew by the seed.

    A batch has at most `train.batch_size` triplets, and its distinct sentences at most `train.batch_tokens` tokens
    (but for one triplet that is longer by itself).
    """
    if steps and not any(item.weight > 0 for item in items):
        raise ValueError("there is no triplet to plan batches of")
    factors = pool_factors(items, train.language_temperature, train.max_oversampling)
    batches: list[list[int]] = []
    epoch = 0
    while len(batches) < steps:
        rng = random.Random(f"{seed}:{epoch}")
        batches += _epoch(items, train, factors, rng)
        epoch += 1
    return batches[:steps]


def pool_factors(items: Sequence[Item], temperature: float, max_repeats: float) -> dict[str, float]:
    """How many times each triplet of a pool comes in an epoch: pools are drawn by `n ** (1 / temperature)`.

    An epoch is as long as without it, but for pools that would come more often than `max_repeats` times: they come
    so often, and no other pool makes up for it.
    """
    sizes: dict[str, float] = defaultdict(float)
    for item in items:
        sizes[item.pool] += item.weight
    shares = {pool: size ** (1 / temperature) for pool, size in sizes.items() if size}
    scale = sum(sizes.values()) / sum(shares.values()) if shares else 0.0
    return {pool: min(max_repeats, scale * share / sizes[pool]) for pool, share in shares.items()}


def _epoch(
    items: Sequence[Item], train: Train, factors: dict[str, float], rng: random.Random
) -> list[list[int]]:
    pools: dict[str, list[int]] = defaultdict(list)
    for index, item in enumerate(items):
        times = item.weight * factors.get(item.pool, 0.0)
        copies = 1 if times == 1 else int(times) + (rng.random() < times % 1)
        pools["" if train.mix_languages else item.pool] += [index] * copies
    batches: list[list[int]] = []
    for name in sorted(pools):
        rng.shuffle(pools[name])
        batches += _pool(items, pools[name], train)
    rng.shuffle(batches)
    return batches


def _pool(items: Sequence[Item], members: list[int], train: Train) -> list[list[int]]:
    """The batches of one shuffled pool; a small rest at its end waits for another epoch's shuffle."""
    kin = _Kin(items, members)
    waiting = deque(range(len(members)))
    batches: list[list[int]] = []
    while waiting:
        batch = _Batch(items, train)
        later: list[int] = []
        while waiting and not batch.full:
            first = waiting.popleft()
            if kin.free[first]:
                for place in islice(kin.family(first), train.group_related):
                    kin.free[place] = not batch.take(members[place])
                if kin.free[first]:  # its meaning is there already, or the batch is full
                    later.append(first)
        waiting.extendleft(reversed(later))
        if batch.members and (batch.worthwhile or not batches):
            batches.append(batch.members)
    return batches


class _Kin:
    """Triplets of a pool by their translations, true or mismatched; places are positions in `members`."""

    def __init__(self, items: Sequence[Item], members: Sequence[int]) -> None:
        self._translations = [items[index].sentences[1:] + items[index].near for index in members]
        self._places: dict[int, list[int]] = defaultdict(list)
        for place in reversed(range(len(members))):  # the next one stands last
            for sentence in self._translations[place]:
                self._places[sentence].append(place)
        self.free = [True] * len(members)

    def family(self, first: int) -> Iterator[int]:
        """The place itself, then free ones that share a translation with one before. The caller takes them or not."""
        yield first
        shared = deque(
            reversed(self._translations[first])
        )  # its negative first: that is some triplet's translation
        while not self.free[first] and shared:
            places = self._places[shared[0]]
            while places and not self.free[places[-1]]:
                places.pop()
            if not places:
                shared.popleft()
                continue
            place = places[-1]
            yield place
            if self.free[place]:  # not wanted
                shared.popleft()
            else:
                shared.extend(reversed(self._translations[place]))


class _Batch:
    """A batch while it is filled."""

    def __init__(self, items: Sequence[Item], train: Train) -> None:
        self._items = items
        self._size, self._budget = train.batch_size, train.batch_tokens
        self._sentences: set[int] = set()
        self._meanings: set[int] = set()
        self._tokens = 0
        self._over = False
        self.members: list[int] = []

    @property
    def full(self) -> bool:
        return self._over or len(self.members) == self._size

    @property
    def worthwhile(self) -> bool:
        """At least half of what would fit."""
        return self._over or 2 * len(self.members) >= self._size or 2 * self._tokens >= self._budget

    def take(self, index: int) -> bool:
        """Add a triplet, unless its meaning is there or there is no room."""
        item = self._items[index]
        if self.full or item.groups[0] in self._meanings:
            return False
        new = {
            s: n
            for s, n in zip(item.sentences, item.lengths, strict=True)
            if s not in self._sentences
        }
        if self.members and self._tokens + sum(new.values()) > self._budget:
            self._over = True
            return False
        self.members.append(index)
        self._sentences.update(new)
        self._meanings.add(item.groups[0])
        self._tokens += sum(new.values())
        return True
