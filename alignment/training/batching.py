"""The batch plan: which triplets are trained on together, within a token budget.

A batch holds one language and direction, unless languages are mixed. It never holds two triplets
of one meaning group, so no in-batch negative is a translation.

Triplets that share a sentence come together in small groups, for example when the negative of one
is the translation of another. The shared sentence is encoded once, and the batch holds sentences
that are hard to tell apart. This also serves triplets whose negative is not encoded for them: it is
there as the translation of another triplet.

The plan is made batch by batch. An epoch takes memory for the order of its triplets and for how
often each is left: five to eight bytes a triplet.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import xxhash
from numpy.typing import NDArray

from alignment.config import Train
from alignment.training.data import TripletData

RELEASE_BATCHES = 4
"""Batches after which mapped pages are given back. Without it a page here and a page there map
whole files; after every batch it would cost a millisecond."""
MAX_POSTPONED = 1024
"""Triplets that a batch puts off because it has their meaning, before it is left as it is."""


def plan(data: TripletData, train: Train, *, steps: int, seed: int) -> Iterator[list[int]]:
    """Exactly `steps` batches of triplets: whole epochs, each in an order of its own.

    A batch has at most `train.batch_size` triplets and at most `train.batch_tokens` tokens, each
    distinct sentence counted once. A triplet that is longer than that is a batch by itself. The
    plan depends on the seed only: one of more steps starts with the same batches.

    Raises:
        ValueError: if no triplet has a positive weight.
    """
    weights = data.total_weights()
    if steps and not weights.any():
        raise ValueError("there are no triplets to plan batches of")
    factors = pool_factors(weights, train.language_temperature, train.max_oversampling)
    return itertools.islice(_batches(data, train, factors, seed), steps)


def pool_factors(
    weights: NDArray[np.float64], temperature: float, max_oversampling: float
) -> NDArray[np.float64]:
    """How often each triplet of a pool comes in an epoch (pools,), from the pools' total weights.

    A pool of weight n gets the share `n ** (1 / temperature)` of an epoch. The length of an epoch
    stays the same, except where a pool would exceed `max_oversampling`: it is cut to that, and no
    other pool makes up for it.

    >>> pool_factors(np.array([900.0, 100.0]), 2.0, 4.0).round(2).tolist()
    [0.83, 2.5]
    """
    if not weights.any():
        return np.zeros(len(weights))
    shares = np.where(weights > 0, weights, 0.0) ** (1 / temperature)
    scale = weights.sum() / shares.sum()
    factors = np.divide(scale * shares, weights, out=np.zeros(len(weights)), where=weights > 0)
    limited: NDArray[np.float64] = np.minimum(max_oversampling, factors)
    return limited


def _batches(
    data: TripletData, train: Train, factors: NDArray[np.float64], seed: int
) -> Iterator[list[int]]:
    """The batches of one epoch after the other.

    Each pool's batches are spread evenly over the epoch, so that every language is as far as the
    others at any time.
    """
    largest = float(data.columns["weight"].max(initial=0.0)) * float(factors.max(initial=0.0))
    data.release()
    remaining = np.zeros(len(data), np.min_scalar_type(int(largest) + 1))
    for epoch in itertools.count():
        salt = xxhash.xxh3_64_intdigest(f"{seed}:{epoch}".encode())
        streams = []
        batch_numbers = itertools.count(1)
        for name, numbers in _pools(data, mixed=train.mix_languages).items():
            rng = np.random.default_rng([salt, xxhash.xxh3_64_intdigest(name.encode())])
            order = _order(data, numbers, factors, remaining, rng)
            pool = None if train.mix_languages else numbers[0]
            filler = _Filler(data, train, remaining, pool, batch_numbers)
            streams.append(_placed_batches(filler, order, salt, rng))
            data.release()  # a large part of some columns was read
        yield from map(itemgetter(1), heapq.merge(*streams, key=itemgetter(0)))


def _pools(data: TripletData, *, mixed: bool) -> dict[str, list[int]]:
    """The pools by name, or all as one."""
    if mixed:
        return {"": list(range(len(data.meta.pools)))}
    return {">".join(pool): [number] for number, pool in enumerate(data.meta.pools)}


def _order(
    data: TripletData,
    pools: Sequence[int],
    factors: NDArray[np.float64],
    remaining: NDArray[np.unsignedinteger],
    rng: np.random.Generator,
) -> NDArray[np.int32]:
    """The triplets of pools in random order, each as often as it comes in this epoch.

    Sets how often each is left in `remaining` (triplets,).
    """
    parts = [np.empty(0, np.int32)]
    for pool in pools:
        rows = data.pool_rows(pool)
        expected = data.columns["weight"][rows] * np.float32(factors[pool])
        if (expected == 1).all():
            remaining[rows] = 1
            parts.append(rows)
            continue
        # A random whole number whose mean is the expected one.
        repeats = np.floor(expected + rng.random(len(rows), np.float32)).astype(remaining.dtype)
        remaining[rows] = repeats
        parts.append(np.repeat(rows, repeats))
    order = np.concatenate(parts)
    rng.shuffle(order)
    return order


class _Placed(NamedTuple):
    """A batch and its place in the epoch, from 0 to 1."""

    place: float
    batch: list[int]


def _placed_batches(
    filler: _Filler, order: NDArray[np.int32], salt: int, rng: np.random.Generator
) -> Iterator[_Placed]:
    """The batches of one shuffled pool. A small rest at its end waits for the next epoch.

    A batch that holds the triplets from the n-th to the m-th of N has a random place between n / N
    and m / N.
    """
    waiting = _Waiting(order)
    taken = 0
    any_yielded = False
    while True:
        batch = filler.next_batch(waiting, salt)
        if not batch.members:
            return
        if batch.worthwhile or not any_yielded:
            place = taken + rng.random() * len(batch.members)
            any_yielded = True
            yield _Placed(place / len(order), batch.members)
        taken += len(batch.members)


class _Waiting:
    """The order of a pool's triplets, of which some were put off."""

    def __init__(self, order: NDArray[np.int32]) -> None:
        self._order = order.data
        self._next = 0
        self._postponed: deque[int] = deque()

    def pop(self) -> int | None:
        """The next triplet, None at the end."""
        if self._postponed:
            return self._postponed.popleft()
        if self._next == len(self._order):
            return None
        self._next += 1
        return int(self._order[self._next - 1])

    def put_off(self, rows: Sequence[int]) -> None:
        """Let triplets come first in the next batch."""
        self._postponed.extendleft(reversed(rows))


