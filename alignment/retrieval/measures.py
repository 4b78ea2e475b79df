"""The field's measures of bitext retrieval, from one search in each direction.

`alignment.retrieval.outcomes` decides which query is right. This module adds the measures that
other people publish, each as its library defines it, so that numbers can be compared.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alignment.retrieval.margins import NEIGHBORS
from alignment.retrieval.neighbors import Neighbors, nearest
from alignment.retrieval.outcomes import TIE, Outcomes, outcomes_of, text_numbers

RANKS = 10
"""Depth of MRR and hubness."""


class Measures(NamedTuple):
    """One direction of retrieval over n queries; all but hubness are in [0, 1].

    NaN where there are no queries.
    """

    accuracy: float
    """Share of queries whose translation is strictly nearer than every other text."""
    accuracy_by_text: float
    """As sentence-transformers' `TranslationEvaluator` counts: a tie goes to the first."""
    accuracy_by_index: float
    """As MTEB counts: a duplicate of the translation's text is wrong, a tie goes to the first."""
    f1: float
    """Weighted F1 of the predicted indices, the main score of MTEB's bitext mining."""
    precision: float
    """Weighted precision, as `f1`; the weighted recall is `accuracy_by_index`."""
    xsim_ratio: float
    """xsim error by ratio margin."""
    xsim_distance: float
    """xsim error by distance margin."""
    xsim_absolute: float
    """xsim error by cosine."""
    mrr: float
    """Mean reciprocal rank of the translation among the first 10, 0 beyond."""
    hubness: float
    """Skewness of how often a candidate is among the 10 nearest of a query; 0 without hubs."""


class PairMeasures(NamedTuple):
    """Both directions over the same n pairs."""

    forward: Measures
    """From each source to the targets."""
    backward: Measures
    """From each target to the sources."""
    forward_outcomes: Outcomes
    """Of each source; right answers are those that `Measures.accuracy` counts."""
    backward_outcomes: Outcomes
    """Of each target."""


def measure_pairs(
    source_vectors: NDArray[np.float32],
    target_vectors: NDArray[np.float32],
    source_texts: Sequence[str],
    target_texts: Sequence[str],
    *,
    k: int = NEIGHBORS,
) -> PairMeasures:
    """Measure both directions; row i of each argument belongs to pair i.

    xsim takes the `k` nearest candidates of a query and keeps the one of the best margin score
    (LASER's `xsim.py`; Artetxe and Schwenk 2019). With fewer than `k` candidates all are taken.

    Examples:
        >>> import numpy as np
        >>> vectors = np.array([[1, 0], [0, 1], [0.6, 0.8]], np.float32)
        >>> welsh = ["te", "llaeth", "llefrith"]
        >>> result = measure_pairs(vectors, vectors[[0, 2, 1]], ["tea", "milk", "milk!"], welsh)
        >>> round(result.forward.accuracy, 3), round(result.forward.mrr, 3)
        (0.333, 0.667)

    Args:
        source_vectors: Unit rows (n, dim).
        target_vectors: Unit rows (n, dim).
        source_texts: The sources (n); equal texts count as one in `accuracy` and `mrr`.
        target_texts: The targets, likewise.
        k: Neighbors of the margin scores.

    Raises:
        ValueError: if the lengths differ.
    """
    _check_lengths(source_vectors, target_vectors, source_texts, target_texts)
    if not len(source_vectors):
        nothing = Measures(*[math.nan] * len(Measures._fields))
        scores = np.empty(0, np.float32)
        none = Outcomes(np.empty(0, np.bool_), scores, scores)
        return PairMeasures(nothing, nothing, none, none)
    depth = max(k, RANKS)
    to_targets = nearest(source_vectors, target_vectors, depth)
    to_sources = nearest(target_vectors, source_vectors, depth)
    sources, targets = text_numbers(source_texts), text_numbers(target_texts)
    forward = outcomes_of(to_targets, source_vectors, target_vectors, targets)
    backward = outcomes_of(to_sources, target_vectors, source_vectors, sources)
    return PairMeasures(
        _measures(forward, to_targets, to_sources, targets, k),
        _measures(backward, to_sources, to_targets, sources, k),
        forward,
        backward,
    )


def _check_lengths(*columns: NDArray[np.float32] | Sequence[str]) -> None:
    lengths = [len(column) for column in columns]
    if len(set(lengths)) > 1:
        raise ValueError(
            "vectors and texts must have the same length, got "
            f"{lengths[0]} and {lengths[1]} vectors, {lengths[2]} and {lengths[3]} texts"
        )


