import doctest
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from alignment.retrieval import confusions
from alignment.retrieval.confusions import Confusion, worst_confusions
from alignment.retrieval.metrics import retrieve
from tests.unit.retrieval.vectors import unit


def naive(
    queries: NDArray[np.float32], candidates: NDArray[np.float32], texts: list[str]
) -> list[Confusion]:
    """All wrong answers by loops, the largest gap first."""
    found = []
    for query in range(len(queries)):
        gold = -math.inf
        wrong = (-math.inf, -1)
        for row in range(len(candidates)):
            score = float(queries[query] @ candidates[row])
            if texts[row] == texts[query]:
                gold = max(gold, score)
            elif score > wrong[0]:
                wrong = (score, row)
        if gold - wrong[0] <= 1e-6:
            found.append(Confusion(query, wrong[1], wrong[0], gold))
    return sorted(found, key=lambda confusion: -confusion.gap)


def test_examples() -> None:
    result = doctest.testmod(confusions)
    assert result.attempted > 0
    assert result.failed == 0


@given(st.integers(0, 1000), st.integers(2, 12), st.integers(1, 4))
def test_equals_loops(seed: int, n: int, distinct: int) -> None:
    queries = unit(n, seed=seed)
    candidates = unit(n, seed=seed + 1)
    texts = [str(row % (n if distinct == 1 else distinct)) for row in range(n)]
    outcomes = retrieve(queries, candidates, texts)
    actual = worst_confusions(queries, candidates, texts, outcomes, count=n)
    expected = naive(queries, candidates, texts)
    assert len(actual) == len(expected) == int((~outcomes.correct).sum())
    assert [each.gap for each in actual] == pytest.approx([each.gap for each in expected], abs=1e-5)
    retrieved = {each.query: each.retrieved for each in expected}
    for confusion in actual:
        assert texts[confusion.retrieved] != texts[confusion.query]
        score = queries[confusion.query] @ candidates[retrieved[confusion.query]]
        assert confusion.similarity == pytest.approx(float(score), abs=1e-5)


def test_only_the_worst_are_returned() -> None:
    queries, candidates = unit(200), unit(200, seed=1)
    texts = [str(row) for row in range(200)]
    outcomes = retrieve(queries, candidates, texts)
    everything = worst_confusions(queries, candidates, texts, outcomes, count=200)
    assert len(everything) > 20
    assert worst_confusions(queries, candidates, texts, outcomes) == everything[:10]


def test_vectors_that_are_not_finite_are_left_out() -> None:
    queries, candidates = unit(6), unit(6, seed=1)
    queries[2] = np.nan
    texts = [str(row) for row in range(6)]
    outcomes = retrieve(queries, candidates, texts)
    rows = [each.query for each in worst_confusions(queries, candidates, texts, outcomes)]
    assert 2 not in rows


def test_one_text_cannot_be_confused() -> None:
    vectors = unit(3)
    outcomes = retrieve(vectors, vectors, ["tea"] * 3)
    assert worst_confusions(vectors, vectors, ["tea"] * 3, outcomes) == []
