"""Validation pairs: meanings that are kept from training, to choose the step with the best weights.

They are chosen by a hash of the text and left out in every language, because the same sentence in
another language would give them away. They are not the suites of the gate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

import torch
import xxhash

from alignment.training.data import TokenizedTriplet, TripletData

MIN_PAIRS = 8  # of a language; the accuracy on fewer is mostly chance
MAX_PAIRS = 128

Pair = tuple[int, int]  # sentence numbers of the pivot's text and of its translation


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
        row_of = {sentence: row for row, sentence in enumerate(self.sentences())}
        pivots = self._pivot_sentences()
        column_of = {sentence: column for column, sentence in enumerate(pivots)}
        all_pivots = vectors[[row_of[sentence] for sentence in pivots]]
        accuracy = {}
        for language, pairs in self.pairs.items():
            sources = vectors[[row_of[pivot] for pivot, _ in pairs]]
            targets = vectors[[row_of[translation] for _, translation in pairs]]
            columns = torch.tensor([column_of[pivot] for pivot, _ in pairs], device=vectors.device)
            diagonal = torch.arange(len(pairs), device=vectors.device)
            to_pivot = (targets @ all_pivots.T).argmax(1) == columns
            from_pivot = (sources @ targets.T).argmax(1) == diagonal
            accuracy[language] = float((to_pivot.float().mean() + from_pivot.float().mean()) / 2)
        return accuracy

    def _pivot_sentences(self) -> list[int]:
        all_pairs = chain.from_iterable(self.pairs.values())
        return list(dict.fromkeys(pivot for pivot, _ in all_pairs))


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
            pairs[triplet.positive_language][_pair(triplet)] = None
    return {language: list(distinct) for language, distinct in pairs.items()}


def _pair(triplet: TokenizedTriplet) -> Pair:
    return triplet.anchor, triplet.positive


def _without_shared_sentences(pairs: Iterable[Pair], data: TripletData) -> list[Pair]:
    """Pairs in the order of their hash, without those that share a sentence with an earlier one."""
    seen: set[int] = set()
    chosen = []
    for pair in sorted(pairs, key=lambda pair: _hash(data.sentences[pair[0]].text)):
        if seen.isdisjoint(pair):
            seen.update(pair)
            chosen.append(pair)
    return chosen


def _hash(text: str) -> int:
    return xxhash.xxh3_64_intdigest(text.encode())
