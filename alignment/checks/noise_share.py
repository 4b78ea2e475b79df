"""How likely is a pair of some score a translation? Learned from mismatched pairs.

The scores of a language's pairs are a mixture: translations, whose distribution is not known, and
noise, which scores like mismatched pairs of the same texts (the two-groups model, Efron 2008). What
mismatched pairs explain is noise. In a clean corpus they explain nothing, so nothing is dropped.
"""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

MIN_PAIRS = 100
"""With fewer pairs nothing is learned."""
SEPARATED = 0.97
"""Share of mismatched pairs that must score below the median pair. If fewer do, the encoder does
not know the language well enough, and good pairs would be dropped."""

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


class Learned(NamedTuple):
    """The probability of a translation by score, of one language."""

    knots: Doubles
    """Scores, ascending (k,)."""
    probabilities: Doubles
    """Of a translation, from each knot to the next one, in [0, 1], not falling (k,)."""
    noise: float
    """Estimated share of the pairs that score like mismatched ones, in [0, 0.5]."""
    separation: float
    """Share of the mismatched pairs that score below the median pair, in [0, 1]."""
    threshold: float | None
    """The lowest score that is kept if as many pairs are dropped as are noise; None: all are."""

    @classmethod
    def nothing(cls, separation: float = 0.0) -> Self:
        """Every pair counts as a translation."""
        return cls(np.zeros(1), np.ones(1), 0.0, separation, None)

    @property
    def is_separated(self) -> bool:
        """Whether scores tell translations from mismatched pairs."""
        return self.separation >= SEPARATED

    def probability(self, scores: Floats) -> Floats:
        """The probability that each pair is a translation (n,)."""
        places = np.searchsorted(self.knots, scores, side="right") - 1
        found: Floats = self.probabilities[np.maximum(0, places)].astype(np.float32)
        return found


def learn(scores: Floats, mismatched: Floats) -> Learned:
    """Learn the probability of a translation from the scores of pairs and of mismatched pairs.

    Args:
        scores: Of the pairs (n,).
        mismatched: Of mismatched pairs of the same texts (m,).

    Returns:
        `Learned.nothing` if there are fewer than `MIN_PAIRS` pairs, or if the two kinds are not
        separated.
    """
    if len(scores) < MIN_PAIRS or len(mismatched) < MIN_PAIRS:
        return Learned.nothing()
    separation = float((mismatched < np.median(scores)).mean())
    if separation < SEPARATED:
        return Learned.nothing(separation)
    # A translation hardly ever scores below half of the mismatched pairs. The median pair is above
    # nearly all of them, so that at most half of the pairs are noise.
    noise = min(0.5, 2 * float((scores <= np.median(mismatched)).mean()))
    knots, odds = _density_ratio(scores, mismatched)
    probabilities = 1 - np.minimum(1.0, noise * odds)
    return Learned(knots, probabilities, noise, separation, _threshold(scores, noise))


def _threshold(scores: Floats, noise: float) -> float | None:
    """The lowest score that is kept if this share of the pairs is dropped, those that score least.

    Noise of other kinds, such as cut texts, scores between mismatched pairs and translations. It is
    among the lowest scores, so that their number is a better guide than their probabilities.
    """
    dropped = min(round(noise * len(scores)), len(scores) - 1)
    if dropped == 0:
        return None
    return float(np.partition(scores, dropped)[dropped])


def _density_ratio(scores: Floats, mismatched: Floats) -> tuple[Doubles, Doubles]:
    """Density of the mismatched pairs over that of the pairs, by score: knots and values (k,).

    The values do not rise with the score: isotonic regression of the kind of each score. Equal
    scores have one value.
    """
    from scipy.optimize import isotonic_regression  # takes half a second to import

    knots, places = np.unique(np.concatenate([scores, mismatched]), return_inverse=True)
    counts = np.bincount(places, minlength=len(knots)).astype(np.float64)
    of_mismatched = np.bincount(places[len(scores) :], minlength=len(knots))
    share = isotonic_regression(of_mismatched / counts, weights=counts, increasing=False).x
    starts = np.flatnonzero(np.diff(share, prepend=np.inf))
    share = np.minimum(share[starts], 1 - 1e-9)
    odds: Doubles = share / (1 - share) * len(scores) / len(mismatched)
    return knots[starts].astype(np.float64), odds
