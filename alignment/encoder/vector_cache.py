"""Vectors of earlier texts, so that a text that recurs is encoded once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

CAPACITY = 65_536  # vectors: 100 MB at dimension 384

Vector = NDArray[np.float32]


class VectorCache:
    """Vectors by text, at most `capacity` of them. The pivot's texts recur in every language."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.capacity = capacity
        self._vectors: dict[str, Vector] = {}

    def __len__(self) -> int:
        return len(self._vectors)

    def lookup(
        self, texts: Sequence[str], encode: Callable[[list[str]], Vector]
    ) -> Mapping[str, Vector]:
        """A vector (dim,) for each of `texts`, and possibly for others.

        Calls `encode` once, with the distinct texts that have no vector yet, in their order. The
        cache is emptied first if they do not fit in; more than `capacity` texts at once are
        encoded and not kept.

        Args:
            texts: May repeat.
            encode: Returns a vector for each of its texts, (n, dim).
        """
        distinct = list(dict.fromkeys(texts))
        missing = [text for text in distinct if text not in self._vectors]
        if len(self._vectors) + len(missing) > self.capacity:
            self._vectors.clear()
            missing = distinct
        encoded = dict(zip(missing, encode(missing), strict=True))
        if len(encoded) > self.capacity:
            return encoded
        self._vectors.update(encoded)
        return self._vectors

    def clear(self) -> None:
        """Drop all vectors."""
        self._vectors.clear()
