import doctest
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from alignment.retrieval import hard
from alignment.retrieval.hard import OTHER_TEXT, Copies, HardOutcomes, search_hard
from tests.unit.retrieval.vectors import scaled, unit

Vectors = NDArray[np.float32]
KINDS = ("number", "negation", "entity")
NONE = Copies(np.zeros((0, 6), np.float32), np.zeros(0, np.int64), [])


def test_examples() -> None:
    result = doctest.testmod(hard)
    assert result.attempted > 0
    assert result.failed == 0


def naive(
    queries: Vectors, candidates: Vectors, texts: list[str], copies: Copies
) -> tuple[list[bool], list[str]]:
    """Plain loops over queries, texts and copies."""
    correct = []
    winners = []
    for i, query in enumerate(queries):
        right = [float(query @ candidates[j]) for j in range(len(texts)) if texts[j] == texts[i]]
        wrong = [
            (float(query @ candidates[j]), OTHER_TEXT)
            for j in range(len(texts))
            if texts[j] != texts[i]
        ]
        for vector, original, kind in zip(*copies, strict=True):
            is_own = texts[original] == texts[i]
            wrong.append((float(query @ vector), kind if is_own else OTHER_TEXT))
        best_score, best_kind = max(wrong, key=lambda one: one[0], default=(-math.inf, ""))
        correct.append(max(right) - best_score > 1e-6)
        winners.append("" if correct[-1] else best_kind)
    return correct, winners


def problem(seed: int, n: int, m: int, noise: float) -> tuple[Vectors, Vectors, list[str], Copies]:
    rng = np.random.default_rng([seed, 1])  # independent of the candidates
    candidates = unit(n, 6, seed)
    queries = scaled(candidates + noise * rng.normal(size=(n, 6)))
    texts = [str(number) for number in rng.integers(0, n, n)]
    originals = rng.integers(0, n, m)
    vectors = scaled(candidates[originals] + noise * rng.normal(size=(m, 6)))
    kinds = [str(kind) for kind in rng.choice(KINDS, m)]
    return queries, candidates, texts, Copies(vectors.reshape(-1, 6), originals, kinds)


@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(0, 30), st.floats(0.05, 1.5))
def test_equals_plain_loops(seed: int, n: int, m: int, noise: float) -> None:
    queries, candidates, texts, copies = problem(seed, n, m, noise)
    result = search_hard(queries, candidates, texts, copies)
    correct, winners = naive(queries, candidates, texts, copies)
    assert result.correct.tolist() == correct
    assert result.winners == winners


@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(0, 30), st.floats(0.05, 1.5))
def test_copies_never_help(seed: int, n: int, m: int, noise: float) -> None:
    queries, candidates, texts, copies = problem(seed, n, m, noise)
    result = search_hard(queries, candidates, texts, copies)
    assert not (result.correct & ~result.plain_correct).any()
    assert result.accuracy <= result.plain_accuracy
    assert sum(result.errors().values()) == pytest.approx(1 - result.accuracy)
    without = search_hard(queries, candidates, texts, NONE)
    assert without.correct.tolist() == without.plain_correct.tolist()


def test_an_exact_copy_wins() -> None:
    vectors = unit(4)
    copies = Copies(vectors[[1]], np.array([1]), ["negation"])
    result = search_hard(vectors, vectors, list("abcd"), copies)
    assert result.winners == ["", "negation", "", ""]
    assert result.errors() == {"negation": 0.25}
    others = copies._replace(originals=np.array([0]))
    assert search_hard(vectors, vectors, list("abcd"), others).winners[1] == OTHER_TEXT


def test_xsim_error_is_that_of_the_whole_pool() -> None:
    queries, candidates, texts, copies = problem(3, 12, 30, 0.4)
    pool = np.concatenate([candidates, copies.vectors])
    similarities = queries @ pool.T
    query_means = np.sort(similarities, axis=1)[:, -4:].mean(axis=1)
    pool_means = np.sort(similarities, axis=0)[-4:].mean(axis=0)
    margins = similarities / ((query_means[:, None] + pool_means[None, :]) / 2)
    # xsim takes the best margin among the 4 nearest.
    best = []
    for i in range(len(queries)):
        nearest = np.argsort(-similarities[i])[:4]
        best.append(int(nearest[margins[i, nearest].argmax()]))
    expected = float(np.mean(np.array(best) != np.arange(len(queries))))
    result: HardOutcomes = search_hard(queries, candidates, texts, copies)
    assert result.xsim_error == pytest.approx(expected)


def test_no_queries() -> None:
    empty = np.zeros((0, 6), np.float32)
    result = search_hard(empty, empty, [], NONE)
    assert math.isnan(result.accuracy)
    assert result.errors() == {}


@pytest.mark.parametrize(
    ("copies", "message"),
    [
        (Copies(unit(2), np.array([0]), ["number"]), "2 vectors, 1 originals, 1 kinds"),
        (Copies(unit(1), np.array([4]), ["number"]), "one of the 3 candidates"),
    ],
)
def test_copies_that_do_not_fit(copies: Copies, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        search_hard(unit(3), unit(3), list("abc"), copies)
