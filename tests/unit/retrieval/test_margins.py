import numpy as np

from alignment.retrieval.margins import NEIGHBORS, neighbor_means


def test_equal_candidates_count_once() -> None:
    rng = np.random.default_rng(0)
    queries, candidates = rng.standard_normal((2, 30, 8)).astype(np.float32)
    texts = np.arange(30) % 20
    candidates = candidates[texts]
    means = neighbor_means(queries, candidates, texts)
    for query, value in zip(queries, means, strict=True):
        cosines = np.sort(candidates[:20] @ query)
        assert np.isclose(value, cosines[-NEIGHBORS:].mean(), atol=1e-5)


def test_fewer_candidates_than_neighbors() -> None:
    queries = np.eye(3, dtype=np.float32)
    means = neighbor_means(queries, queries[:2], np.arange(2))
    assert means.tolist() == [0.5, 0.5, 0.0]
