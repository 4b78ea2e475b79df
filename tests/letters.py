"""A tiny encoder for tests: counts of letters."""

from __future__ import annotations

import string

import numpy as np
from numpy.typing import NDArray


class LetterEncoder:
    """Vectors (n, 26) of letter counts, not normalized; texts that share letters are near."""

    def encode(self, texts: list[str], /) -> NDArray[np.float64]:
        """One row per text."""
        rows = []
        for text in texts:
            rows.append([float(text.lower().count(letter)) for letter in string.ascii_lowercase])
        return np.array(rows)
