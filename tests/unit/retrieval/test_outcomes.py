"""Outcomes from the nearest neighbors are those of a product of all texts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from alignment.retrieval import exact_search, metrics
from alignment.retrieval.neighbors import nearest
from alignment.retrieval.outcomes import TIE, Outcomes, outcomes_of, text_numbers


def unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    vectors: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return vectors


def pairs(
    n: int, dim: int, noise: float, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    draw = np.random.default_rng(seed)
    x = draw.standard_normal((n, dim)).astype(np.float32) + 1
    y = x + noise * draw.standard_normal((n, dim)).astype(np.float32)
    return unit(x), unit(y)


def assert_same(actual: Outcomes, expected: Outcomes) -> None:
    """Equal answers, and scores that differ by rounding at most, or are both NaN."""
    assert actual.correct.tolist() == expected.correct.tolist()
    np.testing.assert_allclose(actual.gold, expected.gold, atol=TIE / 2)
    np.testing.assert_allclose(actual.best_wrong, expected.best_wrong, atol=TIE / 2)


@given(
    n=st.integers(1, 40),
    texts=st.integers(1, 40),
    k=st.integers(1, 12),
    noise=st.sampled_from([0.0, 0.3, 2.0]),
    seed=st.integers(0, 1000),
)
@settings(max_examples=150, deadline=None)
def test_any_suite(n: int, texts: int, k: int, noise: float, seed: int) -> None:
    """With repeated texts, equal vectors, and translations that are far away."""
    x, y = pairs(n, 4, noise, seed)
    draw = np.random.default_rng(seed)
    names = [f"t{number}" for number in draw.integers(0, texts, n)]
    rows = draw.integers(0, max(1, n // 2), n // 2)
    y[: len(rows)] = y[rows]  # equal vectors of different texts: ties
    found = outcomes_of(nearest(x, y, k), x, y, text_numbers(names))
    assert_same(found, metrics.retrieve(x, y, names))


@pytest.mark.parametrize("rows", [[3], [0, 1, 2, 3, 4, 5, 6, 7]])
def test_vectors_that_are_not_finite(rows: list[int]) -> None:
    x, y = pairs(20, 4, 0.1, seed=0)
    y[rows] = np.nan
    names = [str(number) for number in range(20)]
    found = outcomes_of(nearest(x, y, 4), x, y, text_numbers(names))
    expected = metrics.retrieve(x, y, names)
    assert found.correct.tolist() == expected.correct.tolist() == [False] * 20
    assert np.isnan(found.gold).tolist() == np.isnan(expected.gold).tolist()


def test_a_collapsed_encoder_has_no_right_answer() -> None:
    x = np.full((30, 4), 0.5, np.float32)
    names = [str(number) for number in range(30)]
    found = outcomes_of(nearest(x, x, 4), x, x, text_numbers(names))
    assert not found.correct.any()


def test_a_large_suite_is_searched_and_has_the_same_outcomes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Through the sieve of the exact search, as suites of more than 16,384 pairs."""
    n = 3000
    x, y = pairs(n, 8, 0.7, seed=1)
    names = [f"t{number % (n - 40)}" for number in range(n - 6)] + ["same"] * 6
    expected = metrics.retrieve(x, y, names)
    monkeypatch.setattr(metrics, "SEARCHED_FROM", n)
    monkeypatch.setattr(exact_search, "SIEVED_FROM", n)
    assert 0.05 < expected.accuracy < 0.95
    assert_same(metrics.retrieve(x, y, names), expected)
