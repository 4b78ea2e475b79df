"""Meaning groups: connected components of "is a translation of" over all pairs of all languages."""

from __future__ import annotations

from collections.abc import Iterable


class MeaningGroups:
    """Union-find over sentences, each given by (language, fingerprint).

    Two Finnish sentences with the same English are one meaning, and so is everything that either
    of them translates.
    """

    def __init__(self) -> None:
        self._parent: dict[tuple[str, int], tuple[str, int]] = {}

    def add(self, source: tuple[str, int], target: tuple[str, int]) -> None:
        """The two sentences are translations of each other."""
        a, b = self._root(source), self._root(target)
        if a != b:
            self._parent[max(a, b)] = min(a, b)

    def numbered(self, sentences: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
        """The group number of each sentence; numbers follow the groups' smallest members."""
        roots = {sentence: self._root(sentence) for sentence in sentences}
        number = {root: i for i, root in enumerate(sorted(set(roots.values())))}
        return {sentence: number[root] for sentence, root in roots.items()}

    def sentences(self) -> list[tuple[str, int]]:
        """Every sentence that stands in a pair."""
        return list(self._parent)

    def _root(self, sentence: tuple[str, int]) -> tuple[str, int]:
        root = sentence
        while (above := self._parent.setdefault(root, root)) != root:
            root = above
        while self._parent[sentence] != root:  # point the whole path at the root
            self._parent[sentence], sentence = root, self._parent[sentence]
        return root
