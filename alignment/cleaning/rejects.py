"""Dropped rows, written to a file with the reason of each."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa

from alignment import tables
from alignment.cleaning.ledger import KEPT, REASONS


class RejectsWriter:
    """Writes a file with the schema `tables.REJECTS`; a context manager."""

    def __init__(self, path: Path) -> None:
        self._writer = tables.new_writer(path, tables.REJECTS)

    def add(self, rows: pa.RecordBatch, reasons: np.ndarray) -> None:
        """Write the dropped rows of a batch.

        `reasons` (rows,) holds indices of `REASONS`, or `KEPT`.
        """
        dropped = reasons != KEPT
        names = pa.array([REASONS[number] for number in reasons[dropped]], pa.string())
        columns = rows.filter(pa.array(dropped)).columns
        batch = pa.RecordBatch.from_arrays([*columns, names], schema=tables.REJECTS)
        self._writer.write_batch(batch)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._writer.close()
