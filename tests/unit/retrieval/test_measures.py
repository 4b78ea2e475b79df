"""The measures against the libraries that define them, and against naive loops."""

import doctest
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import skew
from sklearn.metrics import f1_score

from alignment.retrieval import measures
from alignment.retrieval.measures import (
    Measures,
    hubness,
    measure_pairs,
    weighted_f1,
    xsim_error,
)
from alignment.retrieval.neighbors import nearest
from tests.unit.retrieval.vectors import scaled, unit

Vectors = NDArray[np.float32]


def distinct(n: int) -> list[str]:
    return [str(i) for i in range(n)]


def measure(x: Vectors, y: Vectors, texts: Sequence[str]) -> Measures:
    """One direction, from x to y."""
    return measure_pairs(x, y, distinct(len(x)), texts).forward


def noisy(x: Vectors, noise: float, seed: int) -> Vectors:
    rng = np.random.default_rng(seed)
    return scaled(x + noise * rng.normal(size=x.shape))


def cases() -> dict[str, tuple[Vectors, Vectors, list[str]]]:
    """Random, duplicated and tiny inputs, and ties that are exact in float32."""
    x = unit(300, 16)
    y = noisy(x, 0.25, seed=1)
    repeated = np.concatenate([y[:100], y[:100], y[200:]])
    corners = np.eye(8, dtype=np.float32)
    return {
        "random": (x, y, distinct(300)),
        "duplicated": (x, repeated, distinct(100) * 2 + [f"{i}b" for i in range(100)]),
        "one pair": (x[:1], y[:1], ["a"]),
        "fewer than k": (x[:3], y[:3], distinct(3)),
        "tied": (corners, corners[[0, 0, 2, 3, 3, 5, 6, 7]], distinct(8)),
    }


CASES = cases()


def test_examples() -> None:
    result = doctest.testmod(measures)
    assert result.attempted > 0
    assert result.failed == 0


def laser_xsim(x: Vectors, y: Vectors, margin: str, k: int) -> float:
    """xsim as published, as a plain loop over a full matrix of cosines."""
    cosines = x.astype(np.float64) @ y.astype(np.float64).T
    k = min(k, len(y))
    errors = 0
    for i, row in enumerate(cosines):
        neighbors = np.argsort(-row, kind="stable")[:k]
        scores = []
        for j in neighbors:
            around_x = np.mean(sorted(row, reverse=True)[:k])
            around_y = np.mean(sorted(cosines[:, j], reverse=True)[:k])
            mean = (around_x + around_y) / 2
            score = {"ratio": row[j] / mean, "distance": row[j] - mean, "absolute": row[j]}
            scores.append(score[margin])
        errors += neighbors[int(np.argmax(scores))] != i
    return errors / len(x)


def assert_parity(peer: str, name: str, pairs: Mapping[str, tuple[float, float]]) -> None:
    """Ours and theirs, by measure; `pytest -k parity -s` prints the largest differences."""
    largest = max(abs(ours - theirs) for ours, theirs in pairs.values())
    print(f"\n{peer}, {name}: largest difference of {', '.join(pairs)} {largest:.1e}")
    assert largest <= 1e-6


@pytest.mark.parametrize("name", CASES)
def test_xsim_parity_with_laser(name: str) -> None:
    x, y, texts = CASES[name]
    both = measure_pairs(x, y, distinct(len(x)), texts)
    pairs = {}
    for margin in ("ratio", "distance", "absolute"):
        forward = getattr(both.forward, f"xsim_{margin}")
        backward = getattr(both.backward, f"xsim_{margin}")
        pairs[f"{margin} margin"] = (forward, laser_xsim(x, y, margin, 4))
        pairs[f"{margin} margin back"] = (backward, laser_xsim(y, x, margin, 4))
    assert_parity("LASER's xsim", name, pairs)


@pytest.mark.parametrize("name", CASES)
def test_f1_parity_with_scikit_learn(name: str) -> None:
    x, y, texts = CASES[name]
    predicted = (x @ y.T).argmax(axis=1)
    expected = f1_score(np.arange(len(x)), predicted, average="weighted", zero_division=0)
    assert_parity("scikit-learn", name, {"F1": (measure(x, y, texts).f1, float(expected))})


@given(st.lists(st.integers(0, 9), min_size=10, max_size=10))
def test_weighted_f1_of_any_prediction(predicted: list[int]) -> None:
    expected = f1_score(np.arange(10), predicted, average="weighted", zero_division=0)
    assert weighted_f1(np.array(predicted)) == pytest.approx(expected, abs=1e-9)


class Lookup:
    """An encoder that knows the vector of each text."""

    def __init__(self, texts: Sequence[str], vectors: Vectors) -> None:
        self._vectors = dict(zip(texts, vectors, strict=True))

    def encode(self, sentences: Sequence[str], **_: object) -> Any:
        import torch

        return torch.from_numpy(np.stack([self._vectors[text] for text in sentences]))


