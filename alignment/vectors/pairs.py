"""The vectors of a language's pairs, from its artifact of `embed`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alignment import layout
from alignment.arrays import REBUILD_HINT, map_array
from alignment.errors import Corrupt
from alignment.types import Artifact
from alignment.vectors.shards import VectorShards


@dataclass(frozen=True)
class PairVectors:
    """Float32 unit vectors of both sides of pairs, by the row of the pair. Read when asked for."""

    source_vectors: VectorShards
    target_vectors: VectorShards
    source_rows: NDArray[np.int32]
    """Number of each pair's source sentence (pairs,)."""
    target_rows: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.source_rows)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self.source_vectors.dim

    def sources(self, rows: NDArray[np.integer[Any]] | slice = slice(None)) -> NDArray[np.float32]:
        """Vectors (n, dim) of the sources of the pairs with these rows."""
        return self.source_vectors.take(self.source_rows[rows])

    def targets(self, rows: NDArray[np.integer[Any]] | slice = slice(None)) -> NDArray[np.float32]:
        """Vectors (n, dim) of the targets of the pairs with these rows."""
        return self.target_vectors.take(self.target_rows[rows])


def pair_vectors(embedded: Artifact, kept: NDArray[np.int64] | None = None) -> PairVectors:
    """The vectors in an artifact of `embed`.

    Args:
        embedded: The artifact.
        kept: Rows of the embedded pairs that a later stage kept, ascending (pairs,), as `read_kept`
            returns them. Row i of the result is then that of pair `kept[i]`.

    Raises:
        Corrupt: naming the file that is missing, cut short, or does not fit the others.
    """
    source = VectorShards(embedded.path / layout.SOURCE_VECTORS)
    target = VectorShards(embedded.path / layout.TARGET_VECTORS)
    source_rows = _sentence_numbers(embedded.path / layout.SOURCE_ROWS, len(source))
    target_rows = _sentence_numbers(embedded.path / layout.TARGET_ROWS, len(target))
    if len(source_rows) != len(target_rows):
        raise Corrupt(
            f"got {len(target_rows):,} pairs, expected {len(source_rows):,}",
            where=str(embedded.path / layout.TARGET_ROWS),
            hint=REBUILD_HINT,
        )
    if kept is not None:
        if len(kept) and kept[-1] >= len(source_rows):
            raise Corrupt(
                f"got row {kept[-1]:,} of {len(source_rows):,} embedded pairs",
                where=layout.KEPT,
                hint="The kept rows are those of other pairs. Run again.",
            )
        source_rows = source_rows[kept]
        target_rows = target_rows[kept]
    return PairVectors(source, target, source_rows, target_rows)


def read_kept(pairs: Artifact) -> NDArray[np.int64] | None:
    """Which embedded pairs an artifact has (pairs,); None if it has all of them.

    Raises:
        Corrupt: if the file is damaged or its rows do not ascend.
    """
    if layout.KEPT not in pairs.files:
        return None
    path = pairs.path / layout.KEPT
    kept: NDArray[np.int64] = np.array(map_array(path, "<i8", 1))
    if len(kept) and (kept[0] < 0 or (np.diff(kept) <= 0).any()):
        raise Corrupt("the rows do not ascend", where=str(path), hint=REBUILD_HINT)
    return kept


def _sentence_numbers(path: Path, sentences: int) -> NDArray[np.int32]:
    numbers: NDArray[np.int32] = map_array(path, "<i4", 1)
    if len(numbers) and not 0 <= numbers.min() <= numbers.max() < sentences:
        raise Corrupt(
            f"got sentence {numbers.max():,} of {sentences:,}: vectors are missing",
            where=str(path),
            hint=REBUILD_HINT,
        )
    return numbers
