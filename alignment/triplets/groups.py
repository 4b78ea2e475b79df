"""Meaning groups: connected components of "is a translation of", over all pairs and languages.

Sentences are known by 64-bit hashes. Two different sentences with equal hashes, which are to be
expected once in 100,000 corpora of 10 million pairs, join two groups: candidates are then refused
that could have been used, and never the other way round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alignment.arrays import save_array
from alignment.triplets.components import Nodes, chunks, node_type, smallest_members

Sentences = NDArray[np.int64]
"""Sentences by their 64-bit hashes, which differ for equal texts of two languages."""

GroupLookup = Callable[[str, str], int]
"""The meaning group of a language and a sentence, which need not occur in any pair."""


@dataclass(frozen=True)
class MeaningGroups:
    """The group of every sentence that occurs in a pair.

    Two Finnish sentences with the same English translation have one meaning, and so has everything
    that either of them translates.
    """

    sentences: Sentences
    """Each sentence once, ascending (n,)."""
    groups: NDArray[Any]
    """The group of each (n,), numbered from 0 in the order of the groups' smallest members."""

    @classmethod
    def of(cls, pairs: Iterable[tuple[Sentences, Sentences]]) -> MeaningGroups:
        """Groups of columns of sources and targets (k,) that are translations of each other.

        The columns may be memory-mapped files. Memory is at most about 32 bytes per pair.
        """
        sides = list(pairs)
        sources = [source for source, _ in sides]
        targets = [target for _, target in sides]
        sentences = _distinct([*sources, *targets])
        smallest = smallest_members(
            len(sentences), _numbers(sentences, sources), _numbers(sentences, targets)
        )
        return cls(sentences, _ranks(smallest))

    def find(self, sentences: Sentences) -> NDArray[np.int64]:
        """The group of each sentence (n,).

        A sentence that occurs in no pair gets a group that no other sentence has, below 0.
        """
        alone = -1 - (sentences & np.iinfo(np.int64).max)
        if not len(self.sentences):
            return alone
        # The place past the end, for sentences beyond the last one, is no place to compare with.
        places = np.minimum(_places(self.sentences, sentences), len(self.sentences) - 1)
        return np.where(self.sentences[places] == sentences, self.groups[places], alone)

    def save(self, directory: Path) -> None:
        """Write the arrays for `load` in another process."""
        directory.mkdir(parents=True, exist_ok=True)
        save_array(directory / "sentences.npy", self.sentences)
        save_array(directory / "groups.npy", self.groups)

    @classmethod
    def load(cls, directory: Path) -> MeaningGroups:
        """Map the arrays into memory, which several processes then share."""
        sentences = np.load(directory / "sentences.npy", mmap_mode="r")
        groups = np.load(directory / "groups.npy", mmap_mode="r")
        return cls(sentences, groups)


def _distinct(columns: Sequence[Sentences]) -> Sentences:
    """Every sentence of the columns once, ascending."""
    sentences = np.empty(sum(map(len, columns)), np.int64)
    first = 0
    for column in columns:
        sentences[first : first + len(column)] = column
        first += len(column)
    sentences.sort()
    is_first = np.ones(len(sentences), dtype=bool)
    is_first[1:] = sentences[1:] != sentences[:-1]
    return sentences[is_first]


def _numbers(sentences: Sentences, columns: Sequence[Sentences]) -> Nodes:
    """The place in `sentences` of each sentence of the columns, one column after the other."""
    numbers = np.empty(sum(map(len, columns)), node_type(len(sentences)))
    first = 0
    for column in columns:
        for part in chunks(len(column)):
            places = _places(sentences, column[part])
            numbers[first : first + len(places)] = places
            first += len(places)
    return numbers


def _places(sentences: Sentences, queries: Sentences) -> NDArray[np.int64]:
    """`searchsorted`, which is several times faster if it is asked in order."""
    order = np.argsort(queries)
    places = np.empty(len(queries), np.int64)
    places[order] = np.searchsorted(sentences, queries[order])
    return places


def _ranks(smallest: Nodes) -> Nodes:
    """Numbers from 0 of components that are known by their smallest members."""
    is_root = smallest == np.arange(len(smallest), dtype=smallest.dtype)
    ranks = np.cumsum(is_root, dtype=smallest.dtype) - 1
    ranks = ranks.astype(smallest.dtype, copy=False)
    return ranks[smallest]
