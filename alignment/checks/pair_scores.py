"""Is a pair a translation? Each pair is compared with the usual pair of its language and pool.

A weak encoder gives low cosines to every pair of a language that it hardly knows. Therefore no
score depends on the level of a cosine: all are in deviations from the language's own usual pair.
Three things make a pair doubtful:

- the ratio margin of its vectors is low (Artetxe and Schwenk 2019): other texts fit as well;
- its target reads like the source language, or like another one;
- its lengths fit badly, as those of a text that was cut.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

SHIFTS = (1, 2, 3)
"""How many pairs further the target of a mismatched pair comes from. The order is random."""
FOLDS = 4
"""Parts of the pairs; the language of a part's targets is judged by what the others look like."""
LANGUAGE_SAMPLE = 16_384
"""Pairs from which the two languages are learned, at most."""
SHRINKAGE = 0.2
"""Of the covariance towards a multiple of the identity."""
USUAL_LENGTH = 1.0
"""Deviations of the length ratio that are no reason for doubt."""
LENGTH_WEIGHT = 2 / 3
"""Of a deviation of the length ratio; good translations often deviate."""
SHORT = 5
"""Characters that are added to both lengths, so that short texts do not deviate as much."""
NORMAL = 1.4826
"""Standard deviations in a median absolute deviation of normal values."""
SMALLEST_DEVIATION = 0.01
"""Of margins and languages: where pairs hardly differ, a small difference means nothing."""
SMALLEST_LENGTH_DEVIATION = 0.05
SMALLEST = 1e-6
SMALLEST_COSINE = 0.05
"""Of neighbors. In a small pool they may have cosine 0, if the encoder's cosines center on 0."""
ROWS_AT_ONCE = 16_384
"""Pairs whose vectors are copied together: mismatched pairs of a whole pool take gigabytes."""

Floats = NDArray[np.float32]
Ints = NDArray[np.integer[Any]]
Bools = NDArray[np.bool_]


class PoolVectors(NamedTuple):
    """The pairs of one pool, in random order."""

    source: Floats
    """Unit vectors of the sources (n, dim)."""
    target: Floats
    """Unit vectors of the targets (n, dim)."""
    source_neighbors: Floats
    """Mean cosine of each source and its nearest targets (n,)."""
    target_neighbors: Floats
    """Mean cosine of each target and its nearest sources (n,)."""
    source_texts: Ints
    """A number for each source (n,); equal texts have equal numbers."""
    target_texts: Ints
    source_chars: Ints
    """Length of each source in characters (n,)."""
    target_chars: Ints


class PairScores(NamedTuple):
    """Scores of the pairs of a pool, and of mismatched pairs of the same texts."""

    margins: Floats
    """Ratio margin of each pair (n,): about 1 where another text fits as well as the partner."""
    scores: Floats
    """0 for a usual pair, below for one that is less likely a translation (n,)."""
    mismatched: Floats
    """The scores of mismatched pairs (m,)."""
    mismatched_margins: Floats


def score_pairs(pool: PoolVectors) -> PairScores:
    """Score the pairs of a pool.

    The score is minus the Euclidean norm of three deviations, each at most 0 and in robust standard
    deviations of the better half of the pairs (by ratio margin). The order of the pairs decides
    which of them are mismatched, so sort them by a hash.
    """
    terms = _Terms.of(pool)
    rows = np.arange(len(pool.source))
    pairs = terms.measure(rows, rows)
    usual = _Usual.of(pairs)
    mismatched = _mismatched(terms)
    return PairScores(pairs.margin, usual.score(pairs), usual.score(mismatched), mismatched.margin)


def _mismatched(terms: _Terms) -> _Measured:
    """Each source with the targets of some other pairs, unless one of the texts is equal."""
    pool = terms.pool
    rows = np.arange(len(pool.source))
    sources = [rows[:0]]
    targets = [rows[:0]]
    for shift in SHIFTS:
        others = np.roll(rows, -shift)
        differs = pool.source_texts != pool.source_texts[others]
        differs &= pool.target_texts != pool.target_texts[others]
        sources.append(rows[differs])
        targets.append(others[differs])
    return terms.measure(np.concatenate(sources), np.concatenate(targets))


class _Measured(NamedTuple):
    """What is measured of pairs (n,)."""

    margin: Floats
    language: Floats
    """0 if the target reads like the sources, 1 like the targets of the better pairs."""
    length: Floats
    """Logarithm of the ratio of the lengths."""

    def take(self, rows: Bools) -> _Measured:
        return _Measured(self.margin[rows], self.language[rows], self.length[rows])


