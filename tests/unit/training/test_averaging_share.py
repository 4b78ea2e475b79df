"""The choice of the share on the validation pairs."""

from __future__ import annotations

import logging
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from alignment.config import Train
from alignment.encoder.directory import load_encoder
from alignment.training.averaging import AveragedEncoder
from alignment.training.averaging_share import (
    BASE_ONLY,
    SHARES,
    Point,
    choose_share,
    search_share,
    standard_error,
)
from alignment.training.data import TripletData
from alignment.training.validation import split
from tests.unit.training.support import encoder_of, tokens_of


def point(share: float, **correct: list[float]) -> Point:
    return Point(share, {code: torch.tensor(values) for code, values in correct.items()})


def graded(*accuracies: float, pairs: int = 100) -> list[Point]:
    """Points of ascending shares, of which the first pairs are found."""
    points = []
    for share, accuracy in zip((*SHARES, BASE_ONLY), accuracies, strict=False):
        right = round(accuracy * pairs)
        points.append(point(share, fi=[1.0] * right + [0.0] * (pairs - right)))
    return points


@pytest.mark.parametrize(
    ("accuracies", "share"),
    [
        ((0.9, 0.6, 0.5), 0.0),
        ((0.8, 0.9, 0.6), 0.1),
        ((0.9, 0.9, 0.9, 0.5), 0.2),
        ((0.9, 0.89, 0.5), 0.0),  # each pair that changes, changes for the worse
        ((0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.9), 0.9),
    ],
    ids=["trained", "between", "tie", "worse", "never the base alone"],
)
def test_the_largest_share_that_is_as_good(accuracies: tuple[float, ...], share: float) -> None:
    assert choose_share(graded(*accuracies)) == share


def test_a_loss_within_the_error_is_a_tie() -> None:
    """Of five pairs that change, three get lost; five of five are no accident."""
    best = point(0.0, fi=[1.0] * 80 + [0.0] * 20)
    near = point(0.1, fi=[0.0] * 3 + [1.0] * 79 + [0.0] * 18)
    far = point(0.2, fi=[0.0] * 5 + [1.0] * 75 + [0.0] * 20)
    assert standard_error(best, near) == pytest.approx(math.sqrt(5) / 100, rel=0.01)
    assert choose_share([best, near, far]) == 0.1


def test_without_points_nothing_is_averaged() -> None:
    assert choose_share([]) == 0.0


def test_each_language_counts_once() -> None:
    """Finnish has ten times the pairs, and loses less than Estonian gains."""
    first = point(0.0, fi=[1.0] * 200, et=[0.0] * 20)
    second = point(0.1, fi=[0.0] * 40 + [1.0] * 160, et=[1.0] * 20)
    assert choose_share([first, second]) == 0.1


outcomes = st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=12, max_size=12)


@given(st.lists(st.tuples(outcomes, outcomes), min_size=1, max_size=10))
def test_no_choice_is_worse_than_chance_explains(values: list[tuple[list[float], ...]]) -> None:
    points = [point(share, fi=fi, cy=cy) for share, (fi, cy) in zip(SHARES, values, strict=False)]
    chosen = points[SHARES.index(choose_share(points))]
    best = max(points, key=lambda each: each.accuracy())
    assert best.accuracy() - chosen.accuracy() <= standard_error(best, chosen) + 1e-9
    swapped = [
        point(each.share, fi=fi, cy=cy) for each, (cy, fi) in zip(points, values, strict=True)
    ]
    assert choose_share(swapped) == chosen.share


def test_the_standard_error_is_that_of_paired_means() -> None:
    rng = np.random.default_rng(0)
    first = rng.integers(0, 3, (2, 300)) / 2
    second = rng.integers(0, 3, (2, 200)) / 2
    a = Point(0.0, {"fi": torch.tensor(first[0]), "cy": torch.tensor(second[0])})
    b = Point(0.1, {"fi": torch.tensor(first[1]), "cy": torch.tensor(second[1])})
    means = [
        (
            rng.choice(first[0] - first[1], 300).mean()
            + rng.choice(second[0] - second[1], 200).mean()
        )
        / 2
        for _ in range(4000)
    ]
    assert standard_error(a, b) == pytest.approx(np.std(means), rel=0.05)
    assert standard_error(a, a) == 0.0


class Shifted(AveragedEncoder):
    """The encoder of the smoke run between itself and one with random weights."""

    def __init__(self, directory: Path, scale: float) -> None:
        encoder = load_encoder(directory, device="cpu")
        other = load_encoder(directory, device="cpu")
        generator = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for weight in other.container.parameters():
                weight.add_(scale * torch.randn(weight.shape, generator=generator))
        super().__init__(encoder, other)


def trained_of(finished: Path) -> Path:
    (path,) = finished.glob("store/train/*/model")
    return path


def test_the_curve_is_measured_on_pairs_that_were_held_out(finished: Path) -> None:
    data = TripletData.open(tokens_of(finished))
    settings = Train(validation_share=0.3)
    averaged = Shifted(trained_of(finished), 1.0)
    points = search_share(averaged, data, settings, "en")
    assert [each.share for each in points] == [*SHARES, BASE_ONLY]
    _, validation = split(data, 0.3, "en")
    for each in points:
        numbers = {code: len(correct) for code, correct in each.correct.items()}
        assert numbers == {code: len(pairs) for code, pairs in validation.pairs.items()}
    # The same as one by one, with the sides that training encodes.
    averaged.set_share(0.0)
    for code, pairs in validation.pairs.items():
        sources = averaged.encoder.encode(data.texts([pair.pivot for pair in pairs]))
        targets = averaged.encoder.encode(
            data.texts([pair.translation for pair in pairs]), side="target"
        )
        found = (sources @ targets.T).argmax(axis=1) == np.arange(len(pairs))
        assert points[0].correct[code].sum() >= found.sum() / 2
    assert points[0].accuracy() > points[-1].accuracy() + 0.2
    assert choose_share(points) < 0.9


def test_the_same_search_gives_the_same_numbers(finished: Path) -> None:
    data = TripletData.open(tokens_of(finished))
    curves = []
    for _ in range(2):
        averaged = Shifted(encoder_of(finished), 0.1)
        points = search_share(averaged, data, Train(validation_share=0.3), "en")
        curves.append([each.accuracies() for each in points])
    assert curves[0] == curves[1]


def test_vectors_that_are_not_finite_find_nothing(finished: Path) -> None:
    data = TripletData.open(tokens_of(finished))
    points = search_share(
        Shifted(trained_of(finished), math.inf), data, Train(validation_share=0.3), "en"
    )
    assert points[0].accuracy() > 0.5
    for each in points[1:]:
        assert each.accuracy() < 0.2
    assert choose_share(points) == 0.0


def test_a_tiny_corpus_is_not_searched(finished: Path, caplog: pytest.LogCaptureFixture) -> None:
    data = TripletData.open(tokens_of(finished))
    caplog.set_level(logging.WARNING)
    averaged = Shifted(encoder_of(finished), 0.1)
    assert search_share(averaged, data, Train(validation_share=0.001), "en") == []
    assert "has nothing to choose on" in caplog.text
    assert "set a number such as average_with_base: 0.3" in caplog.text
