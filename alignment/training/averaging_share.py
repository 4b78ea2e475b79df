"""How much of the base encoder to keep: every share is measured on the validation pairs."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import torch

from alignment.config import Train
from alignment.encoder.encoder import Encoder
from alignment.encoder.prompts import Side
from alignment.training.averaging import AveragedEncoder
from alignment.training.data import TripletData
from alignment.training.validation import MIN_PAIRS, ValidationPairs, split

logger = logging.getLogger(__name__)

SHARES = tuple(tenths / 10 for tenths in range(10))
"""Shares of the base encoder that are tried."""
BASE_ONLY = 1.0
"""The base encoder itself, which is measured for comparison and never chosen."""


@dataclass(frozen=True)
class Point:
    """How the mean with one share of the base does on the validation pairs."""

    share: float
    correct: dict[str, torch.Tensor]
    """By language, the share of the two directions in which each pair is found (pairs,)."""

    def accuracies(self) -> dict[str, float]:
        """Accuracy@1 by language in [0, 1], the mean of both directions."""
        return {code: float(correct.mean()) for code, correct in self.correct.items()}

    def accuracy(self) -> float:
        """The mean over the languages, each of which counts once."""
        return fmean(self.accuracies().values())


def search_share(
    averaged: AveragedEncoder, data: TripletData, settings: Train, pivot: str
) -> list[Point]:
    """The accuracy of every share on the validation pairs of a training.

    Returns no points, and logs a warning, if the corpus is so small that there are no pairs.

    Args:
        averaged: The two encoders.
        data: What was trained on; the pairs that were held out are those of the training.
        settings: `validation_share` is used.
        pivot: The language whose sentences are encoded as sources.
    """
    _, validation = split(data, settings.validation_share, pivot)
    if validation.pairs:
        return accuracy_curve(averaged, data, validation, pivot)
    logger.warning(
        "train.average_with_base: auto has nothing to choose on, because no language has %d "
        "validation pairs. The trained weights are published as they are. Raise "
        "train.validation_share, or set a number such as average_with_base: 0.3",
        MIN_PAIRS,
    )
    return []


def accuracy_curve(
    averaged: AveragedEncoder, data: TripletData, validation: ValidationPairs, pivot: str
) -> list[Point]:
    """Measure every share of `SHARES`, and the base alone as the last point.

    Vectors that are not finite find nothing. The encoder's weights are left at the last point.

    Args:
        averaged: The two encoders.
        data: Where the texts of the validation pairs are.
        validation: The pairs, of at least one language.
        pivot: The language whose sentences are encoded as sources.
    """
    sentences = validation.sentences()
    texts = data.texts(sentences)
    is_source = torch.tensor([data.language(number) == pivot for number in sentences])
    points = []
    for share in (*SHARES, BASE_ONLY):
        averaged.set_share(share)
        vectors = _vectors(averaged.encoder, texts, is_source)
        correct = {}
        for code, directions in validation.correct(vectors).items():
            correct[code] = directions.double().mean(dim=0).cpu()
        point = Point(share, correct)
        logger.info("average: base share %.1f: %.1f%%", share, 100 * point.accuracy())
        points.append(point)
    return points


def _vectors(encoder: Encoder, texts: Sequence[str], is_source: torch.Tensor) -> torch.Tensor:
    """Unit rows (sentences, dim), 0 where the encoder gives values that are not finite."""
    vectors = torch.zeros(len(texts), encoder.dim)
    rows_of: dict[Side, torch.Tensor] = {"source": is_source, "target": ~is_source}
    for side, rows in rows_of.items():
        chosen = [texts[row] for row in rows.nonzero().flatten().tolist()]
        vectors[rows] = torch.from_numpy(encoder.encode(chosen, side=side, check=False))
    vectors[~vectors.isfinite().all(dim=1)] = 0.0
    return vectors


def choose_share(points: Sequence[Point]) -> float:
    """The largest share whose accuracy is within one standard error of the best; 0 without points.

    The accuracy on a few hundred pairs hardly tells neighboring shares apart, and what the base
    knows beyond the training text cannot be seen on pairs of that text. So a tie goes to the base
    (the rule of one standard error: Breiman et al. 1984, "Classification and regression trees").
    The base alone (`BASE_ONLY`) is never chosen.
    """
    eligible = [point for point in points if point.share < BASE_ONLY]
    if not eligible:
        return 0.0
    best = max(eligible, key=lambda point: (point.accuracy(), point.share))
    chosen = best
    for point in eligible:
        loss = best.accuracy() - point.accuracy()
        if loss <= standard_error(best, point) and point.share > chosen.share:
            chosen = point
    return chosen.share


def standard_error(first: Point, second: Point) -> float:
    """Of the difference of two mean accuracies on the same pairs.

    The pairs of each language are a sample; the languages are fixed, and each counts once.
    """
    variance = 0.0
    for code, correct in first.correct.items():
        differences = correct - second.correct[code]
        variance += float(differences.var(correction=0)) / len(differences)
    return math.sqrt(variance) / len(first.correct)
