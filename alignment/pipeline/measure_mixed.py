"""Measure an encoder on one pool of all languages, as in a multilingual knowledge base."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from alignment.encoder.encoder import Encoder
    from alignment.pipeline.measure import Bitext
    from alignment.retrieval.mixed import MixedResult


class Pool(NamedTuple):
    """The distinct texts of every language, the pivot's first; all have m entries."""

    texts: list[str]
    languages: list[str]
    meanings: NDArray[np.int64]
    """Texts of one meaning are connected by translations, directly or through others."""


def pool_of(bitexts: Sequence[Bitext], pivot: str) -> Pool:
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


def measure_mixed(encoder: Encoder, bitexts: Sequence[Bitext], pivot: str) -> list[MixedResult]:
    """Search the texts of each language among all others, the pivot's queries first."""
    from alignment.retrieval.mixed import MixedPool, search_mixed

    pool = pool_of(bitexts, pivot)
    of_pivot = sum(language == pivot for language in pool.languages)
    vectors = np.concatenate(
        [
            encoder.encode(pool.texts[:of_pivot], side="source"),
            encoder.encode(pool.texts[of_pivot:], side="target"),
        ]
    )
    mixed = MixedPool(vectors, pool.meanings, pool.languages)
    return [search_mixed(mixed, language) for language in dict.fromkeys(pool.languages)]