class _Terms(NamedTuple):
    """What pairs of any source and any target of a pool are measured from."""

    pool: PoolVectors
    language: Floats
    """Of each target (n,), as in `_Measured`."""

    @classmethod
    def of(cls, pool: PoolVectors) -> _Terms:
        rows = np.arange(len(pool.source))
        margins = _margins(pool, rows, rows)
        return cls(pool, _languages(pool, margins >= np.median(margins)))

    def measure(self, sources: Ints, targets: Ints) -> _Measured:
        """The pairs of these sources and targets (n,)."""
        pool = self.pool
        margins = _margins(pool, sources, targets)
        lengths = (pool.source_chars[sources] + SHORT) / (pool.target_chars[targets] + SHORT)
        return _Measured(margins, self.language[targets], np.log(lengths).astype(np.float32))


def _margins(pool: PoolVectors, sources: Ints, targets: Ints) -> Floats:
    """The ratio margins of the pairs of these sources and targets (n,)."""
    cosines = np.empty(len(sources), np.float32)
    for first in range(0, len(sources), ROWS_AT_ONCE):
        rows = slice(first, first + ROWS_AT_ONCE)
        pairs = pool.source[sources[rows]], pool.target[targets[rows]]
        np.einsum("nd,nd->n", *pairs, out=cosines[rows])
    neighbors = (pool.source_neighbors[sources] + pool.target_neighbors[targets]) / 2
    ratios = cosines / np.maximum(neighbors, SMALLEST_COSINE)
    return ratios.astype(np.float32, copy=False)


def _languages(pool: PoolVectors, better: Bools) -> Floats:
    """Whether each target reads like the sources, 0, or like the targets of the better pairs, 1.

    It is the target's place on the line of Fisher's linear discriminant between the two sides. Each
    part of the pairs is judged by what was learned from the other parts.
    """
    n = len(pool.source)
    part = np.arange(n) % FOLDS
    values = np.ones(n, np.float32)
    for number in range(FOLDS):
        others = np.flatnonzero(better & (part != number))[:LANGUAGE_SAMPLE]
        if len(others) < 2:
            continue
        source = pool.source[others].astype(np.float64)
        target = pool.target[others].astype(np.float64)
        weights = _discriminant(source, target)
        low = source.mean(axis=0) @ weights
        width = target.mean(axis=0) @ weights - low
        judged = part == number
        if width > SMALLEST:
            values[judged] = ((pool.target[judged] @ weights - low) / width).astype(np.float32)
    return values


def _discriminant(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """The direction (dim,) from the sources to the targets (Fisher 1936), its covariance shrunk."""
    dim = source.shape[1]
    centered = np.concatenate([source - source.mean(axis=0), target - target.mean(axis=0)])
    covariance = centered.T @ centered / len(centered)
    level = max(float(np.trace(covariance)) / dim, SMALLEST)
    shrunk = (1 - SHRINKAGE) * covariance + SHRINKAGE * level * np.eye(dim)
    direction: NDArray[np.float64] = np.linalg.solve(
        shrunk, target.mean(axis=0) - source.mean(axis=0)
    )
    return direction


class _Spread(NamedTuple):
    """A usual value, and how far values are from it."""

    center: float
    deviation: float

    @classmethod
    def of(cls, values: Floats, smallest: float, center: float | None = None) -> _Spread:
        if center is None:
            center = float(np.median(values))
        deviation = NORMAL * float(np.median(np.abs(values - center)))
        return cls(center, max(deviation, smallest))

    def deviations(self, values: Floats) -> Floats:
        scaled: Floats = (values - self.center) / self.deviation
        return scaled


class _Usual(NamedTuple):
    """What usual pairs are like."""

    margin: _Spread
    language: _Spread
    length: _Spread

    @classmethod
    def of(cls, pairs: _Measured) -> _Usual:
        """From the better half of the pairs, because the other one may have noise."""
        median = float(np.median(pairs.margin))
        better = pairs.take(pairs.margin >= median)
        return cls(
            _Spread.of(better.margin, SMALLEST_DEVIATION, center=median),
            _Spread.of(better.language, SMALLEST_DEVIATION),
            _Spread.of(better.length, SMALLEST_LENGTH_DEVIATION),
        )

    def score(self, pairs: _Measured) -> Floats:
        """The scores of pairs (n,), at most 0."""
        margin = np.minimum(0, self.margin.deviations(pairs.margin))
        language = np.minimum(0, self.language.deviations(pairs.language))
        length = np.abs(self.length.deviations(pairs.length)) - USUAL_LENGTH
        length = LENGTH_WEIGHT * np.maximum(0, length)
        scores: Floats = -np.sqrt(margin**2 + language**2 + length**2).astype(np.float32)
        return scores
