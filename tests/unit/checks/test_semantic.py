from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from alignment.checks.pair_scores import PoolVectors
from alignment.checks.semantic import Judgement, Threshold, judge
from tests.unit.checks.vectors import made_up


def judged(vectors: PoolVectors, threshold: Threshold = "learned") -> Judgement:
    rows = np.arange(len(vectors.source))
    return judge(len(rows), [(rows, vectors)], threshold)


@pytest.mark.parametrize("noise", [0.1, 0.2, 0.4])
def test_noise_is_dropped_and_good_pairs_are_kept(noise: float) -> None:
    vectors, bad = made_up(1000, noise=noise)
    judgement = judged(vectors)
    assert judgement.outcome == "filtered"
    assert judgement.kept[~bad].mean() >= 0.97
    assert judgement.kept[bad].mean() < 0.1
    assert judgement.learned.noise == pytest.approx(noise, abs=0.05)
    assert judgement.probabilities[bad].mean() < 0.15 < judgement.probabilities[~bad].mean()


def test_a_clean_corpus_loses_nothing() -> None:
    vectors, _ = made_up(1000)
    assert judged(vectors).kept.mean() >= 0.995


def test_more_noise_is_never_a_reason_to_keep_more_of_it() -> None:
    left = [judged(made_up(1000, noise=noise)[0]).kept.mean() for noise in (0.1, 0.2, 0.4)]
    assert left == sorted(left, reverse=True)


def test_a_language_that_the_encoder_does_not_know() -> None:
    vectors, _ = made_up(1000, noise=0.2, blur=8)
    judgement = judged(vectors)
    assert judgement.outcome == "not_separated"
    assert judgement.kept.all()
    assert (judgement.probabilities == 1).all()
    assert "left alone: the encoder does not know the language" in judgement.explanation()


@pytest.mark.parametrize("threshold", ["learned", "measure", 1.2])
def test_ten_pairs(threshold: Threshold) -> None:
    def no_pools() -> Iterator[Any]:
        raise AssertionError("they are not even scored")
        yield

    judgement = judge(10, no_pools(), threshold)
    assert judgement.outcome == "too_few_pairs"
    assert judgement.kept.tolist() == [True] * 10
    assert judgement.probabilities.tolist() == [1] * 10
    assert judgement.summary()["edges"] == []
    assert judgement.explanation() == "left alone: fewer than 100 pairs"


def test_measuring_drops_nothing() -> None:
    vectors, bad = made_up(1000, noise=0.2)
    judgement = judged(vectors, "measure")
    assert judgement.outcome == "measured"
    assert judgement.kept.all()
    assert judgement.probabilities[bad].mean() < 0.15


def test_a_fixed_ratio_margin() -> None:
    vectors, bad = made_up(1000, noise=0.2)
    judgement = judged(vectors, 1.0)
    assert judgement.threshold == 1.0
    assert np.array_equal(judgement.kept, judgement.scores >= 1)
    assert judgement.kept[~bad].mean() > 0.95
    assert judgement.kept[bad].mean() < 0.05


def test_what_is_learned_comes_from_the_first_pool() -> None:
    first, _ = made_up(500, noise=0.2)
    second, bad = made_up(500, noise=0.2, seed=1)
    rows = np.arange(500)
    judgement = judge(1000, [(rows, first), (500 + rows, second)], "learned")
    assert judgement.threshold == judged(first).threshold
    assert judgement.kept[500:][~bad].mean() > 0.95
    assert judgement.kept[500:][bad].mean() < 0.1


def test_the_summary_adds_up() -> None:
    vectors, _ = made_up(1000, noise=0.2)
    judgement = judged(vectors)
    summary = judgement.summary()
    assert summary["pairs"] == sum(summary["pair_counts"]) == 1000
    assert sum(summary["mismatched_counts"]) == len(judgement.mismatched)
    assert len(summary["edges"]) == len(summary["pair_counts"]) + 1
    assert summary["dropped"] == (~judgement.kept).sum()
