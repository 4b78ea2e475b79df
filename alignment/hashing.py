"""Hashes of columns: SplitMix64 for numbers, XXH3 for texts.

SplitMix64 turns numbers that are close together into independent 64-bit hashes. Source: Steele, Lea
and Flood (2014), Fast Splittable Pseudorandom Number Generators, OOPSLA.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xxhash
from numpy.typing import NDArray

GOLDEN_GAMMA = np.uint64(0x9E3779B97F4A7C15)
"""2**64 divided by the golden ratio, odd: the increment of SplitMix64's state."""

_MULTIPLIER_1 = np.uint64(0xBF58476D1CE4E5B9)
_MULTIPLIER_2 = np.uint64(0x94D049BB133111EB)


def splitmix64(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's output for each state in `values`, element by element; shape (...) to (...).

    It is a bijection on 64-bit integers. The n-th output of a generator seeded with `s` is
    `splitmix64(s + n * GOLDEN_GAMMA)`, n from 1. The arithmetic wraps at 2**64.
    """
    mixed = (values ^ (values >> np.uint64(30))) * _MULTIPLIER_1
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _MULTIPLIER_2
    mixed ^= mixed >> np.uint64(31)
    return mixed


def state_after(steps: int) -> np.uint64:
    """State of a generator seeded with 0 after `steps` outputs: `steps * GOLDEN_GAMMA` mod 2**64.

    For one Python integer: NumPy warns when a single uint64 overflows, but not for arrays.
    """
    return np.uint64(steps * int(GOLDEN_GAMMA) % 2**64)


def text_hashes(texts: Sequence[bytes]) -> NDArray[np.uint64]:
    """128-bit hashes (XXH3) of texts in UTF-8: (n, 2), the higher half first.

    Among a hundred million texts, the probability that any two different ones have the same hash is
    about 1e-23 (the birthday bound, n**2 / 2**129).
    """
    digests = b"".join(map(xxhash.xxh3_128_digest, texts))
    return np.frombuffer(digests, ">u8").reshape(len(texts), 2).astype(np.uint64)
