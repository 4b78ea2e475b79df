"""Unit vectors for the tests of retrieval."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def unit(n: int, dim: int = 6, seed: int = 0) -> NDArray[np.float32]:
    return scaled(np.random.default_rng(seed).normal(size=(n, dim)))


def scaled(rows: ArrayLike) -> NDArray[np.float32]:
    x = np.asarray(rows, float)
    lengths = np.linalg.norm(x, axis=1, keepdims=True)
    unit_rows: NDArray[np.float32] = (x / lengths).astype(np.float32)
    return unit_rows
