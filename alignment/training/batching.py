"""The batch plan: which triplets are trained on together, within a token budget.

A batch holds one language and direction, unless languages are mixed. It never holds two triplets
of one meaning group, so no in-batch negative is a translation.

Triplets that share a sentence come together in small groups, for example when the negative of one
is the translation of another. The shared sentence is encoded once, and the batch holds sentences
that are hard to tell apart. This also serves triplets whose negative is not encoded for them: it is
there as the translation of another triplet.
"""

from __future__ import annotations

import random
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from alignment.config import Train


class Item(NamedTuple):
    """What the plan needs to know of a triplet."""

    pool: str
    """Language and direction. Only triplets of one pool share a batch, unless they are mixed."""
    sentences: tuple[int, ...]
    """Numbers of the anchor, the positive and, if it is encoded, the negative."""
    lengths: tuple[int, ...]
    """Tokens of each sentence."""
    groups: tuple[int, int]
    """Meaning groups of the positive and of the negative."""
    weight: float = 1.0
    """How often the triplet comes in an epoch, on average."""
    unencoded_negative: int | None = None
    """The sentence of a negative that is not encoded for this triplet."""

    def translations(self) -> tuple[int, ...]:
        """The positive and the negative, encoded for this triplet or not."""
        if self.unencoded_negative is None:
            return self.sentences[1:]
        return *self.sentences[1:], self.unencoded_negative


def plan(items: Sequence[Item], train: Train, *, steps: int, seed: int) -> list[list[int]]:
    """Exactly `steps` batches of indices into `items`: whole epochs, each with its own shuffle.

    A batch has at most `train.batch_size` triplets and at most `train.batch_tokens` tokens, each
    distinct sentence counted once. A triplet that is longer than that is a batch by itself. The
    plan depends on the seed only: one of more steps starts with the same batches.

    Raises:
        ValueError: if no item has a positive weight.
    """
    if steps and not any(item.weight > 0 for item in items):
        raise ValueError("there are no triplets to plan batches of")
    factors = pool_factors(items, train.language_temperature, train.max_oversampling)
    batches: list[list[int]] = []
    epoch = 0
    while len(batches) < steps:
        rng = random.Random(f"{seed}:{epoch}")
        batches += _epoch(items, train, factors, rng)
        epoch += 1
    return batches[:steps]


def pool_factors(
    items: Sequence[Item], temperature: float, max_oversampling: float
) -> dict[str, float]:
    """How often each triplet of a pool comes in an epoch, by pool.

    A pool of n triplets gets the share `n ** (1 / temperature)` of an epoch. The length of an epoch
    stays the same, except where a pool would exceed `max_oversampling`: it is cut to that, and no
    other pool makes up for it.
    """
    sizes: dict[str, float] = defaultdict(float)
    for item in items:
        sizes[item.pool] += item.weight
    shares = {pool: size ** (1 / temperature) for pool, size in sizes.items() if size}
    if not shares:
        return {}
    scale = sum(sizes.values()) / sum(shares.values())
    return {
        pool: min(max_oversampling, scale * share / sizes[pool]) for pool, share in shares.items()
    }


def _epoch(
    items: Sequence[Item], train: Train, factors: Mapping[str, float], rng: random.Random
) -> list[list[int]]:
    pools: dict[str, list[int]] = defaultdict(list)
    for index, item in enumerate(items):
        repeats = _repeats(item.weight * factors.get(item.pool, 0.0), rng)
        pools["" if train.mix_languages else item.pool] += [index] * repeats
    batches: list[list[int]] = []
    for name in sorted(pools):
        rng.shuffle(pools[name])
        batches += _pool_batches(items, pools[name], train)
    rng.shuffle(batches)
    return batches


def _repeats(expected: float, rng: random.Random) -> int:
    """A random whole number whose mean is `expected`."""
    if expected == 1:
        return 1
    return int(expected) + (rng.random() < expected % 1)


