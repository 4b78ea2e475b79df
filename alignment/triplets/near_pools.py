"""Pools of pairs that are near each other, so that most of a pair's nearest texts are in its pool.

The principal components of the pairs' vectors say where texts differ most. The pairs are halved by
the first component, each half by the second one, and so on: a k-d tree (Bentley, 1975) whose axes
are the components. docs/experiments.md compares this with random pools.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from alignment.triplets.pools import pool_count
from alignment.vectors import PairVectors

_SAMPLE = 16_384
"""Pairs from which the components are computed."""
_ROWS_AT_ONCE = 32_768


def near_pool_numbers(vectors: PairVectors, size: int) -> NDArray[np.int32]:
    """Number of each pair's pool (n,).

    There are as few pools of at most `size` pairs as possible, all of the same size, give or take
    one for each halving.
    """
    pools = pool_count(len(vectors), size)
    numbers = np.zeros(len(vectors), np.int32)
    if pools > 1:
        coordinates = _coordinates(vectors, math.ceil(math.log2(pools)))
        _divide(np.arange(len(vectors)), coordinates, pools, numbers)
    return numbers


def _divide(
    rows: NDArray[np.int64],
    coordinates: NDArray[np.float32],
    pools: int,
    numbers: NDArray[np.int32],
) -> None:
    """Number the pools of `rows` from 0 on, by the coordinates (axes, n); adds to `numbers`."""
    if pools == 1:
        return
    order = np.argsort(coordinates[0, rows], kind="stable")
    lower_pools = pools // 2
    middle = len(rows) * lower_pools // pools
    lower = np.sort(rows[order[:middle]])
    upper = np.sort(rows[order[middle:]])
    numbers[upper] += lower_pools
    _divide(lower, coordinates[1:], lower_pools, numbers)
    _divide(upper, coordinates[1:], pools - lower_pools, numbers)


def _coordinates(vectors: PairVectors, axes: int) -> NDArray[np.float32]:
    """Each pair's coordinates along the first principal components (axes, n)."""
    n = len(vectors)
    sample = np.linspace(0, n - 1, min(n, _SAMPLE)).astype(np.int64)
    components = _components(_sums(vectors, sample), axes)  # (dim, axes)
    coordinates = np.zeros((axes, n), np.float32)
    for first in range(0, n, _ROWS_AT_ONCE):
        rows = np.arange(first, min(first + _ROWS_AT_ONCE, n))
        projected = _sums(vectors, rows) @ components  # (rows, axes)
        coordinates[: components.shape[1], rows] = projected.T
    return coordinates


def _components(vectors: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """The directions of largest variance (dim, count), or fewer if there are not as many."""
    centered = vectors - vectors.mean(axis=0)
    covariance = centered.T @ centered  # (dim, dim)
    _, directions = np.linalg.eigh(covariance)  # ascending
    components = directions[:, ::-1][:, :count]
    # Either sign is right; the same one is taken on every machine.
    largest = np.take_along_axis(components, np.abs(components).argmax(axis=0)[None], axis=0)
    signed: NDArray[np.float32] = components * np.sign(largest)
    return signed


def _sums(vectors: PairVectors, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Source and target vectors added up (n, dim): a pair's meaning, twice as long."""
    sums: NDArray[np.float32] = vectors.sources(rows) + vectors.targets(rows)
    return sums
