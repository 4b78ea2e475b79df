"""The training data as plain Python objects, and a plain way to read it and to plan its batches.

The tests compare the columns with it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import xxhash
from numpy.typing import NDArray

from alignment.config import Train
from alignment.hashing import splitmix64
from alignment.training.data import UNUSED, Choice, TripletData
from alignment.training.tokenized import Meta

Tokenize = Callable[[list[str], str], list[list[int]]]
"""Token ids of texts on a side, "source" or "target"."""


class Sentence(NamedTuple):
    """A distinct sentence."""

    text: str
    language: str
    token_ids: list[int]


class Triplet(NamedTuple):
    """A triplet. Its sentences are positions in a list."""

    anchor: int
    positive: int
    negative: int = UNUSED
    group: int = 0
    negative_group: int = 1000
    anchor_language: str = "en"
    positive_language: str = "fi"
    weight: float = 1.0

    @property
    def pool(self) -> tuple[str, str]:
        return self.anchor_language, self.positive_language


class Item(NamedTuple):
    """A triplet with all that its batch depends on."""

    pool: str
    sentences: tuple[int, ...]
    """Numbers of the anchor, the positive and, if there is one, the negative."""
    lengths: tuple[int, ...]
    """Tokens of each sentence."""
    groups: tuple[int, int]
    weight: float = 1.0
    encodes_negative: bool = True


def lists_of(items: list[Item]) -> tuple[list[Sentence], list[Triplet], list[bool]]:
    """The sentences, numbered again, and the triplets; which of them encode their negative."""
    lengths: dict[int, int] = {}
    for each in items:
        lengths.update(zip(each.sentences, each.lengths, strict=False))
    numbers = {number: i for i, number in enumerate(sorted(lengths))}
    sentences = [Sentence(str(n), "en", [1] * lengths[n]) for n in sorted(lengths)]
    triplets = []
    for each in items:
        anchor, positive, negative = (*(numbers[n] for n in each.sentences), UNUSED)[:3]
        triplets.append(
            Triplet(anchor, positive, negative, *each.groups, each.pool, "fi", each.weight)
        )
    return sentences, triplets, [each.encodes_negative for each in items]


def read(
    rows: Iterable[Mapping[str, Any]], tokenize: Tokenize, pivot: str
) -> tuple[list[Sentence], list[Triplet]]:
    """The sentences and triplets of the rows of a triplets table."""
    rows = list(rows)
    numbers: dict[str, int] = {}
    for row in rows:
        for name in ("anchor", "positive", "negative"):
            if row[name] or name != "negative":
                numbers.setdefault(row[name], len(numbers))
    languages: dict[str, str] = {}
    for name in ("negative", "positive", "anchor"):
        for row in rows:
            languages[row[name]] = row[f"{name}_lang"]
    sentences = []
    for text in numbers:
        side = "source" if languages[text] == pivot else "target"
        (token_ids,) = tokenize([text], side)
        sentences.append(Sentence(text, languages[text], token_ids))
    triplets = []
    for row in rows:
        triplets.append(
            Triplet(
                numbers[row["anchor"]],
                numbers[row["positive"]],
                numbers.get(row["negative"], UNUSED) if row["negative"] else UNUSED,
                row["group"],
                row["negative_group"],
                row["anchor_lang"],
                row["positive_lang"],
                row["weight"],
            )
        )
    return sentences, triplets


def columns(sentences: Sequence[Sentence], triplets: Sequence[Triplet]) -> dict[str, NDArray[Any]]:
    """What `write_tokenized` writes, in memory."""
    languages = _languages(sentences, triplets)
    pools = list(dict.fromkeys(triplet.pool for triplet in triplets))
    texts = [sentence.text.encode() for sentence in sentences]
    token_ids = [sentence.token_ids for sentence in sentences]
    hashes = [xxhash.xxh3_128_intdigest(text) % 2**64 for text in texts]
    in_pair = {number for triplet in triplets for number in triplet[:2]}
    smallest: dict[int, int] = {}
    for triplet in triplets:
        for number in (triplet.anchor, triplet.positive):
            so_far = smallest.get(triplet.group, 2**64)
            smallest[triplet.group] = min(so_far, hashes[number])
    meanings = splitmix64(np.array([smallest[t.group] for t in triplets], np.uint64))
    by_pool = [[i for i, t in enumerate(triplets) if t.pool == pool] for pool in pools]
    related: list[list[int]] = [[] for _ in sentences]
    for i, t in enumerate(triplets):
        for number in t[1:3]:
            if number != UNUSED:
                related[number].append(i)
    flat: list[Any] = [number for triplet in triplets for number in triplet[:3]]
    return {
        "sentences": np.array(flat, np.int32),
        "group": np.array([t.group for t in triplets], np.int64),
        "negative_group": np.array([t.negative_group for t in triplets], np.int64),
        "weight": np.array([t.weight for t in triplets], np.float32),
        "pool": np.array([pools.index(t.pool) for t in triplets], np.int32),
        "meaning": (meanings >> np.uint64(32)).astype(np.uint32),
        "pools_rows": np.array(_joined(by_pool), np.int32),
        "pools_offsets": _offsets(by_pool),
        "related_rows": np.array(_joined(related), np.int32),
        "related_offsets": _offsets(related),
        "text": np.frombuffer(b"".join(texts), np.uint8),
        "text_offsets": _offsets(texts),
        "token_ids": np.array(_joined(token_ids), np.int32),
        "token_offsets": _offsets(token_ids),
        "used_tokens": np.unique(np.array(_joined(token_ids), np.int32)),
        "hash": np.array(hashes, np.uint64),
        "language": np.array([languages.index(s.language) for s in sentences], np.uint16),
        "in_pair": np.array([number in in_pair for number in range(len(sentences))], dtype=bool),
    }


def data_of(
    sentences: Sequence[Sentence],
    triplets: Sequence[Triplet],
    encoded_negatives: Sequence[bool] | None = None,
) -> TripletData:
    """The same as `TripletData`, in memory."""
    pools = list(dict.fromkeys(triplet.pool for triplet in triplets))
    meta = Meta(_languages(sentences, triplets), pools, len(triplets), len(sentences))
    encoded = None if encoded_negatives is None else np.array(encoded_negatives)
    return TripletData(columns(sentences, triplets), meta, Choice(None, encoded))


def _languages(sentences: Iterable[Sentence], triplets: Iterable[Triplet]) -> list[str]:
    languages = [sentence.language for sentence in sentences]
    for triplet in triplets:
        languages += triplet.pool
    return list(dict.fromkeys(languages))


def _joined(lists: Iterable[Sequence[int]]) -> list[int]:
    return [value for values in lists for value in values]


def _offsets(lists: Iterable[Sequence[Any]]) -> NDArray[np.int64]:
    return np.cumsum([0, *map(len, lists)])


def plan(
    sentences: Sequence[Sentence],
    triplets: Sequence[Triplet],
    train: Train,
    *,
    steps: int,
    seed: int,
    encoded_negatives: Sequence[bool] | None = None,
) -> list[list[int]]:
    """The batches, by lists and dictionaries, an epoch at a time."""
    if encoded_negatives is None:
        encoded_negatives = [True] * len(triplets)
    batches: list[list[int]] = []
    epoch = 0
    while len(batches) < steps:
        salt = xxhash.xxh3_64_intdigest(f"{seed}:{epoch}".encode())
        plain = _Epoch(sentences, triplets, train, salt, encoded_negatives)
        batches += [batch for _, batch in sorted(plain.placed_batches(), key=lambda item: item[0])]
        epoch += 1
    return batches[:steps]


class _Epoch:
    def __init__(
        self,
        sentences: Sequence[Sentence],
        triplets: Sequence[Triplet],
        train: Train,
        salt: int,
        encoded_negatives: Sequence[bool],
    ) -> None:
        self.sentences = sentences
        self.triplets = triplets
        self.train = train
        self.salt = salt
        self.encoded_negatives = encoded_negatives
        self.left: dict[int, int] = {}

    def placed_batches(self) -> list[tuple[float, list[int]]]:
        names: dict[str, list[int]] = {}
        pools = list(dict.fromkeys(triplet.pool for triplet in self.triplets))
        for pool in pools:
            name = "" if self.train.mix_languages else ">".join(pool)
            rows = [i for i, triplet in enumerate(self.triplets) if triplet.pool == pool]
            names.setdefault(name, []).extend(rows)
        placed = []
        for name, rows in names.items():
            rng = np.random.default_rng([self.salt, xxhash.xxh3_64_intdigest(name.encode())])
            placed += self._batches_of_pool(self._order(rows, rng), rng, set(rows))
        return placed

    def _order(self, rows: list[int], rng: np.random.Generator) -> list[int]:
        """By pool, because the random numbers of several are drawn one pool after the other."""
        order: list[int] = []
        totals: dict[tuple[str, str], float] = {}
        for triplet in self.triplets:
            totals[triplet.pool] = totals.get(triplet.pool, 0.0) + triplet.weight
        shares = {p: n ** (1 / self.train.language_temperature) for p, n in totals.items()}
        scale = sum(totals.values()) / sum(shares.values())
        for pool in dict.fromkeys(self.triplets[row].pool for row in rows):
            members = [row for row in rows if self.triplets[row].pool == pool]
            factor = min(self.train.max_oversampling, scale * shares[pool] / totals[pool])
            expected = [
                np.float32(self.triplets[row].weight) * np.float32(factor) for row in members
            ]
            repeats = [1] * len(members)
            if any(value != 1 for value in expected):
                drawn = rng.random(len(members), np.float32)
                repeats = [int(np.floor(e + d)) for e, d in zip(expected, drawn, strict=True)]
            for row, count in zip(members, repeats, strict=True):
                self.left[row] = count
                order += [row] * count
        shuffled = np.array(order, np.int32)
        rng.shuffle(shuffled)
        result: list[int] = shuffled.tolist()
        return result

    def _batches_of_pool(
        self, order: list[int], rng: np.random.Generator, pool: set[int]
    ) -> list[tuple[float, list[int]]]:
        waiting = deque(order)
        placed: list[tuple[float, list[int]]] = []
        taken = 0
        while True:
            batch = _Batch(self)
            postponed = []
            while waiting and not batch.full:
                first = waiting.popleft()
                if self.left[first] and not self._take_related(batch, first, pool):
                    postponed.append(first)
            waiting.extendleft(reversed(postponed))
            if not batch.members:
                return placed
            if batch.worthwhile or not placed:
                place = taken + rng.random() * len(batch.members)
                placed.append((place / len(order), batch.members))
            taken += len(batch.members)

    def _take_related(self, batch: _Batch, first: int, pool: set[int]) -> bool:
        if not batch.take(first):
            return False
        tried = 1
        lists = self._lists(first)
        while lists and tried < self.train.group_related and not batch.full:
            while lists[0] and not (lists[0][0] in pool and self.left[lists[0][0]]):
                lists[0].pop(0)
            if not lists[0]:
                lists.pop(0)
                continue
            row = lists[0].pop(0)
            tried += 1
            if batch.take(row):
                lists += self._lists(row)
            else:
                lists.pop(0)
        return True

    def _lists(self, row: int) -> list[list[int]]:
        triplet = self.triplets[row]
        sentences = [triplet.positive]
        pairs = {number for each in self.triplets for number in each[:2]}
        if triplet.negative != UNUSED and (
            self.encoded_negatives[row] or triplet.negative in pairs
        ):
            sentences = [triplet.negative, triplet.positive]
        lists = []
        for sentence in sentences:
            rows = [i for i, each in enumerate(self.triplets) if sentence in each[1:3]]
            shift = (sentence * 2_654_435_761 + self.salt) % len(rows)
            lists.append(rows[shift:] + rows[:shift])
        return lists

    def encoded(self, row: int) -> set[int]:
        triplet = self.triplets[row]
        sentences = {triplet.anchor, triplet.positive}
        if self.encoded_negatives[row]:
            sentences.add(triplet.negative)
        return sentences - {UNUSED}


class _Batch:
    def __init__(self, epoch: _Epoch) -> None:
        self.epoch = epoch
        self.members: list[int] = []
        self.out_of_tokens = False

    @property
    def full(self) -> bool:
        return self.out_of_tokens or len(self.members) == self.epoch.train.batch_size

    @property
    def worthwhile(self) -> bool:
        train = self.epoch.train
        enough = 2 * len(self.members) >= train.batch_size
        return self.out_of_tokens or enough or 2 * self.tokens() >= train.batch_tokens

    def tokens(self, *more: int) -> int:
        distinct: set[int] = set()
        for row in (*self.members, *more):
            distinct |= self.epoch.encoded(row)
        return sum(len(self.epoch.sentences[number].token_ids) for number in distinct)

    def take(self, row: int) -> bool:
        epoch = self.epoch
        meanings = {epoch.triplets[member].group for member in self.members}
        if self.full or epoch.triplets[row].group in meanings:
            return False
        if self.members and self.tokens(row) > epoch.train.batch_tokens:
            self.out_of_tokens = True
            return False
        self.members.append(row)
        epoch.left[row] -= 1
        return True