class _Filler:
    """Fills the batches of a pool."""

    def __init__(
        self,
        data: TripletData,
        train: Train,
        remaining: NDArray[np.unsignedinteger],
        pool: int | None,
        made: Iterator[int],
    ) -> None:
        """Count the batches of all pools with `made`."""
        self._data = data
        self._train = train
        self._remaining = remaining.data
        self._pool = pool
        self._made = made

    def next_batch(self, waiting: _Waiting, salt: int) -> _Batch:
        """A batch of what is waiting; empty if nothing is."""
        batch = _Batch(self._data, self._train)
        postponed: list[int] = []
        while not batch.full and len(postponed) < MAX_POSTPONED:
            first = waiting.pop()
            if first is None:
                break
            if self._remaining[first] and not self._take_related(batch, first, salt):
                postponed.append(first)  # the batch has its meaning already, or is full
        waiting.put_off(postponed)
        if next(self._made) % RELEASE_BATCHES == 0:
            self._data.release()
        return batch

    def _take_related(self, batch: _Batch, first: int, salt: int) -> bool:
        """Take a triplet, then others that share a translation with one that was taken.

        Returns whether the first was taken. A translation, true or mismatched, leads to others
        until one of them does not fit.
        """
        if not self._take(batch, first):
            return False
        open_lists = deque(self._lists(first, salt))
        for _ in range(self._train.group_related - 1):
            row = self._next_available(open_lists)
            if row is None or batch.full:
                break
            if self._take(batch, row):
                open_lists.extend(self._lists(row, salt))
            else:
                open_lists.popleft()
        return True

    def _take(self, batch: _Batch, row: int) -> bool:
        taken = batch.take(row)
        if taken:
            self._remaining[row] -= 1
        return taken

    def _lists(self, row: int, salt: int) -> Iterator[Iterator[int]]:
        """The triplets of each translation of a triplet."""
        # The negative first, because it is the translation of another triplet.
        for sentence in reversed(self._data.translations(row)):
            yield iter(self._data.related(sentence, salt))

    def _next_available(self, open_lists: deque[Iterator[int]]) -> int | None:
        """The next triplet of the first list that has one left; removes the lists before it."""
        while open_lists:
            for row in open_lists[0]:
                if self._remaining[row] and self._pool in (None, self._data.pool(row)):
                    return row
            open_lists.popleft()
        return None


class _Batch:
    """A batch that is being filled."""

    def __init__(self, data: TripletData, train: Train) -> None:
        self._data = data
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

    def take(self, row: int) -> bool:
        """Add a triplet, unless the batch has its meaning already or has no room for it."""
        meaning = self._data.group(row)
        if self.full or meaning in self._meanings:
            return False
        new = set(self._data.encoded(row)) - self._sentences
        tokens = sum(self._data.length(sentence) for sentence in new)
        if self.members and self._tokens + tokens > self._max_tokens:
            self._out_of_tokens = True
            return False
        self.members.append(row)
        self._sentences.update(new)
        self._meanings.add(meaning)
        self._tokens += tokens
        return True