def _measures(
    outcomes: Outcomes,
    forward: Neighbors,
    backward: Neighbors,
    numbers: NDArray[np.int64],
    k: int,
) -> Measures:
    """One direction: `forward` are the queries' neighbors, `backward` those of the candidates.

    `numbers` are those of the candidates' texts.
    """
    n = len(numbers)
    predicted = forward.indices[:, 0]
    return Measures(
        accuracy=outcomes.accuracy,
        accuracy_by_text=float((numbers[predicted] == numbers).mean()),
        accuracy_by_index=float((predicted == np.arange(n)).mean()),
        f1=weighted_f1(predicted),
        precision=weighted_precision(predicted),
        xsim_ratio=xsim_error(forward, backward, "ratio", k),
        xsim_distance=xsim_error(forward, backward, "distance", k),
        xsim_absolute=xsim_error(forward, backward, "absolute", k),
        mrr=_mrr(forward, outcomes.gold, numbers),
        hubness=hubness(forward.indices[:, :RANKS], n),
    )


def weighted_f1(predicted: NDArray[np.int64]) -> float:
    """scikit-learn's weighted F1, if query i belongs to class i.

    Every class has one query. Its F1 is 2 / (1 + predictions of the class) if its query is right,
    and 0 otherwise.

    Examples:
        >>> import numpy as np
        >>> round(weighted_f1(np.array([0, 0, 2])), 3)
        0.556

    Args:
        predicted: The class that each query got (n,), at least one.
    """
    n = len(predicted)
    times_predicted = np.bincount(predicted, minlength=n)
    is_right = predicted == np.arange(n)
    return float((2 * is_right / (1 + times_predicted[:n])).mean())


def weighted_precision(predicted: NDArray[np.int64]) -> float:
    """scikit-learn's weighted precision, if query i belongs to class i; as `weighted_f1`.

    Examples:
        >>> import numpy as np
        >>> weighted_precision(np.array([0, 0, 2]))
        0.5
    """
    n = len(predicted)
    times_predicted = np.bincount(predicted, minlength=n)
    is_right = predicted == np.arange(n)
    return float((is_right / np.maximum(1, times_predicted[:n])).mean())


def xsim_error(forward: Neighbors, backward: Neighbors, margin: str, k: int) -> float:
    """Share of queries whose best candidate is not their translation (LASER's xsim).

    Args:
        forward: Neighbors of the queries among the candidates, at least `k` where there are.
        backward: Neighbors of the candidates among the queries, likewise.
        margin: `ratio` divides the cosine by the mean of the two neighborhoods' mean cosines,
            `distance` subtracts that mean, `absolute` leaves the cosine as it is.
        k: Size of the neighborhoods.

    Raises:
        ValueError: if there is no such margin.
    """
    cosines = forward.similarities[:, :k]  # (n, k)
    indices = forward.indices[:, :k]
    query_means = cosines.mean(axis=1)
    candidate_means = backward.similarities[:, :k].mean(axis=1)
    neighborhoods = (query_means[:, None] + candidate_means[indices]) / 2
    if margin == "ratio":
        scores = cosines / neighborhoods
    elif margin == "distance":
        scores = cosines - neighborhoods
    elif margin == "absolute":
        scores = cosines
    else:
        raise ValueError(f"margin must be ratio, distance or absolute, got {margin!r}")
    best = np.take_along_axis(indices, scores.argmax(axis=1)[:, None], axis=1)[:, 0]
    return float((best != np.arange(len(best))).mean())


def hubness(neighbors: NDArray[np.int64], candidates: int) -> float:
    """Skewness of the k-occurrence: how often each candidate is a neighbor (Radovanovic 2010).

    Examples:
        >>> import numpy as np
        >>> hubness(np.array([[0], [1], [2], [3]]), candidates=4)
        0.0
        >>> round(hubness(np.array([[0], [0], [0], [3]]), candidates=4), 2)
        0.82

    Args:
        neighbors: The k nearest candidates of each query (n, k).
        candidates: How many candidates there are.
    """
    occurrences = np.bincount(neighbors.ravel(), minlength=candidates).astype(np.float64)
    deviations = occurrences - occurrences.mean()
    variance = (deviations**2).mean()
    if variance == 0:
        return 0.0
    return float((deviations**3).mean() / variance**1.5)


def _mrr(
    forward: Neighbors, gold: NDArray[np.float32], text_of_candidate: NDArray[np.int64]
) -> float:
    """Mean reciprocal rank; a wrong text that ties with the translation ranks before it."""
    is_gold = text_of_candidate[forward.indices] == text_of_candidate[:, None]  # (n, ranks)
    is_before = ~is_gold & (forward.similarities >= gold[:, None] - TIE)
    wrong_before = is_before[:, :RANKS].sum(axis=1)
    reciprocal = np.where(wrong_before < RANKS, 1 / (1 + wrong_before), 0.0)
    return float(reciprocal.mean())
