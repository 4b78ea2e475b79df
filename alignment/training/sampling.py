"""Random choices among all triplets or sentences, by hash and in bounded memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from alignment import tables
from alignment.hashing import splitmix64
from alignment.training.columns import chunks


def chosen_negatives(triplets: int, share: float, seed: int) -> NDArray[np.bool_] | None:
    """Which triplets use their own negative (triplets,): about the share; None if all do."""
    if share >= 1:
        return None
    salt = _salt(f"{seed}:explicit")
    chosen = np.empty(triplets, dtype=bool)
    for part in chunks(triplets):
        rows = np.arange(part.start, part.stop, dtype=np.uint64)
        chosen[part] = splitmix64(rows ^ salt) < np.uint64(share * 2**64)
    return chosen


def sample_sentences(
    columns: Mapping[str, NDArray[Any]], limits: Sequence[int], seed: int
) -> list[list[int]]:
    """Random sentences of each language, at most its limit, in random order.

    Args:
        columns: Those of the training data.
        limits: Sentences of each language, by the language's number.
        seed: Two seeds give different sentences.
    """
    language = columns["language"]
    salt = _salt(f"{seed}:sample")
    best = np.empty(0, np.int64)
    for part in chunks(len(language)):
        candidates = np.concatenate([best, np.arange(part.start, part.stop)])
        best = _first_by_hash(candidates, language[candidates], np.array(limits), salt)
    languages = language[best]
    return [best[languages == code].tolist() for code in range(len(limits))]


def _first_by_hash(
    candidates: NDArray[np.int64],
    languages: NDArray[np.uint16],
    limits: NDArray[np.int64],
    salt: np.uint64,
) -> NDArray[np.int64]:
    """The candidates of each language with the lowest hashes, at most its limit."""
    order = np.lexsort((splitmix64(candidates.astype(np.uint64) ^ salt), languages))
    languages = languages[order]
    places = np.arange(len(order)) - np.searchsorted(languages, languages)
    return candidates[order][places < limits[languages]]


def pair_ids(path: Path, rows: Sequence[int]) -> list[str]:
    """The ids of the pairs of these triplets, read from the triplets table."""
    ids: dict[int, str] = {}
    start = 0
    for batch in tables.batches(path, ["pair_id"]):
        for row in rows:
            if start <= row < start + batch.num_rows:
                ids[row] = batch.column(0)[row - start].as_py()
        start += batch.num_rows
    return [ids[row] for row in rows]


def _salt(text: str) -> np.uint64:
    return np.uint64(xxhash.xxh3_64_intdigest(text.encode()))
