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

POOL = 32_768  # rows that one query is scored against


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
    """The k rows whose text shares most words with row i's own text, by BM25 (bm25s, Lucene's variant).

    Each query is scored against its whole pool, so that more than `POOL` rows are looked for in pools of that size,
    of every so many-th row each. A text without a letter or digit has no candidates and is none.
    """
    n = len(positives)
    rows, scores = np.full((n, k), -1, np.int32), np.zeros((n, k), np.float32)
    pools = -(-n // POOL)
    for first in range(pools):
        _lexical_pool(positives, np.arange(first, n, pools), language, rows, scores)
    return Candidates(rows, scores)


def _lexical_pool(
    positives: Sequence[str], pool: NDArray[np.int64], language: str, rows: NDArray[np.int32], scores: NDArray[np.float32]
) -> None:
    """Fill in the rows and scores of one pool."""
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.WARNING)  # it announces every index
    tokens = [tokenise(positives[i], language) for i in pool]
    pool = pool[[bool(row) for row in tokens]]
    tokens = [row for row in tokens if row]  # bm25s fails at a query without any
    if len(pool) < 2:
        return
    vocabulary = {token: i for i, token in enumerate(dict.fromkeys(token for row in tokens for token in row))}
    index = bm25s.BM25(method="lucene")
    ids = [[vocabulary[token] for token in row] for row in tokens]
    index.index((ids, vocabulary), show_progress=False)
    k = rows.shape[1]
    found, values = index.retrieve(ids, k=min(k + 1, len(pool)), show_progress=False, n_threads=1)
    others = (found != np.arange(len(pool))[:, None]) & (values > 0)
    best = np.lexsort((found, -values, ~others), axis=1)[:, :k]  # the same order whatever the machine makes of ties
    found, values, others = (np.take_along_axis(x, best, axis=1) for x in (found, values, others))
    rows[pool, : best.shape[1]] = np.where(others, pool[found], -1)
    scores[pool, : best.shape[1]] = np.where(others, values, 0.0)


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
