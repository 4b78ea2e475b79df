"""Triplets as token ids: each distinct sentence tokenized once, and encoded once per batch."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import Dataset

from alignment import tables
from alignment.config import Train
from alignment.encoder.encoder import Encoder
from alignment.encoder.packing import Packed, pack, packs
from alignment.encoder.padding import batches_of_similar_length, pad
from alignment.encoder.vocabulary import Reduction
from alignment.errors import EmptyCorpus
from alignment.training.batching import Item
from alignment.training.noise import copies

UNUSED = -1


@dataclass(frozen=True)
class TripletData:
    """Distinct sentences as token ids; triplets as rows of (anchor, positive, negative) sentence numbers.

    The negative is `UNUSED` where the triplet learns from the batch's mismatched translations only.
    """

    sentences: list[list[int]]
    copies: list[list[list[int]]]
    """Misspelled ones of each sentence, which stand in for it at times."""
    triplets: list[tuple[int, int, int]]
    near: list[int]
    """The sentence of a negative that is not used, if it is another triplet's anchor or translation; else `UNUSED`."""
    groups: list[tuple[int, int]]
    pools: list[str]
    identities: list[str]
    weights: list[float]
    texts: list[str]
    languages: list[str]
    """Of each sentence; of one that stands in several, the last."""

    def items(self) -> list[Item]:
        """What the batch plan needs of each triplet."""
        return [
            Item(
                pool,
                used,
                tuple(max(map(len, self.forms(i))) for i in used),
                groups,
                weight,
                () if near == UNUSED else (near,),
            )
            for pool, triplet, near, groups, weight in zip(
                self.pools, self.triplets, self.near, self.groups, self.weights, strict=True
            )
            for used in [tuple(sentence for sentence in triplet if sentence != UNUSED)]
        ]

    def only(self, triplets: Sequence[int]) -> TripletData:
        """These triplets, of the same sentences."""
        columns = ("triplets", "near", "groups", "pools", "identities", "weights")
        return replace(
            self, **{name: [getattr(self, name)[i] for i in triplets] for name in columns}
        )

    def distinct(self, batch: Sequence[int]) -> set[int]:
        """The sentences that a batch of triplets encodes."""
        return {sentence for index in batch for sentence in self.triplets[index]} - {UNUSED}

    def sample(self, most: int, pivot: str, *, seed: int) -> tuple[list[str], list[str]]:
        """Texts of the pivot, and of the other languages, `most` of each of them; the same ones for the same seed."""
        of: dict[str, list[str]] = defaultdict(list)
        for text, language in zip(self.texts, self.languages, strict=True):
            of[language].append(text)
        rng = random.Random(f"{seed}:sample")
        own = of.pop(pivot, [])
        others = [
            text for code in sorted(of) for text in rng.sample(of[code], min(most, len(of[code])))
        ]
        return rng.sample(own, min(len(others), len(own))), others

    def forms(self, sentence: int) -> list[list[int]]:
        """A sentence, and its misspelled copies."""
        return [self.sentences[sentence], *self.copies[sentence]]

    def rows(self, sentences: Sequence[int], batch: Sequence[int]) -> list[list[int]]:
        """A form of each of these sentences of a batch: the same one whenever the batch is the same."""
        rng = random.Random(str(list(batch)))
        return [rng.choice(self.forms(sentence)) for sentence in sentences]

    def used_tokens(self) -> set[int]:
        """Every token id that occurs."""
        return {
            token
            for sentence in range(len(self.sentences))
            for form in self.forms(sentence)
            for token in form
        }

    def reduced(self, reduction: Reduction) -> TripletData:
        """The same with the ids of a reduced vocabulary."""
        return replace(
            self,
            sentences=[reduction.reduced(ids) for ids in self.sentences],
            copies=[[reduction.reduced(ids) for ids in own] for own in self.copies],
        )


