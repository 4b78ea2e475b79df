"""Documents in blocks, and trec_eval's measures beside plain formulas."""

from __future__ import annotations

import doctest
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment.retrieval import ranked
from alignment.retrieval.neighbors import Neighbors, nearest
from alignment.retrieval.ranked import rank_documents
from alignment.retrieval.relevance import score_relevance
from tests.unit.retrieval.vectors import unit


def test_examples() -> None:
    result = doctest.testmod(ranked)
    assert result.attempted > 0
    assert result.failed == 0


@given(
    st.integers(0, 10_000),
    st.lists(st.integers(1, 9), min_size=1, max_size=6),
    st.integers(1, 12),
)
def test_blocks_give_what_one_search_gives(seed: int, sizes: list[int], depth: int) -> None:
    documents = unit(sum(sizes), 5, seed)
    documents[::3] = documents[0]  # ties
    queries = unit(4, 5, seed + 1)
    blocks = np.split(documents, np.cumsum(sizes)[:-1])
    found = rank_documents(queries, blocks, depth)
    expected = nearest(queries, documents, depth)
    assert np.allclose(found.similarities, expected.similarities, atol=1e-6)
    own = np.take_along_axis(queries @ documents.T, found.indices, axis=1)
    assert np.allclose(own, found.similarities, atol=1e-6)
    assert all(len(set(row)) == len(row) for row in found.indices.tolist())


def naive(order: list[str], relevance: dict[str, int]) -> tuple[float, float, float]:
    """nDCG@10, recall@100 and MRR@10 of one ranking, by their formulas."""
    gains = [max(0, relevance.get(name, 0)) for name in order[:10]]
    best = sorted((max(0, score) for score in relevance.values()), reverse=True)[:10]
    dcg = sum(gain / math.log2(rank + 2) for rank, gain in enumerate(gains))
    ideal = sum(gain / math.log2(rank + 2) for rank, gain in enumerate(best))
    relevant = {name for name, score in relevance.items() if score > 0}
    recall = len(relevant & set(order[:100])) / len(relevant)
    ranks = [rank for rank, gain in enumerate(gains, start=1) if gain > 0]
    return dcg / ideal, recall, 1 / ranks[0] if ranks else 0.0


@given(
    st.integers(0, 10_000),
    st.integers(1, 200),
    st.sampled_from([2, 5, 1000]),
)
def test_equals_the_formulas(seed: int, documents: int, levels: int) -> None:
    """Random, tied (two levels of similarity) and tiny rankings."""
    rng = np.random.default_rng(seed)
    names = [f"d{number}" for number in rng.permutation(documents)]
    queries = [f"q{number}" for number in range(3)]
    steps = rng.integers(0, levels, (3, documents))
    similarities = (steps / levels).astype(np.float32)
    depth = min(100, documents)
    indices = np.argsort(-similarities, axis=1, kind="stable")[:, :depth]
    found = Neighbors(indices, np.take_along_axis(similarities, indices, axis=1))
    relevance = {}
    for query in queries:
        judged = rng.choice(names, min(documents, 8), replace=False).tolist()
        relevance[query] = {name: int(rng.integers(-1, 3)) for name in judged} | {judged[0]: 2}
    scores = score_relevance(queries, names, found, relevance)
    for row, query in enumerate(queries):
        ids = [names[index] for index in found.indices[row]]
        order = sorted(zip(found.similarities[row].tolist(), ids, strict=True), reverse=True)
        expected = naive([name for _, name in order], relevance[query])
        own = (scores.ndcg[row], scores.recall[row], scores.mrr[row])
        assert own == pytest.approx(expected, abs=1e-6)


def test_metrics_by_name() -> None:
    found = Neighbors(np.array([[1, 0]]), np.array([[0.9, 0.1]], np.float32))
    scores = score_relevance(["q"], ["a", "b"], found, {"q": {"a": 1}})
    assert scores.of("mrr@10").tolist() == [0.5]
    assert scores.of("recall@100").tolist() == [1.0]
    assert scores.of("ndcg@10").tolist() == [pytest.approx(1 / math.log2(3))]
