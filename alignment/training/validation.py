"""Development pairs: meanings that are kept from training, to see which step's weights are best.

They are chosen by a hash of the text and left out in every language, since the same sentence in another
language would give them away. They are not the suites that a model is judged on.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import torch
import xxhash

from alignment.training.data import TripletData

FEWEST = 8  # pairs of a language: fewer say nothing
MOST = 128


@dataclasses.dataclass(frozen=True)
class Development:
    """Pairs of sentence numbers (pivot, translation) by language; at least `FEWEST` each."""

    pairs: dict[str, list[tuple[int, int]]]

    def sentences(self) -> list[int]:
        """All of them, each once."""
        return list(
            dict.fromkeys(s for pairs in self.pairs.values() for pair in pairs for s in pair)
        )

    def accuracy(self, vectors: torch.Tensor) -> dict[str, float]:
        """Accuracy@1 by language in [0, 1], mean of both directions.

        `vectors` are unit rows (sentences, dim) in the order of `sentences`. A translation is looked up among the pivot's
        sentences of all languages, since those of its own are few; a pivot's sentence among the language's.
        """
        row = {sentence: i for i, sentence in enumerate(self.sentences())}
        pivots = list(dict.fromkeys(pair[0] for pairs in self.pairs.values() for pair in pairs))
        place = {sentence: i for i, sentence in enumerate(pivots)}
        pool = vectors[[row[sentence] for sentence in pivots]]
        found = {}
        for language, pairs in self.pairs.items():
            x, y = (vectors[[row[pair[side]] for pair in pairs]] for side in (0, 1))
            back = (y @ pool.T).argmax(1) == torch.tensor(
                [place[pair[0]] for pair in pairs], device=vectors.device
            )
            forth = (x @ y.T).argmax(1) == torch.arange(len(pairs), device=vectors.device)
            found[language] = float((back.float().mean() + forth.float().mean()) / 2)
        return found


def split(data: TripletData, share: float, pivot: str) -> tuple[TripletData, Development]:
    """Training data without the meanings whose hash falls into the share, and pairs of those.

    Where that leaves no triplet to train on (a tiny corpus), all of it is trained on and there is no development.
    """
    texts: dict[
        int, str
    ] = {}  # the smallest of each meaning: its number changes with the corpus, this seldom
    for (anchor, positive, _), (group, _negative) in zip(data.triplets, data.groups, strict=True):
        least = min(data.texts[anchor], data.texts[positive])
        texts[group] = min(texts.get(group, least), least)
    chosen = {
        group
        for group, text in texts.items()
        if xxhash.xxh3_64_intdigest(text.encode()) < share * 2**64
    }
    pairs: dict[str, dict[tuple[int, int], None]] = {}
    for (anchor, positive, _), (group, _negative), pool in zip(
        data.triplets, data.groups, data.pools, strict=True
    ):
        source, _, target = pool.partition(">")
        if group in chosen and source == pivot:
            pairs.setdefault(target, {})[anchor, positive] = None
    kept = [i for i, (group, _) in enumerate(data.groups) if group not in chosen]
    usable = {code: _one_a_meaning(list(own), data)[:MOST] for code, own in sorted(pairs.items())}
    development = Development({code: own for code, own in usable.items() if len(own) >= FEWEST})
    if not kept or not development.pairs:
        return data, Development({})
    return data.only(kept), development


def _one_a_meaning(pairs: Sequence[tuple[int, int]], data: TripletData) -> list[tuple[int, int]]:
    """Without pairs that share a sentence with an earlier one; by the hash of the text."""
    seen: set[int] = set()
    chosen = []
    for pair in sorted(
        pairs, key=lambda pair: xxhash.xxh3_64_intdigest(data.texts[pair[0]].encode())
    ):
        if not seen & set(pair):
            seen |= set(pair)
            chosen.append(pair)
    return chosen
