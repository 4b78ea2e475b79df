"""Misspelled copies of the training texts, made for the batch that needs them.

Some batches use a copy in place of its text. The encoder learns to read spellings that its corpora
do not have: related languages and varieties, names, typing errors. The idea is from Aepli and
Sennrich (2022), "Improving Zero-Shot Cross-lingual Transfer Between Closely Related Languages by
Injecting Character-level Noise".
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alignment.encoder.parallel_tokens import ParallelTokenizer
from alignment.encoder.vocabulary import Reduction
from alignment.training.sampling import sample_sentences
from alignment.training.sentences import texts_at

SHARE_OF_COPIES = 0.75
"""Share of the texts, other than the pivot's, that a batch has misspelled."""
LETTER_TEXTS = 2000
"""Texts of a language whose letters are drawn as new ones."""
TRIED_TEXTS = 50_000
"""Copies that are made before the training, to see which tokens misspelled text needs."""
TRIED_COPIES = 8
"""Copies of each text among those, if there are few texts."""
ATTEMPTS = 3
"""Copies of a text in a batch, until one has few enough tokens, all of them in the vocabulary."""
LONGER = 4.0
"""A misspelled letter of n adds about this many tokens in n."""


class Misspeller:
    """Makes misspelled copies of the texts of all languages but the pivot.

    A copy depends on the batch and on the seed. It never has a token that the tried copies and
    the training texts do not have, so that the vocabulary can be reduced before the training.
    """

    def __init__(
        self,
        columns: Mapping[str, NDArray[Any]],
        languages: Sequence[str],
        tokenizer: ParallelTokenizer,
        share: float,
        *,
        pivot: str,
        seed: int,
    ) -> None:
        """Read letters of each language, and try some copies.

        Args:
            columns: Those of the training data.
            languages: By their number in the columns.
            tokenizer: Gives the token ids of copies.
            share: Probability that a letter is changed, above 0.
            pivot: The language that the others are aligned to, and that stays as it is.
            seed: Of the choice of the copies.
        """
        self.seed = seed
        self._share = share
        self._tokenizer = tokenizer
        self._changed = [language != pivot for language in languages]
        self._letters = self._letters_by_language(columns)
        self.tokens = self._tried_tokens(columns)
        """Token ids of the tried copies, ascending."""

    def changes(self, language: int) -> bool:
        """Whether texts of this language are misspelled."""
        return self._changed[language] and bool(self._letters[language])

    def draws(self, language: int, rng: random.Random) -> bool:
        """Whether a batch takes a copy of a text of this language."""
        return self.changes(language) and rng.random() < SHARE_OF_COPIES

    def longest(self, tokens: int) -> int:
        """The most tokens that a copy of a text of so many may have."""
        longest = math.ceil(tokens * (1 + LONGER * self._share)) + 1
        return max(tokens, min(longest, self._tokenizer.max_tokens))

    def copies(
        self,
        texts: Sequence[str],
        languages: Sequence[int],
        limits: Sequence[int],
        rng: random.Random,
        *,
        reduction: Reduction | None,
    ) -> list[list[int] | None]:
        """Token ids of a misspelled copy of each text; None where no attempt gave a fitting one.

        Args:
            texts: The texts.
            languages: Their languages, by number.
            limits: The most tokens of each copy.
            rng: Decides what is changed.
            reduction: Of the vocabulary. Copies with tokens that it lacks are not used.
        """
        copies: list[list[int] | None] = [None] * len(texts)
        for _ in range(ATTEMPTS):
            missing = [i for i, copy in enumerate(copies) if copy is None]
            noisy = []
            for i in missing:
                noisy.append(misspell(texts[i], self._share, self._letters[languages[i]], rng))
            rows = self._tokenizer.tokenize(noisy, side="target").rows()
            for i, row in zip(missing, rows, strict=True):
                if len(row) <= limits[i]:
                    copies[i] = row if reduction is None else _reduced(row, reduction)
        return copies

    def _letters_by_language(self, columns: Mapping[str, NDArray[Any]]) -> list[list[str]]:
        limits = [LETTER_TEXTS if changed else 0 for changed in self._changed]
        letters = []
        for numbers in sample_sentences(columns, limits, seed=0):
            text = "".join(texts_at(columns, numbers)).lower()
            letters.append(sorted(filter(str.isalpha, set(text))))
        return letters

    def _tried_tokens(self, columns: Mapping[str, NDArray[Any]]) -> NDArray[np.int32]:
        rng = random.Random(f"{self.seed}:misspelled")
        each = TRIED_TEXTS // max(1, sum(self._changed))
        limits = [each if changed else 0 for changed in self._changed]
        tokens = np.empty(0, np.int32)
        for language, numbers in enumerate(sample_sentences(columns, limits, self.seed)):
            if not numbers or not self._letters[language]:
                continue
            copies = min(TRIED_COPIES, max(1, each // len(numbers)))
            texts = texts_at(columns, numbers) * copies
            letters = self._letters[language]
            noisy = [misspell(text, self._share, letters, rng) for text in texts]
            ids = self._tokenizer.tokenize(noisy, side="target").ids
            tokens = np.union1d(tokens, ids).astype(np.int32)
        return tokens


def _reduced(row: list[int], reduction: Reduction) -> list[int] | None:
    """The rows of the reduced vocabulary, None if it lacks a token."""
    rows = reduction.rows_of(np.array(row, np.int64))
    return None if (rows < 0).any() else rows.tolist()


def misspell(text: str, share: float, letters: Sequence[str], rng: random.Random) -> str:
    """Drop, replace, double with another letter, or swap each letter with the probability `share`.

    A letter is swapped with the next character only if that is a letter too.
    """
    result = list(text)
    for i, letter in enumerate(result):
        if not letter.isalpha() or rng.random() >= share:
            continue
        match rng.randrange(4):
            case 0:
                result[i] = ""
            case 1:
                result[i] = rng.choice(letters)
            case 2:
                result[i] = letter + rng.choice(letters)
            case _ if "".join(result[i + 1 : i + 2]).isalpha():
                result[i : i + 2] = result[i + 1], letter
    return "".join(result)