def read_triplets(
    path: Path, encoder: Encoder, settings: Train, *, pivot: str, seed: int
) -> TripletData:
    """Read the triplets table and tokenize its sentences; a share of the triplets keeps its explicit negative.

    Raises:
        EmptyCorpus: if there is no triplet.
    """
    names = (
        "anchor",
        "positive",
        "negative",
        "anchor_lang",
        "positive_lang",
        "negative_lang",
        "group",
        "negative_group",
        "pair_id",
        "weight",
    )
    (
        anchors,
        positives,
        negatives,
        from_lang,
        to_lang,
        negative_lang,
        group,
        negative_group,
        ids,
        weights,
    ) = tables.read_columns(path, *names)
    if not anchors:
        raise EmptyCorpus(
            "there is no triplet to train on",
            where=str(path),
            hint="Add text, or loosen triplets.max_chrf.",
        )
    rng = random.Random(f"{seed}:explicit")
    kept = [rng.random() < settings.explicit_negatives for _ in negatives]
    used = [text if keep else None for text, keep in zip(negatives, kept, strict=True)]
    number = {
        text: i for i, text in enumerate(dict.fromkeys([*anchors, *positives, *filter(None, used)]))
    }
    language = {
        text: code
        for side, codes in ((used, negative_lang), (positives, to_lang), (anchors, from_lang))
        for text, code in zip(side, codes, strict=True)
    }
    texts = list(number)
    misspelled = copies(
        texts, [language[text] for text in texts], settings.char_noise, pivot=pivot, seed=seed
    )
    forms = iter(encoder.tokenize([*texts, *itertools.chain(*misspelled)]))
    return TripletData(
        sentences=list(itertools.islice(forms, len(texts))),
        copies=[list(itertools.islice(forms, len(own))) for own in misspelled],
        triplets=[
            (number[a], number[p], number[n] if n else UNUSED)
            for a, p, n in zip(anchors, positives, used, strict=True)
        ],
        near=[
            UNUSED if keep else number.get(text, UNUSED)
            for text, keep in zip(negatives, kept, strict=True)
        ],
        groups=list(zip(group, negative_group, strict=True)),
        pools=[f"{a}>{b}" for a, b in zip(from_lang, to_lang, strict=True)],
        identities=ids,
        weights=weights,
        texts=texts,
        languages=[language[text] for text in texts],
    )


@dataclass(frozen=True)
class Teacher:
    """What the base encoder makes of the sentences in the pivot language."""

    rows: dict[int, int]
    """The row of each such sentence in `vectors`."""
    vectors: torch.Tensor
    """(sentences, dim), unit rows in float16."""

    @classmethod
    def of_pivot(cls, data: TripletData, encoder: Encoder, pivot: str) -> Teacher:
        """Encode the pivot's sentences."""
        own = [sentence for sentence, code in enumerate(data.languages) if code == pivot]
        vectors = torch.from_numpy(encoder.encode([data.texts[sentence] for sentence in own]))
        return cls({sentence: row for row, sentence in enumerate(own)}, vectors.half())

    def of(self, sentences: Sequence[int]) -> torch.Tensor:
        """Their vectors (n, dim) in float32."""
        return self.vectors[[self.rows[sentence] for sentence in sentences]].float()


class BatchDataset(Dataset[int]):
    """Indices of triplets; `collate` makes a batch of them."""

    def __init__(
        self,
        data: TripletData,
        pad_id: int,
        chunk_tokens: int,
        *,
        packed: bool,
        teacher: Teacher | None = None,
    ) -> None:
        self.data = data
        self.pad_id = pad_id
        self.chunk_tokens = chunk_tokens
        self.packed = packed
        self.teacher = teacher

    def __len__(self) -> int:
        return len(self.data.triplets)

    def __getitem__(self, index: int) -> int:
        return index

    def collate(self, indices: Sequence[int]) -> dict[str, Any]:
        """Distinct sentences of the batch in chunks of like lengths, and each triplet's three of them (batch, 3).

        A chunk is packed, or padded to its longest sentence.
        """
        triplets = [self.data.triplets[i] for i in indices]
        distinct = list(self.data.distinct(indices))
        rows = self.data.rows(distinct, indices)
        chunks = list(self.chunks(rows))
        place = {
            distinct[i]: n for n, i in enumerate(i for indices, _ in chunks for i in indices)
        } | {UNUSED: UNUSED}
        known = [
            sentence for sentence in distinct if self.teacher and sentence in self.teacher.rows
        ]
        taught = self.teacher.of(known) if self.teacher else torch.empty(0, 0)
        return {
            "taught": torch.tensor([place[sentence] for sentence in known], dtype=torch.long),
            "teacher": taught,
            "chunks": [chunk for _, chunk in chunks],
            "rows": torch.tensor(
                [[place[sentence] for sentence in triplet] for triplet in triplets]
            ),
            "groups": torch.tensor([self.data.groups[i] for i in indices]),
            "indices": torch.tensor(list(indices)),
        }

    def chunks(
        self, rows: Sequence[Sequence[int]]
    ) -> Iterator[tuple[list[int], Packed | tuple[torch.Tensor, torch.Tensor]]]:
        """Indices of the rows of each chunk, and the chunk: packed, or ids and mask."""
        cut = packs if self.packed else batches_of_similar_length
        for indices in cut([len(row) for row in rows], self.chunk_tokens):
            own = [rows[i] for i in indices]
            yield indices, pack(own) if self.packed else pad(own, self.pad_id)
