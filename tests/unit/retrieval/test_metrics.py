import doctest
import math

import numpy as np
import pytest
from numpy.typing import NDArray

from alignment.retrieval import metrics
from alignment.retrieval.metrics import evaluate_pairs, retrieve
from tests.unit.retrieval.vectors import scaled, unit


def distinct(n: int) -> list[str]:
    return [str(i) for i in range(n)]


def test_examples() -> None:
    result = doctest.testmod(metrics)
    assert result.attempted > 0
    assert result.failed == 0


def test_identical_vectors_are_all_correct() -> None:
    x = unit(50)
    outcomes = retrieve(x, x, distinct(50))
    assert outcomes.correct.all()
    assert outcomes.accuracy == 1.0


def test_blocks_do_not_change_the_result() -> None:
    x = unit(50)
    y = unit(50, seed=1)
    whole = retrieve(x, y, distinct(50))
    blocked = retrieve(x, y, distinct(50), block=7)
    assert (whole.correct == blocked.correct).all()
    assert np.allclose(whole.gold, blocked.gold)
    assert np.allclose(whole.best_wrong, blocked.best_wrong)


@pytest.mark.parametrize("n", [2, 3, 17, 1000])
def test_collapsed_encoder_scores_zero(n: int) -> None:
    x = np.repeat(unit(1, 384), n, axis=0)
    assert retrieve(x, x, distinct(n)).correct.sum() == 0


def test_same_text_as_the_gold_counts() -> None:
    x = unit(3)
    y = x[[1, 0, 2]]
    assert retrieve(x, y, ["a", "b", "c"]).correct.tolist() == [False, False, True]
    assert retrieve(x, y, ["a", "a", "c"]).correct.all()


def test_cosine_against_argmax() -> None:
    x = unit(200, 16)
    y = unit(200, 16, seed=3)
    nearest = (x @ y.T).argmax(1)
    assert (retrieve(x, y, distinct(200)).correct == (nearest == np.arange(200))).all()


def naive_margin_scores(
    x: NDArray[np.float32], y: NDArray[np.float32], i: int, k: int
) -> list[float]:
    scores = []
    for candidate in y:
        near_query = np.sort(y @ x[i])[-k:].mean()
        near_candidate = np.sort(x @ candidate)[-k:].mean()
        scores.append(float(x[i] @ candidate / ((near_query + near_candidate) / 2)))
    return scores


@pytest.mark.parametrize("n", [3, 60])
def test_ratio_margin_against_a_loop(n: int) -> None:
    x = scaled(unit(n, 8) + 0.5)  # near each other, as an encoder's vectors are
    y = scaled(unit(n, 8, seed=3) + 0.5 + 0.7 * (unit(n, 8) + 0.5))
    outcomes = retrieve(x, y, distinct(n), margin=4, block=7)
    for i in range(n):
        scores = naive_margin_scores(x, y, i, min(4, n))
        wrong = max(scores[:i] + scores[i + 1 :])
        assert outcomes.gold[i] == pytest.approx(scores[i], abs=1e-5)
        assert outcomes.best_wrong[i] == pytest.approx(wrong, abs=1e-5)
        assert outcomes.correct[i] == (np.argmax(scores) == i)


def test_ratio_margin_holds_a_hub_back() -> None:
    hub = np.full((1, 8), 8**-0.5)
    y = scaled(np.vstack([np.eye(8), hub]))
    # Each query is a little nearer to the hub than to its translation.
    x = scaled(np.vstack([np.eye(8) + 0.4, hub]))
    assert retrieve(x, y, distinct(9)).correct.tolist() == [False] * 8 + [True]
    assert retrieve(x, y, distinct(9), margin=4).correct.all()


def test_ratio_margin_of_a_collapsed_encoder() -> None:
    x = np.repeat(unit(1, 4), 3, axis=0)
    assert not retrieve(x, x, distinct(3), margin=2).correct.any()


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="got 2 queries, 3 candidates, 3 texts"):
        retrieve(unit(2), unit(3), distinct(3))


def test_evaluate_pairs_is_retrieve_twice() -> None:
    x = unit(40, 4)
    y = scaled(x + 0.6 * unit(40, 4, seed=1))
    sources = ["same"] * 3 + distinct(37)
    targets = [*distinct(38), "0", "1"]
    for margin in (0, 4):
        result = evaluate_pairs(x, y, sources, targets, margin=margin)
        forward = retrieve(x, y, targets, margin=margin)
        backward = retrieve(y, x, sources, margin=margin)
        assert (result.forward.correct == forward.correct).all()
        assert (result.backward.correct == backward.correct).all()
        assert 0 < result.forward.accuracy < 1
        mean = (forward.correct.mean() + backward.correct.mean()) / 2
        assert result.accuracy == pytest.approx(mean)


def test_each_direction_has_its_own_texts() -> None:
    """The first two pairs are swapped, and only their sources are equal."""
    x = unit(4)
    result = evaluate_pairs(x, x[[1, 0, 2, 3]], ["a", "a", "c", "d"], ["e", "f", "g", "h"])
    assert result.forward.correct.tolist() == [False, False, True, True]
    assert result.backward.correct.all()


def test_accuracy_of_nothing_is_nan() -> None:
    empty = np.empty((0, 4), np.float32)
    result = evaluate_pairs(empty, empty, [], [])
    assert math.isnan(result.forward.accuracy)
    assert math.isnan(result.accuracy)
