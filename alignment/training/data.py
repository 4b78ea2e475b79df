"""Triplets as token ids. Each distinct sentence is tokenized once and encoded once per batch."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple, TypeVar

from alignment import tables
from alignment.config import Train
from alignment.encoder.encoder import Encoder
from alignment.encoder.prompts import Side
from alignment.encoder.vocabulary import Reduction
from alignment.errors import EmptyCorpus
from alignment.training.batching import Item
from alignment.training.noise import misspelled_copies

T = TypeVar("T", bound=Hashable)

SAMPLE_ROWS = 8
UNUSED = -1  # in place of a sentence number


class Sentence(NamedTuple):
    """One distinct sentence of the triplets."""

    text: str
    language: str
    """If triplets disagree, the language as an anchor, else as a positive, else as a negative."""
    token_ids: list[int]
    misspellings: list[list[int]]
    """Token ids of misspelled copies, which replace the sentence in some batches."""

    def forms(self) -> list[list[int]]:
        """Token ids of the sentence and of its misspelled copies."""
        return [self.token_ids, *self.misspellings]


class TokenizedTriplet(NamedTuple):
    """One triplet. Its sentences are positions in `TripletData.sentences`."""

    anchor: int
    positive: int
    negative: int
    """`UNUSED` if the triplet learns from in-batch negatives only."""
    unencoded_negative: int | None
    """The sentence of a negative that is not used, if another triplet encodes it."""
    group: int
    """Meaning group of anchor and positive."""
    negative_group: int
    anchor_language: str
    positive_language: str
    pair_id: str
    weight: float
    """How often the triplet comes in an epoch, on average."""

    def encoded(self) -> tuple[int, ...]:
        """The sentences that are encoded for this triplet."""
        if self.negative == UNUSED:
            return self.anchor, self.positive
        return self.anchor, self.positive, self.negative


@dataclass(frozen=True)
class TripletData:
    """Tokenized triplets and their distinct sentences."""

    sentences: list[Sentence]
    triplets: list[TokenizedTriplet]

    def items(self) -> list[Item]:
        """What the batch plan needs to know of each triplet."""
        longest = [max(map(len, sentence.forms())) for sentence in self.sentences]
        return [_item(triplet, longest) for triplet in self.triplets]

    def subset(self, indices: Iterable[int]) -> TripletData:
        """The triplets at these indices. The sentences keep their numbers."""
        return replace(self, triplets=[self.triplets[i] for i in indices])

    def distinct(self, batch: Sequence[int]) -> set[int]:
        """The sentences that a batch of triplets encodes."""
        sentences: set[int] = set()
        for index in batch:
            triplet = self.triplets[index]
            sentences.update((triplet.anchor, triplet.positive, triplet.negative))
        return sentences - {UNUSED}

    def token_ids(self, sentences: Sequence[int], batch: Sequence[int]) -> list[list[int]]:
        """Token ids of one form of each sentence. The batch seeds the choice of the form."""
        rng = random.Random(str(list(batch)))
        return [rng.choice(self.sentences[sentence].forms()) for sentence in sentences]

    def used_tokens(self) -> set[int]:
        """Every token id that occurs."""
        tokens: set[int] = set()
        for sentence in self.sentences:
            tokens.update(chain.from_iterable(sentence.forms()))
        return tokens

    def sample_rows(self) -> list[list[int]]:
        """Token ids of the first sentences and of the longest one, to try a model with."""
        rows = [sentence.token_ids for sentence in self.sentences]
        return [*rows[:SAMPLE_ROWS], max(rows, key=len)]

    def reduced(self, reduction: Reduction) -> TripletData:
        """The same triplets with the token ids of a reduced vocabulary."""
        return replace(self, sentences=[_reduced(each, reduction) for each in self.sentences])

    def sample(self, per_language: int, pivot: str, *, seed: int) -> dict[Side, list[str]]:
        """Texts of the pivot as sources, and at most `per_language` of each other as targets.

        There are at most as many texts of the pivot as of all other languages together.
        """
        texts: dict[str, list[str]] = defaultdict(list)
        for sentence in self.sentences:
            texts[sentence.language].append(sentence.text)
        rng = random.Random(f"{seed}:sample")
        pivot_texts = texts.pop(pivot, [])
        others: list[str] = []
        for language in sorted(texts):
            others += rng.sample(texts[language], min(per_language, len(texts[language])))
        sources = rng.sample(pivot_texts, min(len(others), len(pivot_texts)))
        return {"source": sources, "target": others}


def _item(triplet: TokenizedTriplet, longest: Sequence[int]) -> Item:
    encoded = triplet.encoded()
    return Item(
        pool=f"{triplet.anchor_language}>{triplet.positive_language}",
        sentences=encoded,
        lengths=tuple(longest[sentence] for sentence in encoded),
        groups=(triplet.group, triplet.negative_group),
        weight=triplet.weight,
        unencoded_negative=triplet.unencoded_negative,
    )


def _reduced(sentence: Sentence, reduction: Reduction) -> Sentence:
    return sentence._replace(
        token_ids=reduction.reduced(sentence.token_ids),
        misspellings=[reduction.reduced(ids) for ids in sentence.misspellings],
    )


def positions(values: Iterable[T]) -> dict[T, int]:
    """The position of each value. The values are distinct."""
    return {value: i for i, value in enumerate(values)}


class _Columns(NamedTuple):
    """The columns of the triplets table that training reads."""

    anchor: list[str]
    positive: list[str]
    negative: list[str]
    anchor_lang: list[str]
    positive_lang: list[str]
    negative_lang: list[str]
    group: list[int]
    negative_group: list[int]
    pair_id: list[str]
    weight: list[float]


def read_triplets(
    path: Path, encoder: Encoder, settings: Train, *, pivot: str, seed: int
) -> TripletData:
    """Read the triplets table and tokenize its sentences.

    Args:
        path: The triplets table.
        encoder: Whose tokenizer to use.
        settings: `explicit_negatives` is the share of the triplets that use their negative,
            `char_noise` the share of misspelled letters in copies of the sentences.
        pivot: The language whose sentences are never misspelled.
        seed: Of the choice of these triplets, and of the misspellings.

    Raises:
        EmptyCorpus: if the table has no rows.
    """
    columns = _Columns(*tables.read_columns(path, *_Columns._fields))
    if not columns.anchor:
        raise EmptyCorpus(
            "there are no triplets to train on",
            where=str(path),
            hint="Add corpora, or relax the limits under `triplets`, such as triplets.max_chrf.",
        )
    negatives = _used_negatives(columns.negative, settings.explicit_negatives, seed)
    languages = _language_of_texts(columns, negatives)
    return TripletData(
        sentences=_tokenized(languages, encoder, settings.char_noise, pivot=pivot, seed=seed),
        triplets=_numbered(columns, negatives, list(languages)),
    )


def _used_negatives(negatives: Sequence[str], share: float, seed: int) -> list[str | None]:
    """The negatives, with None in place of those that are not used."""
    rng = random.Random(f"{seed}:explicit")
    used: list[str | None] = []
    for text in negatives:
        used.append(text if rng.random() < share else None)
    return used


def _language_of_texts(columns: _Columns, negatives: Sequence[str | None]) -> dict[str, str]:
    """Each distinct text and its language, in the order of the sentence numbers.

    Where triplets disagree about the language, anchors count more than positives, and positives
    more than negatives.
    """
    languages = dict.fromkeys([*columns.anchor, *columns.positive, *filter(None, negatives)], "")
    for text, language in zip(negatives, columns.negative_lang, strict=True):
        if text:
            languages[text] = language
    languages.update(zip(columns.positive, columns.positive_lang, strict=True))
    languages.update(zip(columns.anchor, columns.anchor_lang, strict=True))
    return languages


def _numbered(
    columns: _Columns, negatives: Sequence[str | None], texts: Sequence[str]
) -> list[TokenizedTriplet]:
    number = positions(texts)
    triplets = []
    for row, negative in zip(zip(*columns, strict=True), negatives, strict=True):
        anchor, positive, text, source, target, _, group, negative_group, pair_id, weight = row
        triplets.append(
            TokenizedTriplet(
                anchor=number[anchor],
                positive=number[positive],
                negative=number[negative] if negative else UNUSED,
                unencoded_negative=number.get(text) if negative is None else None,
                group=group,
                negative_group=negative_group,
                anchor_language=source,
                positive_language=target,
                pair_id=pair_id,
                weight=weight,
            )
        )
    return triplets


def _tokenized(
    languages: Mapping[str, str], encoder: Encoder, char_noise: float, *, pivot: str, seed: int
) -> list[Sentence]:
    texts = list(languages)
    copies = misspelled_copies(texts, list(languages.values()), char_noise, pivot=pivot, seed=seed)
    token_ids = _token_ids(languages, encoder, pivot)
    # The pivot's sentences are never misspelled.
    of_copies = iter(encoder.tokenize(list(chain.from_iterable(copies)), side="target"))
    sentences = []
    for i, (text, language) in enumerate(languages.items()):
        misspellings = list(islice(of_copies, len(copies[i])))
        sentences.append(Sentence(text, language, token_ids[i], misspellings))
    return sentences


def _token_ids(languages: Mapping[str, str], encoder: Encoder, pivot: str) -> list[list[int]]:
    """Token ids of each text, with the prompt of its side: the pivot's texts are the sources."""
    token_ids: list[list[int]] = [[] for _ in languages]
    is_source = [language == pivot for language in languages.values()]
    texts = list(languages)
    sides: tuple[tuple[Side, bool], ...] = (("source", True), ("target", False))
    for side, of_source in sides:
        chosen = [i for i, value in enumerate(is_source) if value is of_source]
        rows = encoder.tokenize([texts[i] for i in chosen], side=side)
        for i, row in zip(chosen, rows, strict=True):
            token_ids[i] = row
    return token_ids
