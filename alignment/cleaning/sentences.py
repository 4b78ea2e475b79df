"""Sentences by hash, to recognize the same sentence in different corpora."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import xxhash
from numpy.typing import NDArray

from alignment.cleaning import columns


def sentence_hashes(language: str, texts: Sequence[str] | pa.Array) -> NDArray[np.int64]:
    """Hashes of the sentences of a language (n,), equal for texts with the same comparable form.

    Equal texts of two languages have different hashes. Texts without letters or digits, whose
    comparable form is empty, are hashed as they are.
    """
    column = (
        columns.from_arrow(texts) if isinstance(texts, pa.Array) else columns.from_strings(texts)
    )
    compared = columns.comparables(column)
    salt = np.uint64(xxhash.xxh3_64_intdigest(language.encode()))
    hashes = (columns.fingerprints(compared).view(np.uint64) ^ salt).view(np.int64)
    rows = np.flatnonzero(compared.lengths == 0)
    for row, text in zip(rows.tolist(), columns.take(column, rows).strings(), strict=True):
        value = np.uint64(xxhash.xxh3_64_intdigest(f"{language}:{text}".encode()))
        hashes[row] = value.view(np.int64)
    return hashes