def _pool_batches(items: Sequence[Item], members: list[int], train: Train) -> list[list[int]]:
    """The batches of one shuffled pool. A small rest at its end waits for the next epoch."""
    shared = _SharedSentences(items, members)
    waiting = deque(range(len(members)))
    batches: list[list[int]] = []
    while waiting:
        batch = _Batch(items, train)
        postponed = _fill(batch, waiting, shared, members, train.group_related)
        waiting.extendleft(reversed(postponed))
        if batch.members and (batch.worthwhile or not batches):
            batches.append(batch.members)
    return batches


def _fill(
    batch: _Batch,
    waiting: deque[int],
    shared: _SharedSentences,
    members: Sequence[int],
    group_related: int,
) -> list[int]:
    """Fill a batch from the waiting positions. Returns those that have to wait for the next one."""
    postponed = []
    while waiting and not batch.full:
        first = waiting.popleft()
        if not shared.available[first]:
            continue
        for position in islice(shared.related(first), group_related):
            shared.available[position] = not batch.take(members[position])
        if shared.available[first]:  # the batch has its meaning already, or is full
            postponed.append(first)
    return postponed


class _SharedSentences:
    """Finds triplets of a pool that share a translation, true or mismatched.

    Triplets are given by their position in `members`. Who takes one sets `available` to False.
    """

    def __init__(self, items: Sequence[Item], members: Sequence[int]) -> None:
        self._translations = [items[index].translations() for index in members]
        self._positions: dict[int, list[int]] = defaultdict(list)
        for position in reversed(range(len(members))):  # so that the next position is at the end
            for sentence in self._translations[position]:
                self._positions[sentence].append(position)
        self.available = [True] * len(members)

    def related(self, first: int) -> Iterator[int]:
        """`first`, then available positions that share a translation with one that was taken.

        The caller takes a position, or not, before it asks for the next one.
        """
        yield first
        # The negative first, because it is the translation of another triplet.
        sentences = deque(reversed(self._translations[first]))
        while not self.available[first] and sentences:
            position = self._next_available(sentences[0])
            if position is None:
                sentences.popleft()
                continue
            yield position
            if self.available[position]:  # it was not taken
                sentences.popleft()
            else:
                sentences.extend(reversed(self._translations[position]))

    def _next_available(self, sentence: int) -> int | None:
        positions = self._positions[sentence]
        while positions and not self.available[positions[-1]]:
            positions.pop()
        if not positions:
            return None
        return positions[-1]


class _Batch:
    """A batch that is being filled."""

    def __init__(self, items: Sequence[Item], train: Train) -> None:
        self._items = items
        self._max_size = train.batch_size
        self._max_tokens = train.batch_tokens
        self._sentences: set[int] = set()
        self._meanings: set[int] = set()
        self._tokens = 0
        self._out_of_tokens = False
        self.members: list[int] = []

    @property
    def full(self) -> bool:
        return self._out_of_tokens or len(self.members) == self._max_size

    @property
    def worthwhile(self) -> bool:
        """Whether it holds at least half of what would fit."""
        half_size = 2 * len(self.members) >= self._max_size
        half_tokens = 2 * self._tokens >= self._max_tokens
        return self._out_of_tokens or half_size or half_tokens

    def take(self, index: int) -> bool:
        """Add a triplet, unless the batch has its meaning already or has no room for it."""
        item = self._items[index]
        if self.full or item.groups[0] in self._meanings:
            return False
        lengths = zip(item.sentences, item.lengths, strict=True)
        new = {sentence: n for sentence, n in lengths if sentence not in self._sentences}
        tokens = sum(new.values())
        if self.members and self._tokens + tokens > self._max_tokens:
            self._out_of_tokens = True
            return False
        self.members.append(index)
        self._sentences.update(new)
        self._meanings.add(item.groups[0])
        self._tokens += tokens
        return True
