from pathlib import Path

import numpy as np
import pyarrow as pa

from alignment import tables
from alignment.cleaning.ledger import KEPT, REASONS
from alignment.cleaning.rejects import RejectsWriter


def test_only_dropped_rows_are_written(tmp_path: Path) -> None:
    path = tmp_path / "rejects.parquet"
    empty = dict.fromkeys(tables.PAIRS.names, "")
    rows = [{**empty, "source": text} for text in ("kept", "too long", "duplicate")]
    batch = pa.RecordBatch.from_pylist(rows, tables.PAIRS)
    numbers = [KEPT, REASONS.index("too_long"), REASONS.index("duplicate")]
    with RejectsWriter(path) as rejects:
        rejects.add(batch, np.array(numbers))
        rejects.add(batch, np.full(3, KEPT))
    written = [(row["source"], row["reason"]) for row in tables.read(path)]
    assert written == [("too long", "too_long"), ("duplicate", "duplicate")]
