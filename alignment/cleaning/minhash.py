"""MinHash over character shingles finds pairs that are nearly the same (Broder 1997; LSH bands)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from alignment.cleaning.columns import Ints, Texts
from alignment.hashing import GOLDEN_GAMMA

SHINGLE = 5  # characters of the comparable form
PERMUTATIONS = 64
BAND_COUNTS = (2, 4, 8, 16, 32)
_RNG = np.random.Generator(np.random.PCG64(20_240_229))
_MULTIPLY = _RNG.integers(1, 2**63, PERMUTATIONS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
_ADD = _RNG.integers(0, 2**63, PERMUTATIONS, dtype=np.uint64)
_EMPTY = np.uint64(2**64 - 1)  # minimum over no shingles


def shingles(texts: Texts, size: int = SHINGLE) -> tuple[NDArray[np.uint64], Ints]:
    """Hashes of each row's runs of `size` characters, and their offsets (rows + 1,).

    A row of fewer characters has none.
    """
    points = texts.points.astype(np.uint64)
    count = np.maximum(texts.lengths - size + 1, 0)
    offsets = np.concatenate([[0], np.cumsum(count)])
    if not offsets[-1]:
        return np.zeros(0, dtype=np.uint64), offsets
    runs = len(points) - size + 1
    hashes = np.zeros(runs, dtype=np.uint64)
    for step in range(size):
        hashes = (hashes + points[step : runs + step]) * GOLDEN_GAMMA
        hashes ^= hashes >> np.uint64(31)
    # `hashes` has the runs that cross from one row into the next too; leave those out.
    places = np.arange(offsets[-1]) + np.repeat(texts.offsets[:-1] - offsets[:-1], count)
    return hashes[places], offsets


def bands_for(threshold: float) -> int:
    """The number of bands (a divisor of 64) whose curve is steepest nearest to the threshold.

    With b bands of r rows, two texts of Jaccard similarity s share a band with probability
    1 - (1 - s^r)^b; the curve turns at (1/b)^(1/r).
    """

    def distance(bands: int) -> float:
        turning_point = float((1 / bands) ** (bands / PERMUTATIONS))
        return abs(turning_point - threshold)

    return min(BAND_COUNTS, key=distance)


def band_hashes(sides: Sequence[Texts], fallback: Ints, threshold: float) -> Ints:
    """One hash per band of each pair (rows, bands). Pairs that share one are near duplicates.

    The shingles of both sides count together. A pair without any takes its `fallback` hash (rows,)
    in every band.
    """
    signature = _signatures(sides)  # (rows, PERMUTATIONS)
    bands = bands_for(threshold)
    width = PERMUTATIONS // bands
    hashed = np.zeros((len(signature), bands), dtype=np.uint64)
    for column in range(width):
        hashed = (hashed ^ signature[:, column::width]) * GOLDEN_GAMMA
        hashed ^= hashed >> np.uint64(29)
    short = (signature == _EMPTY).all(axis=1)
    hashed[short] = fallback[short].view(np.uint64)[:, None]
    return hashed.view(np.int64)


def _signatures(sides: Sequence[Texts]) -> NDArray[np.uint64]:
    """The MinHash signature of each pair (rows, PERMUTATIONS)."""
    signature = np.full((len(sides[0]), PERMUTATIONS), _EMPTY, dtype=np.uint64)
    for side, texts in enumerate(sides):
        hashes, offsets = shingles(texts)
        # `reduceat` gives nonsense for empty rows; they have no part in the minimum.
        filled = np.flatnonzero(np.diff(offsets))
        if not len(filled):
            continue
        starts = offsets[:-1][filled]
        for k in range(PERMUTATIONS):
            permuted = (hashes ^ np.uint64(side)) * _MULTIPLY[k] + _ADD[k]
            lowest = np.minimum.reduceat(permuted, starts)
            signature[filled, k] = np.minimum(signature[filled, k], lowest)
    return signature
