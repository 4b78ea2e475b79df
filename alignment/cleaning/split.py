"""Which side of the split a sentence is on: by a hash of its text, the same in every language."""

from __future__ import annotations

import numpy as np

_MIX = (
    np.uint64(0xBF58476D1CE4E5B9),
    np.uint64(0x94D049BB133111EB),
)  # SplitMix64 (Steele et al. 2014)
_STEP = 0x9E3779B97F4A7C15


def held_out(pivot_fingerprints: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Whether each pivot sentence belongs to the held-out share (n,) bool.

    It depends on the comparable form only, so that one English sentence is on the same side in
    every language, whatever its case or punctuation, and whatever else is in the corpus.
    """
    mixed = pivot_fingerprints.view(np.uint64) + np.uint64((seed + 1) * _STEP % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX[0]
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX[1]
    mixed ^= mixed >> np.uint64(31)
    below: np.ndarray = mixed.astype(np.float64) / 2.0**64 < share
    return below
