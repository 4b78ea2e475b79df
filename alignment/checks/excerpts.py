"""Excerpts of a corpus: runs of consecutive pairs, in the order in which the corpus has them.

A file that is shifted by a line shows only where neighbors are still neighbors, that is before
sampling, filtering and deduplication.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xxhash
from numpy.typing import NDArray

from alignment import tables
from alignment.text import storable
from alignment.types import SentencePair

NUM_ROWS = 300
"""Pairs that are kept of a corpus, and at most one excerpt more."""
ROWS = (8, 12)
"""Consecutive pairs of an excerpt, at least and at most; the last of a corpus may be shorter."""
MAX_CHARS = 1000
"""Longer texts are cut: no encoder reads more."""


class Excerpts(NamedTuple):
    """The excerpts of one corpus as columns."""

    number: NDArray[np.int64]
    """Of the excerpt that the row belongs to (n,)."""
    source: list[str]
    target: list[str]

    def third(self) -> Excerpts:
        """The first third of the excerpts, by number."""
        rows = np.flatnonzero(self.number <= self.number.max(initial=0) // 3)
        source = [self.source[row] for row in rows]
        target = [self.target[row] for row in rows]
        return Excerpts(self.number[rows], source, target)


class ExcerptSampler:
    """Chooses excerpts while the pairs of a corpus stream by, and keeps those only.

    The hashes of the pivot texts decide where an excerpt ends and which ones are kept, so that
    corpora with the same pivot texts give excerpts of the same text in every language. A corpus of
    up to `num_rows` pairs is kept whole.
    """

    def __init__(self, num_rows: int = NUM_ROWS) -> None:
        self._num_rows = num_rows
        self._largest_first: list[tuple[int, int]] = []  # (-hash, where it begins)
        self._excerpts: dict[int, list[SentencePair]] = {}  # by where they begin
        self._hashes: set[int] = set()
        self._kept_rows = 0
        self._open: list[SentencePair] = []
        self._open_hash = 0
        self._position = 0

    def add(self, pair: SentencePair) -> None:
        """Take the next pair of the corpus."""
        value = _hash(pair.source)
        shortest, longest = ROWS
        size = len(self._open)
        if size >= longest or (size >= shortest and value % 4 == 0):
            self._close()
        if not self._open:
            self._open_hash = value
        source = pair.source[:MAX_CHARS]
        self._open.append(SentencePair(source, pair.target[:MAX_CHARS], pair.origin))
        self._position += 1

    def excerpts(self) -> Iterator[tuple[int, SentencePair]]:
        """The pairs with the number of their excerpt, which counts up with the hash.

        Call it after the last pair.
        """
        if self._open:
            self._close()
        for number, (_, begin) in enumerate(sorted(self._largest_first, reverse=True)):
            for source, target, origin in self._excerpts[begin]:
                yield number, SentencePair(storable(source), storable(target), origin)

    def _close(self) -> None:
        """Keep the open excerpt, and drop those with the largest hashes if there are too many."""
        begin = self._position - len(self._open)
        value = self._open_hash
        if value in self._hashes:  # a sentence that recurs would choose all of its excerpts
            value = _hash(f"{begin} {self._open[0].source}")
        self._hashes.add(value)
        heapq.heappush(self._largest_first, (-value, begin))
        self._excerpts[begin] = self._open
        self._kept_rows += len(self._open)
        self._open = []
        while True:
            largest, begin = self._largest_first[0]
            size = len(self._excerpts[begin])
            if self._kept_rows - size < self._num_rows:
                return
            heapq.heappop(self._largest_first)
            self._hashes.remove(-largest)
            del self._excerpts[begin]
            self._kept_rows -= size


def _hash(text: str) -> int:
    return xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"))


def read_excerpts(path: Path) -> dict[str, Excerpts]:
    """The excerpts by corpus, from a file with the schema `tables.EXCERPTS`."""
    rows: dict[str, list[tuple[int, str, str]]] = {}
    columns = tables.read_columns(path, "corpus", "excerpt", "source", "target")
    for corpus, number, source, target in zip(*columns, strict=True):
        rows.setdefault(corpus, []).append((number, source, target))
    by_corpus = {}
    for corpus, of_corpus in rows.items():
        numbers, sources, targets = zip(*of_corpus, strict=True)
        by_corpus[corpus] = Excerpts(np.array(numbers, np.int64), list(sources), list(targets))
    return by_corpus
