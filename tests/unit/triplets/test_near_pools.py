from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from alignment.triplets import near_pools as module
from alignment.triplets.near_pools import _divide, near_pool_numbers
from alignment.triplets.pools import pool_count
from alignment.vectors import PairVectors, VectorShards, shard_name, write_shard
from tests.unit.retrieval.vectors import scaled, unit


def pairs_of(path: Path, sources: NDArray[np.float32], targets: NDArray[np.float32]) -> PairVectors:
    shards: list[VectorShards] = []
    for name, vectors in (("source", sources), ("target", targets)):
        (path / name).mkdir()
        write_shard(path / name / shard_name(0), [vectors], *vectors.shape)
        shards.append(VectorShards(path / name))
    rows = np.arange(len(sources), dtype=np.int32)
    return PairVectors(shards[0], shards[1], rows, rows)


@given(st.integers(1, 300), st.integers(1, 40), st.integers(0, 9))
def test_pools_are_few_and_even(n: int, size: int, seed: int) -> None:
    pools = pool_count(n, size)
    numbers = np.zeros(n, np.int32)
    coordinates = np.random.default_rng(seed).normal(size=(9, n)).astype(np.float32)
    _divide(np.arange(n), coordinates, pools, numbers)
    counts = np.bincount(numbers)
    assert len(counts) == pools
    assert counts.max() <= size
    assert counts.min() >= n // pools


def test_pairs_that_are_near_share_a_pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four groups of pairs, which four pools of their size separate."""
    monkeypatch.setattr(module, "_ROWS_AT_ONCE", 33)
    rng = np.random.default_rng(1)
    groups = rng.permutation(np.repeat(np.arange(4), 50))
    centers = np.zeros((4, 8))
    centers[:, 0] = [4, 4, -4, -4]
    centers[:, 1] = [3, -3, 3, -3]
    means = centers[groups]
    sources = scaled(means + 0.3 * rng.normal(size=means.shape))
    targets = scaled(means + 0.3 * rng.normal(size=means.shape))
    numbers = near_pool_numbers(pairs_of(tmp_path, sources, targets), 50)
    assert len(set(zip(numbers.tolist(), groups.tolist(), strict=True))) == 4


def test_one_pool(tmp_path: Path) -> None:
    vectors = pairs_of(tmp_path, unit(7), unit(7))
    assert near_pool_numbers(vectors, 7).tolist() == [0] * 7


def test_more_halvings_than_dimensions(tmp_path: Path) -> None:
    vectors = pairs_of(tmp_path, unit(64, 2), unit(64, 2))
    assert np.bincount(near_pool_numbers(vectors, 2)).tolist() == [2] * 32
