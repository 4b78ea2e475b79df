import numpy as np
import pytest

from alignment.triplets.negatives import random_candidates, semantic_candidates


@pytest.mark.parametrize("n", [1, 2, 10, 500])
def test_random_rows_are_seeded_and_never_the_row_itself(n: int) -> None:
    ids = [f"id{i}" for i in range(n)]
    first = random_candidates(ids, 4, 1)
    assert np.array_equal(first.rows, random_candidates(ids, 4, 1).rows)
    assert first.rows.shape == first.scores.shape == (n, 4)
    assert first.rows.max() < n
    for i, row in enumerate(first.rows):
        assert i not in row


@pytest.mark.parametrize(
    ("n", "k", "rows"),
    [
        (4, 2, [[3, 2], [2, 0], [3, 0], [2, 0]]),
        (100, 3, [[56, 76, 32], [66, 99, 79], [18, 15, 43], [18, 41, 32]]),
    ],
)
def test_random_rows_never_change(n: int, k: int, rows: list[list[int]]) -> None:
    """Other rows would change stored candidates without a new revision of the stage."""
    candidates = random_candidates([f"id{i}" for i in range(n)], k, 7)
    assert candidates.rows[:4].tolist() == rows


def test_another_seed_draws_other_rows() -> None:
    ids = [f"id{i}" for i in range(500)]
    assert (random_candidates(ids, 4, 1).rows != random_candidates(ids, 4, 2).rows).any()


def test_a_row_does_not_depend_on_its_neighbors() -> None:
    """Its identity decides, as long as the number of rows stays."""
    ids = [f"id{i}" for i in range(100)]
    others = [*ids[:50], *[f"new{i}" for i in range(50)]]
    assert (random_candidates(ids, 3, 1).rows == random_candidates(others, 3, 1).rows)[:50].all()


def test_few_rows_are_all_drawn_once() -> None:
    rows = random_candidates(["a", "b", "c"], 4, 1).rows
    assert np.sort(rows, axis=1).tolist() == [[-1, -1, 1, 2], [-1, -1, 0, 2], [-1, -1, 0, 1]]


def test_random_rows_are_uniform() -> None:
    rows = random_candidates([f"id{i}" for i in range(2000)], 16, 3).rows
    counts = np.bincount(rows.ravel(), minlength=2000)
    assert counts.mean() == pytest.approx(16)
    assert counts.std() == pytest.approx(4, abs=0.4)  # Poisson


def test_semantic_rows_leave_the_row_itself_out() -> None:
    neighbors = np.array([[0, 2, 1], [2, 1, 0], [0, 1, 2]])
    similarities = np.array([[1, 0.8, 0.5], [0.9, 0.7, 0.1], [0.9, 0.6, 0.3]], np.float32)
    candidates = semantic_candidates(neighbors, similarities, 2)
    assert candidates.rows.tolist() == [[2, 1], [2, 0], [0, 1]]
    expected = np.array([[0.8, 0.5], [0.9, 0.1], [0.9, 0.6]], np.float32)
    assert np.array_equal(candidates.scores, expected)


def test_skip_leaves_the_nearest_out() -> None:
    neighbors = np.array([[0, 2, 1, 3], [2, 3, 0, 1]])
    candidates = semantic_candidates(neighbors, np.ones((2, 4), np.float32), 2, skip=1)
    assert candidates.rows.tolist() == [[1, 3], [3, 0]]


def test_missing_neighbors_are_minus_one() -> None:
    neighbors = np.array([[0, 1], [0, 1]])
    candidates = semantic_candidates(neighbors, np.ones((2, 2), np.float32), 3)
    assert candidates.rows.tolist() == [[1, -1, -1], [0, -1, -1]]
    assert candidates.scores.tolist() == [[1, 0, 0], [1, 0, 0]]
