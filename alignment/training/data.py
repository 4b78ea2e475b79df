"""The training data: triplets as numbers of sentences, sentences as token ids, in mapped columns.

`tokenized` writes the columns. Besides the pages that the system maps, a triplet takes one or two
bytes here: whether it is trained on, and whether its negative is.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alignment.encoder.prompts import Side
from alignment.encoder.vocabulary import Reduction
from alignment.training.columns import Columns, chunks
from alignment.training.distinct import ABSENT
from alignment.training.noise import Misspeller
from alignment.training.sampling import chosen_negatives, sample_sentences
from alignment.training.sentences import texts_at
from alignment.training.tokenized import Meta

SAMPLE_ROWS = 8
UNUSED = ABSENT  # in place of a sentence number
MAX_RELATED = 1024
"""Triplets with the same translation that are looked at, of a sentence that has more."""


class Choice(NamedTuple):
    """Which triplets are trained on, and how; None: all of them."""

    trained: NDArray[np.bool_] | None = None
    """Whether a triplet is trained on (triplets,)."""
    encoded_negatives: NDArray[np.bool_] | None = None
    """Whether its own negative is encoded (triplets,); the others learn from in-batch negatives."""


class TripletData:
    """Tokenized triplets and their distinct sentences, both by number from 0."""

    def __init__(
        self,
        columns: Mapping[str, NDArray[Any]],
        meta: Meta,
        choice: Choice = Choice(),  # noqa: B008  (immutable)
        *,
        reduction: Reduction | None = None,
        misspeller: Misspeller | None = None,
    ) -> None:
        """Describe the data.

        Args:
            columns: What `write_tokenized` wrote.
            meta: The languages and pools.
            choice: The triplets that are trained on.
            reduction: Of the vocabulary; the token ids are then those of the reduced one.
            misspeller: Makes misspelled copies of the sentences, if any.
        """
        self.columns = columns
        self.meta = meta
        self.choice = choice
        self.reduction = reduction
        self.misspeller = misspeller
        self.sentences: NDArray[np.int32] = columns["sentences"].reshape(-1, 3)
        """Numbers of anchor, positive and negative (triplets, 3); `UNUSED` for no negative."""
        # Views of the columns that give single values as Python numbers.
        self._places = columns["sentences"].data
        self._groups = columns["group"].data
        self._negative_groups = columns["negative_group"].data
        self._pools = columns["pool"].data
        self._token_offsets = columns["token_offsets"].data
        self._languages = columns["language"].data
        self._in_pair = columns["in_pair"].data
        self._related_offsets = columns["related_offsets"].data

    @classmethod
    def open(
        cls, directory: Path, *, explicit_negatives: float = 1.0, seed: int = 0
    ) -> TripletData:
        """Map the columns of a directory.

        Args:
            directory: What `write_tokenized` wrote.
            explicit_negatives: Share of the triplets whose own negative is encoded.
            seed: Of the choice of these triplets.

        Raises:
            Corrupt: if a file was cut off.
        """
        columns = Columns(directory)
        columns.map_all()  # so that damage is named before anything else happens
        meta = Meta.read(directory)
        encoded = chosen_negatives(meta.triplets, explicit_negatives, seed)
        return cls(columns, meta, Choice(None, encoded))

    def replaced(self, **changes: Any) -> TripletData:
        """The same data with another choice, reduction or misspeller."""
        now = {
            "choice": self.choice,
            "reduction": self.reduction,
            "misspeller": self.misspeller,
        }
        choice = changes.pop("choice", now.pop("choice"))
        return TripletData(self.columns, self.meta, choice, **{**now, **changes})

    def __len__(self) -> int:
        return len(self.sentences)

    def release(self) -> None:
        """Give mapped pages back to the system."""
        if isinstance(self.columns, Columns):
            self.columns.release()

    # One triplet

    def group(self, row: int) -> int:
        """Meaning group of anchor and positive."""
        return int(self._groups[row])

    def groups(self, row: int) -> tuple[int, int]:
        """Meaning groups of the positive and of the negative."""
        return int(self._groups[row]), int(self._negative_groups[row])

    def pool(self, row: int) -> int:
        """The pool: language and direction."""
        return int(self._pools[row])

    def encodes_negative(self, row: int) -> bool:
        """Whether the triplet's own negative is encoded for it."""
        encoded = self.choice.encoded_negatives
        has_negative = self._places[3 * row + 2] != UNUSED
        return has_negative and (encoded is None or bool(encoded[row]))

    def encoded(self, row: int) -> tuple[int, ...]:
        """The sentences that are encoded for a triplet: two or three."""
        start = 3 * row
        end = start + 3 if self.encodes_negative(row) else start + 2
        return tuple(self._places[start:end])

    def translations(self, row: int) -> tuple[int, ...]:
        """The positive and the negative; without a negative that no triplet of the data encodes."""
        positive, negative = self._places[3 * row + 1 : 3 * row + 3]
        known = negative != UNUSED and (self._in_pair[negative] or self.encodes_negative(row))
        return (positive, negative) if known else (positive,)

    # Sentences

    def language(self, sentence: int) -> str:
        """The language of a sentence."""
        return self.meta.languages[self._languages[sentence]]

    def length(self, sentence: int) -> int:
        """Tokens of the longest form of a sentence."""
        tokens = self._token_offsets[sentence + 1] - self._token_offsets[sentence]
        if self.misspeller is None or not self.misspeller.changes(self._languages[sentence]):
            return int(tokens)
        return self.misspeller.longest(tokens)

    def texts(self, sentences: Sequence[int]) -> list[str]:
        """The texts of sentences."""
        return texts_at(self.columns, sentences)

    def related(self, sentence: int, salt: int) -> list[int]:
        """Triplets with this positive or negative, at most `MAX_RELATED`, from a random one on."""
        start = self._related_offsets[sentence]
        total = self._related_offsets[sentence + 1] - start
        if not total:
            return []
        rows = self.columns["related_rows"]
        shift = (sentence * 2_654_435_761 + salt) % total  # Knuth's multiplicative hash
        size = min(total, MAX_RELATED)
        result: list[int] = rows[start + shift : start + min(total, shift + size)].tolist()
        if len(result) < size:
            result += rows[start : start + size - len(result)].tolist()
        return result

    # Batches

    def distinct(self, batch: Sequence[int]) -> list[int]:
        """The sentences that a batch of triplets encodes, ascending."""
        sentences: set[int] = set()
        for row in batch:
            sentences.update(self.encoded(row))
        return sorted(sentences)

    def token_ids(self, sentences: Sequence[int], batch: Sequence[int]) -> list[list[int]]:
        """Token ids of one form of each sentence. The batch seeds the choice of the form."""
        rows = self.clean_token_ids(sentences)
        if self.misspeller is not None:
            rng = random.Random(f"{self.misspeller.seed}:{list(batch)}")
            self._misspell(sentences, rows, rng)
        return rows

    def clean_token_ids(self, sentences: Sequence[int]) -> list[list[int]]:
        """Token ids of the sentences as they are."""
        ids = self.columns["token_ids"]
        offsets = self._token_offsets
        rows = [ids[offsets[i] : offsets[i + 1]] for i in sentences]
        if self.reduction is None:
            return [row.tolist() for row in rows]
        return [self.reduction.rows_of(row).tolist() for row in rows]

    def _misspell(
        self, sentences: Sequence[int], rows: list[list[int]], rng: random.Random
    ) -> None:
        """Replace token ids, in place, by those of misspelled copies."""
        misspeller = self.misspeller
        if misspeller is None:
            return
        languages = [self._languages[sentence] for sentence in sentences]
        chosen = [i for i, language in enumerate(languages) if misspeller.draws(language, rng)]
        texts = texts_at(self.columns, [sentences[i] for i in chosen])
        limits = [self.length(sentences[i]) for i in chosen]
        copies = misspeller.copies(
            texts, [languages[i] for i in chosen], limits, rng, reduction=self.reduction
        )
        for i, copy in zip(chosen, copies, strict=True):
            if copy is not None:
                rows[i] = copy

    # The whole data

    @cached_property
    def used_tokens(self) -> NDArray[np.int32]:
        """Every token id of the full vocabulary that may occur, ascending."""
        used: NDArray[np.int32] = self.columns["used_tokens"]
        if self.misspeller is None:
            return used
        return np.union1d(used, self.misspeller.tokens).astype(np.int32)

    def sample_rows(self) -> list[list[int]]:
        """Token ids of the first sentences and of the longest one, to try a model with."""
        offsets = self.columns["token_offsets"]
        longest, length = 0, -1
        for part in chunks(self.meta.sentences):
            lengths = np.diff(offsets[part.start : part.stop + 1])
            place = int(lengths.argmax())
            if lengths[place] > length:
                longest, length = part.start + place, int(lengths[place])
        return self.clean_token_ids([*range(min(SAMPLE_ROWS, self.meta.sentences)), longest])

    def pool_rows(self, pool: int) -> NDArray[np.int32]:
        """The triplets of a pool that are trained on (n,)."""
        offsets = self.columns["pools_offsets"]
        rows: NDArray[np.int32] = self.columns["pools_rows"][offsets[pool] : offsets[pool + 1]]
        trained = self.choice.trained
        return rows if trained is None else rows[trained[rows]]

    def total_weights(self) -> NDArray[np.float64]:
        """The weights of the triplets that are trained on, added up by pool (pools,)."""
        totals = np.zeros(len(self.meta.pools))
        for part in chunks(len(self)):
            weights = self.columns["weight"][part].astype(np.float64)
            if self.choice.trained is not None:
                weights = weights * self.choice.trained[part]
            totals += np.bincount(self.columns["pool"][part], weights, len(totals))
        return totals

    def sample(self, per_language: int, pivot: str, *, seed: int) -> dict[Side, list[str]]:
        """Texts of the pivot as sources, and at most `per_language` of each other as targets.

        There are at most as many texts of the pivot as of all other languages together.
        """
        names = self.meta.languages
        others: list[int] = []
        limits = [0 if name == pivot else per_language for name in names]
        for numbers in sample_sentences(self.columns, limits, seed):
            others += numbers
        limits = [len(others) if name == pivot else 0 for name in names]
        of_pivot = list(filter(None, sample_sentences(self.columns, limits, seed)))
        return {
            "source": self.texts(of_pivot[0] if of_pivot else []),
            "target": self.texts(others),
        }

    def languages_of_batches(self, batches: Iterable[Sequence[int]]) -> dict[str, int]:
        """Triplets with a side in each language. A triplet counts each time that it occurs."""
        of_pools = np.zeros(len(self.meta.pools), np.int64)
        for batch in batches:
            of_pools += np.bincount(self.columns["pool"][list(batch)], minlength=len(of_pools))
        counts: dict[str, int] = {}
        for pool, count in zip(self.meta.pools, of_pools.tolist(), strict=True):
            for language in pool:
                counts[language] = counts.get(language, 0) + count
        return {language: count for language, count in sorted(counts.items()) if count}
