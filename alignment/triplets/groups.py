"""Meaning groups: connected components of "is a translation of", over all pairs and languages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

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
    groups: NDArray[np.int64]
    """The group of each (n,), numbered from 0 in the order of the groups' smallest members."""

    @classmethod
    def of(cls, pairs: Iterable[tuple[Sentences, Sentences]]) -> MeaningGroups:
        """Groups of columns of sources and targets (k,) that are translations of each other."""
        sources = [np.empty(0, np.int64)]
        targets = [np.empty(0, np.int64)]
        for source, target in pairs:
            sources.append(source)
            targets.append(target)
        both = np.concatenate(sources + targets)
        sentences, nodes = np.unique(both, return_inverse=True)
        source_nodes, target_nodes = np.split(nodes, 2)
        edges = np.ones(len(source_nodes), np.int8)
        n = len(sentences)
        graph = sparse.coo_array((edges, (source_nodes, target_nodes)), shape=(n, n))
        # scipy numbers components in any order; number them by their smallest member instead.
        _, component = sparse.csgraph.connected_components(graph, directed=False)
        _, first, group = np.unique(component, return_index=True, return_inverse=True)
        return cls(sentences, np.argsort(np.argsort(first))[group])

    def find(self, sentences: Sentences) -> NDArray[np.int64]:
        """The group of each sentence (n,).

        A sentence that occurs in no pair gets a group that no other sentence has, below 0.
        """
        alone = -1 - (sentences & np.iinfo(np.int64).max)
        if not len(self.sentences):
            return alone
        # The place past the end, for sentences beyond the last one, is no place to compare with.
        places = np.minimum(np.searchsorted(self.sentences, sentences), len(self.sentences) - 1)
        return np.where(self.sentences[places] == sentences, self.groups[places], alone)

    def save(self, directory: Path) -> None:
        """Write the arrays for `load` in another process."""
        directory.mkdir(parents=True, exist_ok=True)
        np.save(directory / "sentences.npy", self.sentences)
        np.save(directory / "groups.npy", self.groups)

    @classmethod
    def load(cls, directory: Path) -> MeaningGroups:
        """Map the arrays into memory, which several processes then share."""
        sentences = np.load(directory / "sentences.npy", mmap_mode="r")
        groups = np.load(directory / "groups.npy", mmap_mode="r")
        return cls(sentences, groups)
