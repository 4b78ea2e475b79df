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
from alignment.types import SentencePair

NUM_EXCERPTS = 20
ROWS = 10
"""Consecutive pairs of an excerpt."""
MAX_CHARS = 1000
"""Longer texts are cut: no encoder reads more."""


class Excerpts(NamedTuple):
    """The excerpts of one corpus as columns."""

    number: NDArray[np.int64]
    """Of the excerpt that the row belongs to (n,)."""
    source: list[str]
    target: list[str]

    def every(self, step: int) -> Excerpts:
        """Every `step`-th excerpt."""
        rows = np.flatnonzero(self.number % step == 0)
        source = [self.source[row] for row in rows]
        target = [self.target[row] for row in rows]
        return Excerpts(self.number[rows], source, target)


class ExcerptSampler:
    """Chooses excerpts while the pairs of a corpus stream by, and keeps those only.

    An excerpt begins at one of the pivot texts with the smallest hashes, so that corpora with the
    same pivot texts give excerpts of the same text in every language. A corpus of up to
    `num_excerpts * rows` pairs is kept whole.

    Args:
        num_excerpts: At most this many are kept.
        rows: Pairs of each; the last one of a corpus may be shorter.
    """

    def __init__(self, num_excerpts: int = NUM_EXCERPTS, rows: int = ROWS) -> None:
        self._num_excerpts = num_excerpts
        self._rows = rows
        self._largest_first: list[tuple[int, int]] = []  # (-hash, where it begins)
        self._hashes: set[int] = set()
        self._excerpts: dict[int, list[SentencePair]] = {}  # by where they begin
        self._open: list[SentencePair] | None = None
        self._position = 0

    def add(self, pair: SentencePair) -> None:
        """Take the next pair of the corpus."""
        if self._open is None or len(self._open) == self._rows:
            self._open = self._begin(pair)
        if self._open is not None:
            source = pair.source[:MAX_CHARS]
            self._open.append(SentencePair(source, pair.target[:MAX_CHARS], pair.origin))
        self._position += 1

    def excerpts(self) -> Iterator[tuple[int, SentencePair]]:
        """The pairs with the number of their excerpt, in the order of the corpus."""
        for number, begin in enumerate(sorted(self._excerpts)):
            for pair in self._excerpts[begin]:
                yield number, pair

    def _begin(self, pair: SentencePair) -> list[SentencePair] | None:
        """A new excerpt if it is among the chosen ones so far."""
        value = xxhash.xxh3_64_intdigest(pair.source.encode("utf-8", "surrogatepass"))
        if value in self._hashes:  # a sentence that recurs begins one excerpt only
            return None
        if len(self._excerpts) == self._num_excerpts:
            largest, begin = self._largest_first[0]
            if value >= -largest:
                return None
            heapq.heappop(self._largest_first)
            self._hashes.remove(-largest)
            del self._excerpts[begin]
        heapq.heappush(self._largest_first, (-value, self._position))
        self._hashes.add(value)
        self._excerpts[self._position] = []
        return self._excerpts[self._position]


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
