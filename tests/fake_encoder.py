"""An encoder for tests: the two sides of a pair that it was given have similar vectors."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from alignment.encoder.prompts import Side

DIM = 48


class FakeEncoder:
    """Knows the translations that it was given, and nothing else."""

    def __init__(self, translations: Iterable[tuple[str, str]] = ()) -> None:
        self._meaning: dict[str, str] = {}
        for source, target in translations:
            self._meaning[target] = self._meaning.setdefault(source, source)

    def encode(self, texts: Sequence[str], *, side: Side = "source") -> NDArray[np.float32]:
        """Unit vectors (n, dim): the meaning's direction, and a smaller one of the text itself."""
        vectors = np.array([self._vector(text) for text in texts], np.float32).reshape(-1, DIM)
        unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def _vector(self, text: str) -> NDArray[np.float64]:
        meaning = self._meaning.get(text, text)
        return _direction(meaning) + 0.4 * _direction(f"text {text}")


def _direction(text: str) -> NDArray[np.float64]:
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    return np.random.default_rng(seed).normal(size=DIM)
