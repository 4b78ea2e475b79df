"""Distinct names of a corpus, collected in Arrow arrays instead of a set of Python strings."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

MERGE_FROM = 2**16
"""Names that are collected before repetitions are removed."""


class NameCollector:
    """Remembers names; memory grows with the distinct ones."""

    def __init__(self) -> None:
        self._distinct = pa.array([], pa.large_string())
        self._new: list[pa.Array] = []
        self._waiting = 0

    def add(self, names: Sequence[str]) -> None:
        """Remember some names."""
        if not names:
            return
        self._new.append(pa.array(names, pa.large_string()))
        self._waiting += len(names)
        if self._waiting >= max(MERGE_FROM, len(self._distinct)):
            self._merge()

    def sorted(self) -> pa.Array:
        """Every name once, in the order of their code points."""
        self._merge()
        return self._distinct.take(pc.array_sort_indices(self._distinct))

    def _merge(self) -> None:
        if self._new:
            self._distinct = pc.unique(pa.concat_arrays([self._distinct, *self._new]))
        self._new = []
        self._waiting = 0
