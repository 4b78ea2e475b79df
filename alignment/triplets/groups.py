"""Meaning groups: connected components of "is a translation of" over all pairs of all languages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Sentences = NDArray[np.int64]
"""Sentences by their 64-bit hashes, which differ for equal texts of two languages."""


@dataclass(frozen=True)
class MeaningGroups:
    """The group of every sentence that stands in a pair.

    Two Finnish sentences with the same English are one meaning, and so is everything that either
    of them translates.
    """

    sentences: Sentences
    """Each once, ascending (n,)."""
    groups: NDArray[np.int64]
    """Of each (n,), numbered from 0 by the groups' smallest members."""

    @classmethod
    def of(cls, pairs: Iterable[tuple[Sentences, Sentences]]) -> MeaningGroups:
        """The components of columns of sources and targets that are translations of each other."""
        sides = [side for pair in pairs for side in pair]
        columns = [np.concatenate([np.empty(0, np.int64), *sides[start::2]]) for start in (0, 1)]
        sentences, nodes = np.unique(np.concatenate(columns), return_inverse=True)
        source, target = np.split(nodes, 2)
        n = len(sentences)
        graph = sparse.coo_array((np.ones(len(source), np.int8), (source, target)), shape=(n, n))
        _, component = sparse.csgraph.connected_components(graph, directed=False)
        _, first, group = np.unique(component, return_index=True, return_inverse=True)
        return cls(sentences, np.argsort(np.argsort(first))[group])

    def find(self, sentences: Sentences) -> NDArray[np.int64]:
        """The group of each sentence; one that stands in no pair has a meaning of its own, below 0."""
        alone = -1 - (sentences & np.iinfo(np.int64).max)
        if not len(self.sentences):
            return alone
        places = np.minimum(np.searchsorted(self.sentences, sentences), len(self.sentences) - 1)
        return np.where(self.sentences[places] == sentences, self.groups[places], alone)

    def save(self, directory: Path) -> None:
        """For `load` in another process."""
        directory.mkdir(parents=True, exist_ok=True)
        np.save(directory / "sentences.npy", self.sentences)
        np.save(directory / "groups.npy", self.groups)

    @classmethod
    def load(cls, directory: Path) -> MeaningGroups:
        """Mapped into memory: several processes share it."""
        return cls(
            *(np.load(directory / f"{name}.npy", mmap_mode="r") for name in ("sentences", "groups"))
        )
