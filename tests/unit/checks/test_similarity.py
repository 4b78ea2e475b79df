"""Right, shifted, random and noisy corpora, with encoders that are good, weak and blind."""

from __future__ import annotations

import numpy as np
import pytest

from alignment.checks.similarity import (
    KNOWN_LANGUAGE,
    MAX_SHIFT,
    MIN_PAIRS,
    Similarity,
    compare,
)
from tests.unit.checks.corpora import Encoded, encoded, with_noise


def compared(corpus: Encoded) -> Similarity:
    result = compare(*corpus)
    assert result is not None
    return result


def test_a_right_corpus() -> None:
    result = compared(encoded())
    assert result.related
    assert result.shift is None
    assert result.right > result.shifted + 0.05
    assert result.random == pytest.approx(result.shifted, abs=0.02)
    assert result.noise[0] < 0.05
    assert result.strength > KNOWN_LANGUAGE


@pytest.mark.parametrize("lines", [1, -1, 2, -3, MAX_SHIFT])
@pytest.mark.parametrize("rows", [19, 200])
def test_a_shifted_corpus(lines: int, rows: int) -> None:
    result = compared(encoded(rows, shift=lines, quality=1.5))
    assert result.shift is not None
    assert result.shift.lines == lines
    assert result.shift.share > 0.9
    assert not result.related


@pytest.mark.parametrize("lines", [2, -4])
def test_the_right_one_among_shifts_of_similar_neighbors(lines: int) -> None:
    result = compared(encoded(topic=0.8, shift=lines))
    assert result.shift is not None and result.shift.lines == lines


@pytest.mark.parametrize("first", [60, 100, 160])
def test_a_corpus_that_is_shifted_from_some_line_on(first: int) -> None:
    result = compared(encoded(shift=1, shift_from=first))
    assert result.shift is not None and result.shift.lines == 1
    assert result.shift.share == pytest.approx(1 - first / 200, abs=0.12)


@pytest.mark.parametrize("topic", [0.0, 0.7])
@pytest.mark.parametrize("quality", [0.0, 0.1, 0.3, 0.6, 1.0])
def test_no_shift_is_seen_where_there_is_none(quality: float, topic: float) -> None:
    for seed in range(6):
        corpus = encoded(quality=quality, topic=topic, seed=seed)
        assert compared(corpus).shift is None
        assert compared(with_noise(corpus, 0.5)).shift is None


def test_a_blind_encoder_says_nothing() -> None:
    for seed in range(20):
        result = compared(encoded(quality=0.0, seed=seed))
        assert not result.related
        assert result.strength < 1


def test_an_encoder_that_gives_one_vector_says_nothing() -> None:
    same = np.full((200, 4), 0.5, np.float32)
    result = compared(encoded()._replace(source=same, target=same))
    assert not result.related
    assert result.shift is None and result.strength == 0


def test_a_weak_encoder_sees_that_pairs_belong_together() -> None:
    result = compared(encoded(quality=0.5))
    assert result.related
    assert 0 < result.strength < KNOWN_LANGUAGE


@pytest.mark.parametrize("seed", range(10))
def test_a_shifted_text_with_similar_neighbors_is_not_taken_for_a_right_one(seed: int) -> None:
    corpus = encoded(quality=0.6, topic=0.7, seed=seed, shift=1)
    assert not compared(corpus).related


@pytest.mark.parametrize("share", [0.0, 0.1, 0.2, 0.5])
def test_the_interval_of_the_noise_covers_it(share: float) -> None:
    covered = 0
    for seed in range(20):
        noise = compared(with_noise(encoded(quality=2.0, seed=seed), share, seed)).noise
        covered += noise[1] - 0.02 <= share <= noise[2]
    assert covered >= 17  # of 20, at 95%


def test_too_few_pairs() -> None:
    assert compare(*encoded(MIN_PAIRS - 1)) is None
    assert compare(*encoded(MIN_PAIRS)) is not None


def test_rows_with_an_empty_side_keep_their_place_but_do_not_count() -> None:
    corpus = encoded(shift=1)
    corpus.excerpts.target[7] = "  "
    corpus.excerpts.source[50] = ""
    result = compared(corpus)
    assert result.pairs == 198
    assert result.shift is not None and result.shift.lines == 1


def test_neighbors_with_the_same_text_are_no_shift() -> None:
    corpus = encoded()
    for row in range(0, 200, 2):  # every target comes twice
        corpus.excerpts.target[row + 1] = corpus.excerpts.target[row]
        corpus.target[row + 1] = corpus.target[row]
        corpus.source[row + 1] = corpus.source[row]
    assert compared(corpus).shift is None
