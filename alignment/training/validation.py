"""Validation pairs: meanings that are kept from training, to choose the step with the best weights.

They are chosen by a hash of the text and left out in every language, because the same sentence in
another language would give them away. They are not the suites of the gate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import torch
import xxhash

from alignment.training.data import TripletData, positions

MIN_PAIRS = 8  # of a language; the accuracy on fewer is mostly chance
MAX_PAIRS = 128


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

        `vectors` are unit rows (sentences, dim) in the order of `sentences`. A translation is
        searched among the pivot's sentences of all languages, because those of one language are
        few; a pivot's sentence is searched among the translations of the language.
        """
        rows = positions(self.sentences())
        all_pivots = self._all_pivots()
        pivot_columns = positions(all_pivots)
        pivot_vectors = vectors[_lookup(rows, all_pivots)]
        accuracy = {}
        for language, pairs in self.pairs.items():
            pivots, translations = zip(*pairs, strict=True)
            sources = vectors[_lookup(rows, pivots)]
            targets = vectors[_lookup(rows, translations)]
            columns = torch.tensor(_lookup(pivot_columns, pivots), device=vectors.device)
            diagonal = torch.arange(len(pairs), device=vectors.device)
            to_pivot = (targets @ pivot_vectors.T).argmax(1) == columns
            from_pivot = (sources @ targets.T).argmax(1) == diagonal
            accuracy[language] = float((to_pivot.float().mean() + from_pivot.float().mean()) / 2)
        return accuracy

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
    held_out = _held_out_groups(data, share)
    pairs = _pairs_by_language(data, held_out, pivot)
    usable = {}
    for language in sorted(pairs):
        chosen = _without_shared_sentences(pairs[language], data)[:MAX_PAIRS]
        if len(chosen) >= MIN_PAIRS:
            usable[language] = chosen
    remaining = [i for i, triplet in enumerate(data.triplets) if triplet.group not in held_out]
    if not remaining or not usable:
        return data, ValidationPairs({})
    return data.subset(remaining), ValidationPairs(usable)


def _held_out_groups(data: TripletData, share: float) -> set[int]:
    """The meaning groups whose hash falls into the share.

    A group is hashed by its smallest text: unlike its number, that seldom changes with the corpus.
    """
    smallest: dict[int, str] = {}
    for triplet in data.triplets:
        text = min(data.sentences[triplet.anchor].text, data.sentences[triplet.positive].text)
        smallest[triplet.group] = min(smallest.get(triplet.group, text), text)
    return {group for group, text in smallest.items() if _hash(text) < share * 2**64}


def _pairs_by_language(data: TripletData, groups: set[int], pivot: str) -> dict[str, list[Pair]]:
    """Distinct pairs of these groups, by the language of the translation."""
    pairs: dict[str, dict[Pair, None]] = defaultdict(dict)
    for triplet in data.triplets:
        if triplet.group in groups and triplet.anchor_language == pivot:
            pair = Pair(triplet.anchor, triplet.positive)
            pairs[triplet.positive_language][pair] = None
    return {language: list(distinct) for language, distinct in pairs.items()}


def _without_shared_sentences(pairs: Iterable[Pair], data: TripletData) -> list[Pair]:
    """Pairs in the order of their hash, without those that share a sentence with an earlier one."""
    seen: set[int] = set()
    chosen = []
    for pair in sorted(pairs, key=lambda pair: _hash(data.sentences[pair.pivot].text)):
        if seen.isdisjoint(pair):
            seen.update(pair)
            chosen.append(pair)
    return chosen


def _hash(text: str) -> int:
    return xxhash.xxh3_64_intdigest(text.encode())
