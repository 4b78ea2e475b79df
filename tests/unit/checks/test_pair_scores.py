import numpy as np
import pytest

from alignment.checks import pair_scores
from alignment.checks.pair_scores import PoolVectors, score_pairs
from tests.unit.checks.vectors import made_up, pool


def middle(values: np.ndarray) -> float:
    return float(np.median(values))


@pytest.mark.parametrize("blur", [0.2, 1.0])
def test_mismatched_pairs_score_lower(blur: float) -> None:
    """However weak the encoder, the usual pair of the language is near 0."""
    vectors, bad = made_up(noise=0.2, blur=blur)
    scores = score_pairs(vectors).scores
    assert middle(scores[~bad]) > -1.5
    assert scores[bad].max() < middle(scores[~bad])


def test_mismatched_pairs_are_like_planted_noise() -> None:
    vectors, bad = made_up(noise=0.2)
    scored = score_pairs(vectors)
    planted = middle(scored.scores[bad])
    assert middle(scored.mismatched) == pytest.approx(planted, rel=0.1)
    assert middle(scored.mismatched_margins) == pytest.approx(middle(scored.margins[bad]), abs=0.1)


def changed(vectors: PoolVectors, row: int, target: np.ndarray) -> PoolVectors:
    targets = vectors.target.copy()
    targets[row] = target
    return pool(vectors.source, targets, vectors.source_chars, vectors.target_chars)


def test_a_copied_source_scores_low_although_its_cosine_is_1() -> None:
    vectors, _ = made_up()
    scores = score_pairs(changed(vectors, 5, vectors.source[5])).scores
    assert scores[5] < np.quantile(scores, 0.01)


@pytest.mark.parametrize("factor", [0.2, 5])
def test_lengths_that_do_not_fit(factor: float) -> None:
    vectors, _ = made_up()
    lengths = vectors.target_chars.copy()
    lengths[5] = round(factor * lengths[5])
    usual = score_pairs(vectors).scores[5]
    assert score_pairs(vectors._replace(target_chars=lengths)).scores[5] < usual - 2


def test_equal_texts_are_no_mismatched_pairs() -> None:
    vectors, _ = made_up(100)
    everywhere = np.zeros(100, np.int64)
    scored = score_pairs(vectors._replace(target_texts=everywhere))
    assert len(scored.mismatched) == 0
    assert len(score_pairs(vectors).mismatched) == 300


@pytest.mark.parametrize("n", [1, 2, 3, 7])
def test_tiny_pools(n: int) -> None:
    scored = score_pairs(made_up(n)[0])
    assert np.isfinite(scored.scores).all()
    assert np.isfinite(scored.mismatched).all()


def test_an_encoder_that_gives_every_text_the_same_vector() -> None:
    same = np.full((50, 4), 0.5, np.float32)
    scored = score_pairs(pool(same, same))
    assert np.isfinite(scored.scores).all()
    assert np.allclose(scored.margins, 1)


def test_vectors_are_copied_a_part_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mismatched pairs of a whole pool take gigabytes; parts of them give the same scores."""
    vectors, _ = made_up(200)
    whole = score_pairs(vectors)
    monkeypatch.setattr(pair_scores, "ROWS_AT_ONCE", 33)
    in_parts = score_pairs(vectors)
    for expected, scores in zip(whole, in_parts, strict=True):
        assert np.array_equal(scores, expected)
