"""Exact and approximate search."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from alignment.errors import ConfigError, Corrupt
from alignment.search import methods
from alignment.search.methods import ExactSearch, HnswSearch, build_hnsw


def unit_rows(n: int, dim: int, seed: int) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).normal(size=(n, dim)).astype(np.float32)
    unit: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


# Small whole numbers, so that sums are exact and ties are ties.
matrices = arrays.arrays(
    np.float32, st.tuples(st.integers(1, 30), st.just(3)), elements=st.integers(-2, 2)
)


@given(matrices, st.integers(1, 35))
def test_exact_search_is_a_stable_sort(vectors: NDArray[np.float32], k: int) -> None:
    queries = np.array([[1, 2, -1], [0, 1, 0]], np.float32)
    scores = queries @ vectors.T
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    nearest = ExactSearch(vectors).nearest(queries, k)
    assert nearest.rows.tolist() == expected.tolist()
    assert nearest.scores.tolist() == np.take_along_axis(scores, expected, axis=1).tolist()


@given(matrices, st.integers(1, 5))
def test_blocks_change_nothing(vectors: NDArray[np.float32], k: int) -> None:
    queries = np.array([[1, 2, -1]], np.float32)
    whole = ExactSearch(vectors).nearest(queries, k)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(methods, "_ROWS", 4)
        blocked = ExactSearch(vectors).nearest(queries, k)
    assert blocked.rows.tolist() == whole.rows.tolist()


def test_hnsw_finds_nearly_all_of_the_nearest(tmp_path: Path) -> None:
    pytest.importorskip("faiss")
    vectors = unit_rows(2000, 24, seed=1)
    queries = unit_rows(50, 24, seed=2)
    build_hnsw(vectors, tmp_path / "graph")
    approximate = HnswSearch(tmp_path / "graph").nearest(queries, 10)
    exact = ExactSearch(vectors).nearest(queries, 10)
    pairs = zip(approximate.rows.tolist(), exact.rows.tolist(), strict=True)
    shared = [len(set(left) & set(right)) for left, right in pairs]
    assert np.mean(shared) > 9.8
    assert approximate.scores[:, 0] == pytest.approx(exact.scores[:, 0], abs=2e-3)  # float16


def test_hnsw_gives_all_documents_if_more_are_asked_for(tmp_path: Path) -> None:
    pytest.importorskip("faiss")
    build_hnsw(unit_rows(5, 8, seed=1), tmp_path / "graph")
    nearest = HnswSearch(tmp_path / "graph").nearest(unit_rows(1, 8, seed=2), 10)
    assert sorted(nearest.rows[0].tolist()) == [0, 1, 2, 3, 4]


def test_a_damaged_graph(tmp_path: Path) -> None:
    pytest.importorskip("faiss")
    (tmp_path / "graph").write_bytes(b"nothing that faiss wrote")
    with pytest.raises(Corrupt, match="faiss cannot read the graph"):
        HnswSearch(tmp_path / "graph")


def test_without_faiss_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(ConfigError, match="needs the extra `search`"):
        build_hnsw(unit_rows(5, 8, seed=1), tmp_path / "graph")
