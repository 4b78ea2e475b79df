"""Corpora of any size whose alignment is known, with vectors of an imaginary encoder."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alignment.checks.excerpts import Excerpts

DIM = 64
ROWS = 10
"""Of an excerpt."""


class Encoded(NamedTuple):
    """Excerpts with the vectors of both sides."""

    excerpts: Excerpts
    source: NDArray[np.float32]
    target: NDArray[np.float32]


def encoded(
    rows: int = 200,
    *,
    quality: float = 1.0,
    topic: float = 0.0,
    seed: int = 0,
    shift: int = 0,
    shift_from: int = 0,
) -> Encoded:
    """A corpus of consecutive rows; both sides of a pair are a meaning plus an error.

    Args:
        rows: Number of pairs.
        quality: How much of a vector is its meaning; 0 for an encoder that understands nothing.
        topic: How similar the meanings of neighbors are, from 0 to 1.
        seed: Of the vectors.
        shift: The translation of source i is target i + shift, where i >= shift_from.
        shift_from: The first shifted row.
    """
    rng = np.random.default_rng(seed)
    meanings = rng.normal(size=(rows + 40, DIM))
    for row in range(1, len(meanings)):
        meanings[row] = topic * meanings[row - 1] + np.sqrt(1 - topic**2) * meanings[row]
    common = 3 * rng.normal(size=DIM)  # all vectors of an encoder point in a similar direction
    moved = np.where(np.arange(rows) >= shift_from, shift, 0)
    source = quality * meanings[20 : rows + 20] + rng.normal(size=(rows, DIM)) + common
    target = quality * meanings[20 + np.arange(rows) - moved]
    target = target + rng.normal(size=(rows, DIM)) + common
    number = np.arange(rows) // ROWS
    texts = Excerpts(number, [f"s{i}" for i in range(rows)], [f"t{i}" for i in range(rows)])
    return Encoded(texts, _unit(source), _unit(target))


def with_noise(corpus: Encoded, share: float, seed: int = 0) -> Encoded:
    """The corpus with the targets of a share of its rows exchanged for others of them."""
    rng = np.random.default_rng(seed)
    n = len(corpus.target)
    rows = rng.choice(n, size=round(share * n), replace=False)
    target = corpus.target.copy()
    target[rows] = corpus.target[np.roll(rows, 7)]
    return corpus._replace(target=target)


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: NDArray[np.float32] = (vectors / norms).astype(np.float32)
    return unit
