"""Random candidates for negatives, and semantic ones (nearest vectors).

A strategy gives each row of one language's pairs other rows in its own order of preference.
`lexical` has those that share words. `build` applies the guards and chooses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from alignment.hashing import GOLDEN_GAMMA, splitmix64
from alignment.triplets.candidates import Candidates


def random_candidates(identities: Sequence[str], k: int, seed: int) -> Candidates:
    """Draw k other rows for each row, from its identity and the seed. All scores are 0.

    Up to 4 * k rows, each is drawn at most once; beyond that, a row may be drawn twice.

    Args:
        identities: one string per row, such as the id of its pair (n,).
        k: candidates per row.
        seed: another seed draws other rows.
    """
    n = len(identities)
    rows = np.full((n, k), -1, np.int32)
    scores = np.zeros((n, k), np.float32)
    if n < 2:
        return Candidates(rows, scores)
    hashes = identity_hashes(identities, seed)[:, None]
    others = n - 1
    # SplitMix64 makes neighboring states independent: a row's hash starts its own generator.
    if n <= 4 * k:
        states = np.add(hashes, np.arange(others, dtype=np.uint64)) * GOLDEN_GAMMA
        drawn = np.argsort(splitmix64(states), axis=1, kind="stable")[:, :k]
    else:
        states = np.add(hashes, np.arange(k, dtype=np.uint64)) * GOLDEN_GAMMA
        drawn = (splitmix64(states) % np.uint64(others)).astype(np.int64)
    # Numbers from the row itself on move up by one, so that it is never drawn.
    rows[:, : drawn.shape[1]] = drawn + (drawn >= np.arange(n)[:, None])
    return Candidates(rows, scores)


def semantic_candidates(
    neighbors: NDArray[np.int64], similarities: NDArray[np.float32], k: int, skip: int = 0
) -> Candidates:
    """The k nearest rows to each row's anchor, without the row itself. Scores are similarities.

    Args:
        neighbors: rows nearest to each row's anchor, best first (n, m); m of at least
            k + skip + 1 fills every candidate.
        similarities: of the anchor and each neighbor (n, m).
        k: candidates per row.
        skip: how many of the nearest other rows to leave out, because the very nearest are often
            translations too.
    """
    n = len(neighbors)
    is_other = neighbors != np.arange(n)[:, None]
    order = np.argsort(~is_other, axis=1, kind="stable")  # the row itself last
    chosen = order[:, skip : skip + k]
    valid = np.take_along_axis(is_other, chosen, axis=1)
    width = chosen.shape[1]
    rows = np.full((n, k), -1, np.int32)
    scores = np.zeros((n, k), np.float32)
    rows[:, :width] = np.where(valid, np.take_along_axis(neighbors, chosen, axis=1), -1)
    scores[:, :width] = np.where(valid, np.take_along_axis(similarities, chosen, axis=1), 0)
    return Candidates(rows, scores)


def identity_hashes(identities: Sequence[str], seed: int) -> NDArray[np.uint64]:
    """A 64-bit hash of each identity and the seed (n,)."""
    digests = []
    for identity in identities:
        text = f"{seed}:{identity}"
        digests.append(hashlib.blake2b(text.encode(), digest_size=8).digest())
    return np.frombuffer(b"".join(digests), ">u8").astype(np.uint64)
