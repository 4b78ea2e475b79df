"""The pool of many languages: which texts it has, and which of them mean the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray


class PairedTexts(Protocol):
    """The pairs of one language."""

    @property
    def language(self) -> str:
        """Of the targets."""
        ...

    @property
    def sources(self) -> Sequence[str]:
        """In the pivot language (n)."""
        ...

    @property
    def targets(self) -> Sequence[str]:
        """Their translations (n)."""
        ...


class Pool(NamedTuple):
    """The distinct texts of every language, the pivot's first; all have m entries."""

    texts: list[str]
    languages: list[str]
    meanings: NDArray[np.int64]
    """Texts of one meaning are connected by translations, directly or through others."""


def pool_of(bitexts: Sequence[PairedTexts], pivot: str) -> Pool:
    """All texts of the bitexts, each once per language."""
    from scipy import sparse

    numbers: dict[tuple[str, str], int] = {}
    for bitext in bitexts:
        for text in bitext.sources:
            numbers.setdefault((pivot, text), len(numbers))
    for bitext in bitexts:
        for text in bitext.targets:
            numbers.setdefault((bitext.language, text), len(numbers))
    sources: list[int] = []
    targets: list[int] = []
    for bitext in bitexts:
        sources += [numbers[pivot, text] for text in bitext.sources]
        targets += [numbers[bitext.language, text] for text in bitext.targets]
    edges = np.ones(len(sources), np.int8)
    graph = sparse.coo_array((edges, (sources, targets)), shape=(len(numbers), len(numbers)))
    _, meanings = sparse.csgraph.connected_components(graph, directed=False)
    return Pool(
        texts=[text for _, text in numbers],
        languages=[language for language, _ in numbers],
        meanings=meanings.astype(np.int64),
    )
