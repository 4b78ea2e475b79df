"""Unit vectors from whatever encodes texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from alignment.errors import DataError

NEAR_UNIT = 1e-3  # of the norm: vectors nearer than this to 1 are left as they are


class TextEncoder(Protocol):
    """Anything with `encode(texts)`: an `Encoder`, a `SentenceTransformer` or your own class.

    Examples:
        >>> import numpy as np
        >>> class Lengths:
        ...     def encode(self, texts):
        ...         return np.array([[len(text), 1.0] for text in texts])
        >>> Lengths().encode(["Bore da"]).shape
        (1, 2)
    """

    def encode(self, texts: list[str], /) -> Any:
        """Vectors of the texts, (n, dim), in their order; an array or anything numpy can read."""
        ...


def unit_vectors(encoder: TextEncoder, texts: Sequence[str]) -> NDArray[np.float32]:
    """L2-normalized float32 vectors of the texts, (n, dim).

    Raises:
        DataError: if the encoder does not give one finite vector per text.
    """
    vectors = np.asarray(encoder.encode(list(texts)), dtype=np.float32)
    if vectors.ndim != 2 or len(vectors) != len(texts):
        raise DataError(
            f"the encoder gave an array of shape {vectors.shape} for {len(texts)} texts",
            where=type(encoder).__name__,
            hint=f"Its encode(texts) must return ({len(texts)}, dim): one vector per text.",
        )
    if not np.isfinite(vectors).all():
        raise DataError(
            "the encoder gave NaN or infinite values",
            where=type(encoder).__name__,
            hint="Its weights are damaged, or its training diverged.",
        )
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if np.abs(norms - 1).max(initial=0.0) < NEAR_UNIT:
        return vectors
    unit: NDArray[np.float32] = vectors / np.maximum(norms, np.finfo(np.float32).tiny)
    return unit
