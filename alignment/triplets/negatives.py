"""Candidates for a mismatched translation: random, and semantic (nearest vectors); `lexical` has those by BM25.

Each strategy gives, for every row of one language's pairs, other rows in its own order of
preference, with its score. Guards and choice come later (`build`), where all languages are known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Candidates(NamedTuple):
    """Rows and scores, both (n, k), best first; -1 where a row has fewer than k."""

    rows: NDArray[np.int32]
    scores: NDArray[np.float32]


def random_candidates(identities: Sequence[str], k: int, seed: int) -> Candidates:
    """K other rows each, drawn by the row's identity and the seed; score 0.

    Of few rows all are drawn, in an order of chance; of many a row may be drawn twice.
    """
    n = len(identities)
    rows = np.full((n, k), -1, np.int32)
    if n < 2:
        return Candidates(rows, np.zeros((n, k), np.float32))
    digests = b"".join(
        hashlib.blake2b(f"{seed}:{identity}".encode(), digest_size=8).digest()
        for identity in identities
    )
    own: NDArray[np.uint64] = np.frombuffer(digests, ">u8").astype(np.uint64)[:, None]
    if n <= 4 * k:
        drawn = np.argsort(
            _mixed(np.add(own, np.arange(n - 1, dtype=np.uint64))), axis=1, kind="stable"
        )[:, :k]
    else:
        drawn = (_mixed(np.add(own, np.arange(k, dtype=np.uint64))) % np.uint64(n - 1)).astype(
            np.int64
        )
    rows[:, : drawn.shape[1]] = drawn + (drawn >= np.arange(n)[:, None])  # every row but its own
    return Candidates(rows, np.zeros((n, k), np.float32))


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Each number's output of the generator SplitMix64 (Steele et al. 2014): neighbors become independent."""
    z = numbers * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def semantic_candidates(
    neighbors: NDArray[np.int64], similarities: NDArray[np.float32], k: int, skip: int = 0
) -> Candidates:
    """The k nearest rows to row i's anchor, itself and the first `skip` left out, from neighbors best first."""
    n = len(neighbors)
    others = neighbors != np.arange(n)[:, None]
    first = np.argsort(~others, axis=1, kind="stable")[
        :, skip : skip + k
    ]  # the row itself comes last
    kept = np.take_along_axis(others, first, axis=1)
    rows, scores = np.full((n, k), -1, np.int32), np.zeros((n, k), np.float32)
    rows[:, : kept.shape[1]] = np.where(kept, np.take_along_axis(neighbors, first, axis=1), -1)
    scores[:, : kept.shape[1]] = np.where(kept, np.take_along_axis(similarities, first, axis=1), 0)
    return Candidates(rows, scores)
