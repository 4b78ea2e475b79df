"""Sentences by hash, to recognize the same sentence in different corpora."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xxhash
from numpy.typing import NDArray

from alignment.cleaning import columns


def sentence_hashes(language: str, texts: Sequence[str]) -> NDArray[np.int64]:
    """Hashes of the sentences of a language (n,), equal for texts with the same comparable form.

    Equal texts of two languages have different hashes. Texts without letters or digits, whose
    comparable form is empty, are hashed as they are.
    """
    compared = columns.comparables(columns.from_strings(texts))
    salt = np.uint64(xxhash.xxh3_64_intdigest(language.encode()))
    hashes = (columns.fingerprints(compared).view(np.uint64) ^ salt).view(np.int64)
    for row in np.flatnonzero(compared.lengths == 0).tolist():
        value = np.uint64(xxhash.xxh3_64_intdigest(f"{language}:{texts[row]}".encode()))
        hashes[row] = value.view(np.int64)
    return hashes
