"""Made-up vectors of pairs, with noise of a known share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from alignment.checks.pair_scores import PoolVectors
from alignment.retrieval.margins import neighbor_means

DIM = 64


def unit(rows: NDArray[Any]) -> NDArray[np.float32]:
    result: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return result.astype(np.float32)


def made_up(
    n: int = 400, *, noise: float = 0.0, blur: float = 0.5, seed: int = 0
) -> tuple[PoolVectors, NDArray[np.bool_]]:
    """A pool of pairs, and which of them are mismatched.

    A target is its source plus an offset of the language, with random values of the size `blur`:
    a weak encoder blurs a lot.
    """
    rng = np.random.default_rng(seed)
    meaning = rng.standard_normal((n, DIM))
    offset = 0.5 * rng.standard_normal(DIM)
    bad = np.arange(n) < round(noise * n)
    of_target = meaning.copy()
    of_target[bad] = rng.standard_normal((int(bad.sum()), DIM))
    target = unit(of_target + offset + blur * rng.standard_normal((n, DIM)))
    order = rng.permutation(n)
    return pool(unit(meaning)[order], target[order]), bad[order]


def pool(
    source: NDArray[np.float32],
    target: NDArray[np.float32],
    source_chars: NDArray[np.integer[Any]] | None = None,
    target_chars: NDArray[np.integer[Any]] | None = None,
) -> PoolVectors:
    n = len(source)
    rows = np.arange(n)
    lengths = 30 + rows % 7
    return PoolVectors(
        source,
        target,
        neighbor_means(source, target, rows),
        neighbor_means(target, source, rows),
        rows,
        rows,
        lengths if source_chars is None else source_chars,
        lengths + rows % 3 if target_chars is None else target_chars,
    )
