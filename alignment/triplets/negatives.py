"""Candidates for a mismatched translation: random, lexical (BM25), semantic (nearest vectors).

Each strategy gives, for every row of one language's pairs, other rows in its own order of
preference, with its score. Guards and choice come later (`build`), where all languages are known.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alignment import languages


class Candidates(NamedTuple):
    """Rows and scores, both (n, k), best first; -1 where a row has fewer than k."""

    rows: NDArray[np.int32]
    scores: NDArray[np.float32]


def random_candidates(identities: Sequence[str], k: int, seed: int) -> Candidates:
    """K other rows each, drawn by a generator that is seeded with the row's identity; score 0."""
    n = len(identities)
    rows = np.full((n, k), -1, np.int32)
    for i, identity in enumerate(identities):
        digest = hashlib.blake2b(f"{seed}:{identity}".encode(), digest_size=8).digest()
        drawn = np.random.default_rng(int.from_bytes(digest, "big")).permutation(max(n - 1, 0))[:k] if n <= 4 * k else (
            np.random.default_rng(int.from_bytes(digest, "big")).integers(0, n - 1, k)
        )  # fmt: skip
        rows[i, : len(drawn)] = drawn + (drawn >= i)  # every row but i
    return Candidates(rows, np.zeros((n, k), np.float32))


def lexical_candidates(positives: Sequence[str], k: int, language: str) -> Candidates:
    """The k rows whose text shares most words with row i's own text, by BM25 (bm25s, Lucene's variant)."""
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.WARNING)  # it announces every index
    tokens = [tokenise(text, language) for text in positives]
    vocabulary = {token: i for i, token in enumerate(dict.fromkeys(token for row in tokens for token in row))}
    n, reach = len(positives), min(k + 1, len(positives))
    rows, scores = np.full((n, k), -1, np.int32), np.zeros((n, k), np.float32)
    if not vocabulary or n < 2:
        return Candidates(rows, scores)
    index = bm25s.BM25(method="lucene")
    ids = [[vocabulary[token] for token in row] for row in tokens]
    index.index((ids, vocabulary), show_progress=False)
    found, values = index.retrieve(ids, k=reach, show_progress=False, n_threads=1)
    for i in range(n):
        others = [(int(row), float(value)) for row, value in zip(found[i], values[i], strict=True) if row != i and value > 0]
        others.sort(key=lambda pair: (-pair[1], pair[0]))
        for place, (row, value) in enumerate(others[:k]):
            rows[i, place], scores[i, place] = row, value
    return Candidates(rows, scores)


def semantic_candidates(
    neighbours: NDArray[np.int64], similarities: NDArray[np.float32], k: int, skip: int = 0
) -> Candidates:
    """The k nearest rows to row i's anchor, itself and the first `skip` left out, from neighbours best first."""
    n = len(neighbours)
    rows, scores = np.full((n, k), -1, np.int32), np.zeros((n, k), np.float32)
    for i in range(n):
        others = neighbours[i] != i
        own = neighbours[i][others][skip : skip + k]
        rows[i, : len(own)], scores[i, : len(own)] = own, similarities[i][others][skip : skip + k]
    return Candidates(rows, scores)


def tokenise(text: str, language: str) -> list[str]:
    """Lower-case words; for a script without spaces its characters and character pairs."""
    folded = text.casefold()
    if languages.spaceless(language):
        characters = [char for char in folded if char.isalnum()]
        return characters + [a + b for a, b in itertools.pairwise(characters)]
    return [word for word in "".join(char if char.isalnum() else " " for char in folded).split() if word]
