"""Vectors of earlier texts, so that a text that recurs is encoded once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

CAPACITY = 65_536  # vectors: 100 MB at dimension 384

Vector = NDArray[np.float32]


class VectorCache:
    """Vectors by text, the `capacity` that were used last.

    The pivot's texts recur in every language, so they stay while those of one language go.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.capacity = capacity
        # Least recently used first.
        self._vectors: dict[str, Vector] = {}

    def __len__(self) -> int:
        return len(self._vectors)

    def lookup(
        self, texts: Sequence[str], encode: Callable[[list[str]], Vector]
    ) -> Mapping[str, Vector]:
        """A vector (dim,) for each of `texts`.

        Calls `encode` once, with the distinct texts that have no vector yet, in their order. Of
        more than `capacity` texts at once the last ones are kept.

        Args:
            texts: May repeat.
            encode: Returns a vector for each of its texts, (n, dim).
        """
        distinct = list(dict.fromkeys(texts))
        missing = [text for text in distinct if text not in self._vectors]
        encoded = dict(zip(missing, encode(missing), strict=True))
        vectors = {}
        for text in distinct:
            vectors[text] = encoded[text] if text in encoded else self._vectors.pop(text)
        self._vectors.update(vectors)
        while len(self._vectors) > self.capacity:
            del self._vectors[next(iter(self._vectors))]
        return vectors

    def clear(self) -> None:
        """Drop all vectors."""
        self._vectors.clear()
