"""Validation pairs: meanings that are kept from training, to choose the step with the best weights.

They are chosen by a hash of the text and left out in every language, because the same sentence in
another language would give them away. They are not the suites of the gate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from alignment.training.columns import chunks
from alignment.training.data import TripletData

MIN_PAIRS = 8  # of a language; the accuracy on fewer is mostly chance
MAX_PAIRS = 128


def _positions(values: Iterable[int]) -> dict[int, int]:
    return {value: position for position, value in enumerate(values)}


class Pair(NamedTuple):
    """Sentence numbers of a text of the pivot and of its translation."""

    pivot: int
    translation: int


@dataclass(frozen=True)
class ValidationPairs:
    """Pairs by language, `MIN_PAIRS` to `MAX_PAIRS` of each."""

    pairs: dict[str, list[Pair]]

    def sentences(self) -> list[int]:
        """All sentences, each once."""
        all_pairs = chain.from_iterable(self.pairs.values())
        return list(dict.fromkeys(chain.from_iterable(all_pairs)))

    def accuracy(self, vectors: torch.Tensor) -> dict[str, float]:
        """Accuracy@1 by language in [0, 1], the mean of both directions.

        `vectors` are unit rows (sentences, dim) in the order of `sentences`.
        """
        accuracy = {}
        for language, (to_pivot, from_pivot) in self.correct(vectors).items():
            accuracy[language] = float((to_pivot.float().mean() + from_pivot.float().mean()) / 2)
        return accuracy

    def correct(self, vectors: torch.Tensor) -> dict[str, torch.Tensor]:
        """Whether each pair is found, by language: to the pivot and from it (2, pairs).

        `vectors` are unit rows (sentences, dim) in the order of `sentences`. A translation is
        searched among the pivot's sentences of all languages, because those of one language are
        few; a pivot's sentence is searched among the translations of the language.
        """
        rows = _positions(self.sentences())
        all_pivots = self._all_pivots()
        pivot_columns = _positions(all_pivots)
        pivot_vectors = vectors[_lookup(rows, all_pivots)]
        correct = {}
        for language, pairs in self.pairs.items():
            pivots, translations = zip(*pairs, strict=True)
            sources = vectors[_lookup(rows, pivots)]
            targets = vectors[_lookup(rows, translations)]
            columns = torch.tensor(_lookup(pivot_columns, pivots), device=vectors.device)
            diagonal = torch.arange(len(pairs), device=vectors.device)
            to_pivot = (targets @ pivot_vectors.T).argmax(1) == columns
            from_pivot = (sources @ targets.T).argmax(1) == diagonal
            correct[language] = torch.stack([to_pivot, from_pivot])
        return correct

    def _all_pivots(self) -> list[int]:
        all_pairs = chain.from_iterable(self.pairs.values())
        return list(dict.fromkeys(pair.pivot for pair in all_pairs))


def _lookup(numbers: Mapping[int, int], keys: Iterable[int]) -> list[int]:
    return [numbers[key] for key in keys]


def split(data: TripletData, share: float, pivot: str) -> tuple[TripletData, ValidationPairs]:
    """Keep about this share of the meanings from training, for validation.

    If too little is left to train on or to validate with (a tiny corpus), everything is trained on
    and there are no validation pairs.
    """
    held_out = _held_out(data, share)
    pairs = _pairs_by_language(data, np.flatnonzero(held_out), pivot)
    usable = {}
    for language in sorted(pairs):
        chosen = _without_shared_sentences(pairs[language])
        if len(chosen) >= MIN_PAIRS:
            usable[language] = chosen
    if held_out.all() or not usable:
        return data, ValidationPairs({})
    choice = data.choice._replace(trained=~held_out)
    return data.replaced(choice=choice), ValidationPairs(usable)


def _held_out(data: TripletData, share: float) -> NDArray[np.bool_]:
    """Whether the hash of a triplet's meaning group falls into the share (triplets,)."""
    limit = np.uint64(share * 2**32)
    held_out = np.empty(len(data), dtype=bool)
    for part in chunks(len(data)):
        held_out[part] = data.columns["meaning"][part] < limit
    data.release()
    return held_out


def _pairs_by_language(
    data: TripletData, rows: NDArray[np.int64], pivot: str
) -> dict[str, NDArray[np.int32]]:
    """The pairs (n, 2) of these triplets, by the language of the translation.

    They are in the order of the hashes of their texts, which does not change with the corpus.
    """
    of_pools = data.columns["pool"][rows]
    data.release()
    hashes = data.columns["hash"]
    pairs = {}
    for number, (anchor, positive) in enumerate(data.meta.pools):
        if anchor != pivot:
            continue
        candidates = data.sentences[rows[of_pools == number], :2]
        order = np.lexsort((hashes[candidates[:, 1]], hashes[candidates[:, 0]]))
        pairs[positive] = candidates[order]
        data.release()  # the triplets of a pool are close together
    return pairs


def _without_shared_sentences(pairs: NDArray[np.int32]) -> list[Pair]:
    """The first `MAX_PAIRS` pairs, without those that share a sentence with an earlier one."""
    seen: set[int] = set()
    chosen: list[Pair] = []
    for pivot, translation in pairs.tolist():
        if len(chosen) == MAX_PAIRS:
            break
        if seen.isdisjoint((pivot, translation)):
            seen.update((pivot, translation))
            chosen.append(Pair(pivot, translation))
    return chosen
