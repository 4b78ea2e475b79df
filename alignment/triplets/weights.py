"""The probability that a pair is a translation, as the sampling weight of its triplets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from alignment import tables

PROBABILITY = "probability"


class PairWeights:
    """The probabilities of one language's pairs, which are read part by part, in order."""

    def __init__(self, pairs: Path) -> None:
        self._batches: Iterator[pa.RecordBatch] = iter(())
        with tables.opened(pairs) as file:
            self.exist = PROBABILITY in file.schema_arrow.names
        if self.exist:
            self._batches = tables.batches(pairs, ["pair_id", PROBABILITY])
        self._waiting: list[pa.RecordBatch] = []

    def weighted(self, rows: range, triplets: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Triplets of the pairs in these rows, their weight times the probability of the pair.

        The rows follow those of the call before.
        """
        if not self.exist:
            yield from triplets
            return
        pairs = self._next(len(rows))
        for batch in triplets:
            places = pc.index_in(batch["pair_id"], pairs["pair_id"].combine_chunks())
            probabilities = pairs[PROBABILITY].take(places).to_numpy()
            weights = batch["weight"].to_numpy() * probabilities
            number = batch.schema.get_field_index("weight")
            column = pa.array(weights.astype(np.float32))
            yield batch.set_column(number, batch.schema.field(number), column)

    def _next(self, n: int) -> pa.Table:
        """The next n pairs."""
        while sum(len(batch) for batch in self._waiting) < n:
            self._waiting.append(next(self._batches))
        table = pa.Table.from_batches(self._waiting)
        self._waiting = table.slice(n).to_batches()
        return table.slice(0, n)
