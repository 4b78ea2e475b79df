from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from alignment import tables
from alignment.triplets.weights import PairWeights

N = 50_000


def pairs_file(path: Path, *, scored: bool) -> Path:
    names = [f"p{row}" for row in range(N)]
    columns: dict[str, Any] = {name: [""] * N for name in tables.PAIRS.names}
    schema = tables.PAIRS
    columns["pair_id"] = names
    if scored:
        schema = tables.SCORED_PAIRS
        columns["semantic_score"] = np.zeros(N, np.float32)
        columns["probability"] = (np.arange(N) % 4 / 4).astype(np.float32)
    table = pa.table(columns, schema=schema)
    tables.write_batches(path, schema, table.to_batches(max_chunksize=1000))
    return path


def triplets(rows: range) -> list[pa.RecordBatch]:
    """Two of each second pair, of weight 2."""
    ids = [f"p{row}" for row in rows[::2] for _ in range(2)]
    return [pa.record_batch({"pair_id": ids, "weight": np.full(len(ids), 2, np.float32)})]


@pytest.mark.parametrize("part", [7, 8192, N])
def test_a_weight_times_the_probability_of_its_pair(tmp_path: Path, part: int) -> None:
    weights = PairWeights(pairs_file(tmp_path / "pairs.parquet", scored=True))
    for first in range(0, min(N, 5 * part), part):
        rows = range(first, min(first + part, N))
        (batch,) = weights.weighted(rows, triplets(rows))
        numbers = np.array([int(name[1:]) for name in batch["pair_id"].to_pylist()])
        assert batch["weight"].to_numpy().tolist() == (2 * (numbers % 4) / 4).tolist()
        assert batch.schema.field("weight").type == pa.float32()


def test_pairs_without_probabilities(tmp_path: Path) -> None:
    weights = PairWeights(pairs_file(tmp_path / "pairs.parquet", scored=False))
    batches = triplets(range(10))
    assert list(weights.weighted(range(10), batches)) == batches
