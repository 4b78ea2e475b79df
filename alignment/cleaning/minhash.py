"""MinHash over character shingles: which pairs are nearly the same (Broder 1997; LSH banding)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from alignment.cleaning.columns import Texts

SHINGLE = 5  # characters of the comparable form
PERMUTATIONS = 64
_RNG = np.random.Generator(np.random.PCG64(20_240_229))
_MULTIPLY = _RNG.integers(1, 2**63, PERMUTATIONS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
_ADD = _RNG.integers(0, 2**63, PERMUTATIONS, dtype=np.uint64)
_BASE = np.uint64(0x9E3779B97F4A7C15)


def shingles(texts: Texts, size: int = SHINGLE) -> tuple[np.ndarray, np.ndarray]:
    """Hashes of each row's runs of `size` characters, and their offsets (rows + 1,).

    A row of fewer characters has none.
    """
    points = texts.points.astype(np.uint64)
    count = np.maximum(texts.lengths - size + 1, 0)
    offsets = np.concatenate([[0], np.cumsum(count)])
    if not offsets[-1]:
        return np.zeros(0, dtype=np.uint64), offsets
    hashes = np.zeros(len(points) - size + 1, dtype=np.uint64)
    for step in range(size):
        hashes = (hashes + points[step : len(points) - size + 1 + step]) * _BASE
        hashes ^= hashes >> np.uint64(31)
    places = np.arange(offsets[-1]) + np.repeat(texts.offsets[:-1] - offsets[:-1], count)
    return hashes[places], offsets


def bands_for(threshold: float) -> int:
    """The number of bands (a divisor of 64) whose curve is steepest nearest to the threshold.

    With b bands of r rows two texts of Jaccard similarity s meet with probability 1 - (1 - s^r)^b;
    the curve turns at (1/b)^(1/r).
    """
    return min((2, 4, 8, 16, 32), key=lambda b: abs((1 / b) ** (b / PERMUTATIONS) - threshold))


def band_hashes(sides: Sequence[Texts], own: np.ndarray, threshold: float) -> np.ndarray:
    """One hash per band of each pair (rows, bands) int64; two pairs that share one are near duplicates.

    The shingles of both sides count together. Pairs without any have their `own` hash (rows,) int64 in
    every band.
    """
    rows = len(sides[0])
    signature = np.full((rows, PERMUTATIONS), np.iinfo(np.uint64).max, dtype=np.uint64)
    for number, texts in enumerate(sides):
        hashes, offsets = shingles(texts)
        filled = np.flatnonzero(np.diff(offsets))
        for k in range(PERMUTATIONS if len(filled) else 0):
            mixed = (hashes ^ np.uint64(number)) * _MULTIPLY[k] + _ADD[k]
            lowest = np.minimum.reduceat(mixed, offsets[:-1][filled])
            signature[filled, k] = np.minimum(signature[filled, k], lowest)
    bands = bands_for(threshold)
    width = PERMUTATIONS // bands
    hashed = np.zeros((rows, bands), dtype=np.uint64)
    for column in range(width):
        hashed = (hashed ^ signature[:, column::width]) * _BASE
        hashed ^= hashed >> np.uint64(29)
    short = (signature == np.iinfo(np.uint64).max).all(axis=1)
    hashed[short] = own[short].view(np.uint64)[:, None]
    return hashed.view(np.int64)
