"""Unit vectors from whatever encodes texts."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeGuard

import numpy as np
from numpy.typing import NDArray

from alignment.errors import DataError

if TYPE_CHECKING:
    from alignment.encoder.encoder import Encoder

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


def unit_vectors(
    encoder: TextEncoder, texts: Sequence[str], side: Literal["source", "target"] = "source"
) -> NDArray[np.float32]:
    """L2-normalized float32 vectors of the texts, (n, dim).

    `side` chooses the prompt of our own `Encoder`; others are called as `encode(texts)`.

    Raises:
        DataError: if the encoder does not give one finite vector per text.
    """
    if _has_sides(encoder):
        encoded = encoder.encode(list(texts), side=side)
    else:
        encoded = encoder.encode(list(texts))
    vectors = np.asarray(encoded, dtype=np.float32)
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


def _has_sides(encoder: object) -> TypeGuard[Encoder]:
    """Whether it is our own encoder. There is none unless its module, with torch, is imported."""
    module = sys.modules.get("alignment.encoder.encoder")
    return module is not None and isinstance(encoder, module.Encoder)