@pytest.mark.parametrize("name", CASES)
def test_accuracy_parity_with_the_translation_evaluator(name: str) -> None:
    from sentence_transformers.sentence_transformer.evaluation import TranslationEvaluator

    x, y, texts = CASES[name]
    sources = [f"source {i}" for i in range(len(x))]
    evaluator = TranslationEvaluator(sources, texts, write_csv=False)
    encoder = Lookup(sources + texts, np.concatenate([x, y]))
    evaluator.embed_inputs = lambda _, sentences, **__: list(encoder.encode(sentences))  # type: ignore[method-assign]
    evaluator.store_metrics_in_model_card_data = lambda *_: None  # type: ignore[method-assign]
    theirs = evaluator(None)  # type: ignore[arg-type]  # it embeds with the line above
    forward = measure(x, y, texts)
    backward = measure(y, x, sources)
    pairs = {
        "accuracy": (forward.accuracy_by_text, theirs["src2trg_accuracy"]),
        "accuracy back": (backward.accuracy_by_text, theirs["trg2src_accuracy"]),
    }
    assert_parity("TranslationEvaluator", name, pairs)
    if name != "tied":
        assert forward.accuracy == forward.accuracy_by_text


@pytest.mark.slow  # importing mteb takes ten seconds
@pytest.mark.parametrize("name", sorted(set(CASES) - {"tied"}))  # torch.topk picks any that ties
def test_accuracy_and_f1_parity_with_mteb(name: str) -> None:
    mteb = pytest.importorskip("mteb", reason="needs the extra `bench`")
    from datasets import Dataset
    from mteb._evaluators.text import bitext_mining_evaluator
    from sentence_transformers.util import cos_sim

    x, y, texts = CASES[name]
    task = mteb.get_task("Tatoeba")
    sentences = Dataset.from_dict({"sentence1": distinct(len(x)), "sentence2": texts})
    # Untyped: what it gets here is less than its types ask for.
    evaluator_class: Any = bitext_mining_evaluator.BitextMiningEvaluator
    evaluator = evaluator_class(
        sentences, task.metadata, "test", "default", [("sentence1", "sentence2")], timer=None
    )

    class Similarity:
        similarity = staticmethod(cos_sim)

    predictions = evaluator._similarity_search(x, y, Similarity())
    gold = list(enumerate(range(len(x))))
    scores = task._compute_metrics(predictions, gold)
    ours = measure(x, y, texts)
    pairs = {
        "F1": (ours.f1, scores["f1"]),
        "accuracy": (ours.accuracy_by_index, scores["accuracy"]),
        "precision": (ours.precision, scores["precision"]),
    }
    assert_parity("MTEB", name, pairs)


def naive_mrr(x: Vectors, y: Vectors, texts: Sequence[str]) -> float:
    total = 0.0
    for i, row in enumerate(x @ y.T):
        gold = max(row[j] for j, text in enumerate(texts) if text == texts[i])
        wrong = [row[j] for j, text in enumerate(texts) if text != texts[i]]
        rank = 1 + sum(similarity >= gold - 1e-6 for similarity in wrong)
        total += 1 / rank if rank <= 10 else 0.0
    return total / len(x)


@pytest.mark.parametrize("name", CASES)
def test_mrr_is_the_naive_one(name: str) -> None:
    x, y, texts = CASES[name]
    assert measure(x, y, texts).mrr == pytest.approx(naive_mrr(x, y, texts), abs=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_mrr_of_weak_vectors(seed: int) -> None:
    n = 2 + 3 * seed
    x = unit(n, 4, seed)
    y = noisy(x, 0.8, seed)
    assert measure(x, y, distinct(n)).mrr == pytest.approx(naive_mrr(x, y, distinct(n)), abs=1e-6)


def test_hubness_is_the_skewness_of_the_occurrences() -> None:
    neighbors = np.random.default_rng(0).integers(0, 50, size=(200, 10)) ** 2 // 50
    occurrences = np.bincount(neighbors.ravel(), minlength=50)
    assert hubness(neighbors, 50) == pytest.approx(skew(occurrences))


def test_a_hub_raises_hubness() -> None:
    x = unit(200, 16)
    y = noisy(x, 0.1, seed=1)
    hub = y.copy()
    hub[0] = scaled(x.mean(axis=0, keepdims=True))[0]
    lifted = scaled(hub + 2 * hub[0])
    assert measure(lifted, hub, distinct(200)).hubness > measure(x, y, distinct(200)).hubness


def test_the_backward_direction_is_the_forward_one_of_the_swapped_pairs() -> None:
    x, y, texts = CASES["duplicated"]
    sources = [f"source {i}" for i in range(len(x))]
    both = measure_pairs(x, y, sources, texts)
    swapped = measure_pairs(y, x, texts, sources)
    assert both.backward == swapped.forward
    assert both.forward == swapped.backward
    assert both.forward_outcomes.accuracy == pytest.approx(both.forward.accuracy)
    assert (both.backward_outcomes.correct == swapped.forward_outcomes.correct).all()


def test_without_queries_every_measure_is_nan() -> None:
    nothing = np.empty((0, 4), np.float32)
    assert all(math.isnan(value) for value in measure(nothing, nothing, []))


def test_an_unknown_margin_is_an_error() -> None:
    x = unit(3)
    forward = nearest(x, x, 2)
    with pytest.raises(ValueError, match="ratio, distance or absolute, got 'cosine'"):
        xsim_error(forward, forward, "cosine", 2)
