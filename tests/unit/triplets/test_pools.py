from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment import layout, tables
from alignment.triplets import pools as module
from alignment.triplets.pools import (
    Pool,
    pool_count,
    pool_numbers,
    random_pool_numbers,
    read_pools,
    whole_table,
)
from tests.stages.helpers import pair_identity, pairs_artifact

N = 100


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tables, "ROWS_PER_BATCH", 7)
    monkeypatch.setattr(module, "_SLAB", 3)
    pairs = [(f"source {row}", f"target {row}") for row in range(N)]
    return pairs_artifact(tmp_path, "fi", pairs).path / layout.PAIRS


def read(path: Path, size: int, seed: int = 1) -> list[Pool]:
    return list(read_pools(path, random_pool_numbers(path, size, seed), path.parent))


@given(st.integers(0, 300), st.integers(1, 50), st.integers(0, 9))
def test_pools_are_few_and_even(n: int, size: int, seed: int) -> None:
    hashes = np.random.default_rng(seed).integers(0, 2**64, n, np.uint64)
    counts = np.bincount(pool_numbers(hashes, size), minlength=1)
    assert len(counts) == pool_count(n, size)
    assert counts.max() <= size
    assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("read_whole", [whole_table, lambda path: read(path, N)[0]])
def test_one_pool_is_the_table(path: Path, read_whole: Callable[[Path], Pool]) -> None:
    pool = read_whole(path)
    assert pool.rows.tolist() == list(range(N))
    assert pool.source == [f"source {row}" for row in range(N)]


def test_every_pair_is_in_one_pool(path: Path) -> None:
    pools = read(path, 30)
    assert [len(pool) for pool in pools] == [25] * 4
    for pool in pools:
        rows = pool.rows.tolist()
        assert rows == sorted(rows)
        assert pool.ids == [pair_identity("fi", row) for row in rows]
        assert pool.source == [f"source {row}" for row in rows]
        assert pool.target == [f"target {row}" for row in rows]
    assert sorted(np.concatenate([pool.rows for pool in pools])) == list(range(N))


@pytest.mark.parametrize("pools", [range(1), range(1, 3), range(3, 4), range(4)], ids=str)
def test_some_pools(path: Path, pools: range) -> None:
    numbers = random_pool_numbers(path, 30, seed=1)
    expected = read(path, 30)
    some = list(read_pools(path, numbers, path.parent, pools))
    assert len(some) == len(pools)
    for number, pool in zip(pools, some, strict=True):
        assert pool.rows.tolist() == expected[number].rows.tolist()
        assert pool.source == expected[number].source


def test_the_seed_and_the_ids_decide(path: Path) -> None:
    first = [pool.rows.tolist() for pool in read(path, 30)]
    assert first == [pool.rows.tolist() for pool in read(path, 30)]
    assert first != [pool.rows.tolist() for pool in read(path, 30, seed=2)]


def test_temporary_files_are_deleted(path: Path) -> None:
    files = []
    for _ in read_pools(path, random_pool_numbers(path, 30, 1), path.parent):
        files.append(len(list(path.parent.iterdir())))
    assert files == [2] * 4
    assert list(path.parent.iterdir()) == [path]
