import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from alignment import tables
from alignment.triplets import candidates, spill
from alignment.triplets.candidates import Candidates
from alignment.triplets.spill import Block, in_order_of_pairs, merged_spills
from alignment.types import Direction, Strategy

N, K = 50, 3
BLOCKS: list[tuple[Direction, Strategy]] = [("forward", "random"), ("backward", "lexical")]


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "ROWS_PER_BATCH", 8)
    monkeypatch.setattr(spill, "_ROWS_AT_ONCE", 3)


def block(direction: Direction, strategy: Strategy, pairs: NDArray[np.int64]) -> Block:
    """Candidates that say which pair and block they are of."""
    rows = np.tile(np.arange(K, dtype=np.int32), (len(pairs), 1))
    rows[pairs % 5 == 0, 1:] = -1  # lists of different lengths
    scores = np.repeat(pairs[:, None] + (direction == "backward") * 1000, K, 1)
    mined = Candidates(rows, scores.astype(np.float32))
    return Block(direction, strategy, candidates.batches(direction, strategy, mined, None, pairs))


def pools(*parts: NDArray[np.int64]) -> Iterator[list[Block]]:
    for pairs in parts:
        yield [block(direction, strategy, pairs) for direction, strategy in BLOCKS]


def test_blocks_in_the_order_of_the_pairs(tmp_path: Path) -> None:
    shuffled = np.random.default_rng(1).permutation(N)
    parts = [np.sort(part) for part in np.array_split(shuffled, 4)]
    merged = list(in_order_of_pairs(pools(*parts), N, tmp_path))
    rows = pa.Table.from_batches(merged).to_pylist()
    keys = [(row["direction"], row["strategy"], row["pair"]) for row in rows]
    assert keys == [(*key, pair) for key in BLOCKS for pair in range(N)]
    for row in rows:
        length = 1 if row["pair"] % 5 == 0 else K
        assert len(row["candidates"]) == length
        expected = row["pair"] + (row["direction"] == "backward") * 1000
        assert row["scores"] == [expected] * length
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spill, "_ROWS_AT_ONCE", N)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(spill._RunsWriter, "add", full)
    with pytest.raises(OSError, match="No space left"):
        list(in_order_of_pairs(pools(np.arange(N)), N, tmp_path))
    assert not list(tmp_path.iterdir())


@given(seed=st.integers(0, 99), pool_count=st.integers(1, 6), part=st.integers(1, 6))
@settings(max_examples=20, deadline=None)
def test_parts_are_merged_into_the_bytes_of_one_process(
    seed: int, pool_count: int, part: int
) -> None:
    shuffled = np.random.default_rng(seed).permutation(N)
    rows = [np.sort(part) for part in np.array_split(shuffled, pool_count)]
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary)
        expected = list(in_order_of_pairs(pools(*rows), N, directory))
        directories = []
        for first in range(0, pool_count, part):
            directories.append(directory / str(first))
            directories[-1].mkdir()
            spill.spill(pools(*rows[first : first + part]), directories[-1])
        assert list(merged_spills(directories, N)) == expected
