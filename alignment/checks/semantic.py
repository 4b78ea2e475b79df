"""Which pairs of a language are translations: the scores of its pools, and a threshold for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from alignment.checks.noise_share import MIN_PAIRS, SEPARATED, Learned, learn
from alignment.checks.pair_scores import Floats, PairScores, PoolVectors, score_pairs

BINS = 40
"""Of the histograms of the scores."""
RAREST = 0.005
"""Share of mismatched pairs that may fall below a histogram; its first bin has them too."""

Ints = NDArray[np.int64]
Outcome = Literal["filtered", "measured", "too_few_pairs", "not_separated"]
"""What happened to a language: the last two are left alone."""
Threshold = Literal["learned", "measure"] | float
"""As in `clean.semantic`."""


@dataclass(frozen=True)
class Judgement:
    """The pairs of a language, with what was decided about them."""

    outcome: Outcome
    threshold: float | None
    """The lowest score that is kept; None if nothing is dropped."""
    scores: Floats
    """Of each pair (n,): its ratio margin if the threshold is a number."""
    probabilities: Floats
    """That each pair is a translation (n,)."""
    learned: Learned
    pairs: Floats
    """Scores of the pairs from which it was learned."""
    mismatched: Floats
    """Scores of mismatched pairs of the same texts."""

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Which pairs are kept (n,)."""
        if self.threshold is None:
            return np.ones(len(self.scores), bool)
        kept: NDArray[np.bool_] = self.scores >= np.float32(self.threshold)
        return kept

    def explanation(self) -> str:
        """What was done, for people."""
        if self.outcome == "too_few_pairs":
            return f"left alone: fewer than {MIN_PAIRS} pairs"
        if self.outcome == "not_separated":
            return (
                "left alone: the encoder does not know the language well enough "
                f"({self.learned.separation:.0%} of mismatched pairs score below the median pair, "
                f"{SEPARATED:.0%} are needed)"
            )
        noise = f"{self.learned.noise:.1%} of the pairs score like mismatched ones"
        if self.threshold is None:
            return f"{noise}, nothing is dropped"
        return f"{noise}, dropped below {self.threshold:.3g}"

    def summary(self) -> dict[str, Any]:
        """What is shown of it, as JSON: shares, and the two distributions as counts by bin."""
        edges = _edges(self.pairs, self.mismatched)
        return {
            "outcome": self.outcome,
            "pairs": len(self.scores),
            "dropped": int((~self.kept).sum()),
            "noise": self.learned.noise,
            "separation": self.learned.separation,
            "threshold": self.threshold,
            "edges": edges.tolist(),
            "pair_counts": _counts(self.pairs, edges),
            "mismatched_counts": _counts(self.mismatched, edges),
        }


def judge(n: int, pools: Iterable[tuple[Ints, PoolVectors]], threshold: Threshold) -> Judgement:
    """Score the pairs of a language, and decide which ones are kept.

    Args:
        n: Number of the pairs.
        pools: The rows of each pool in random order, and their vectors. What is learned comes from
            the first pool, which is a sample of the language.
        threshold: `learned`, `measure` to keep all pairs, or the lowest ratio margin to keep.
    """
    if n < MIN_PAIRS:
        empty = np.zeros(0, np.float32)
        certain = np.ones(n, np.float32)
        scores = np.zeros(n, np.float32)
        nothing = Learned.nothing()
        return Judgement("too_few_pairs", None, scores, certain, nothing, empty, empty)
    margins = np.empty(n, np.float32)
    scores = np.empty(n, np.float32)
    first: PairScores | None = None
    for rows, vectors in pools:
        scored = score_pairs(vectors)
        margins[rows] = scored.margins
        scores[rows] = scored.scores
        if first is None:
            first = scored
    if first is None:
        raise ValueError(f"there are {n} pairs and no pool")
    learned = learn(first.scores, first.mismatched)
    probabilities = learned.probability(scores)
    if not isinstance(threshold, str):
        return Judgement(
            "filtered",
            float(threshold),
            margins,
            probabilities,
            learned,
            first.margins,
            first.mismatched_margins,
        )
    outcome, lowest = _decide(learned, threshold)
    return Judgement(
        outcome, lowest, scores, probabilities, learned, first.scores, first.mismatched
    )


def _decide(
    learned: Learned, threshold: Literal["learned", "measure"]
) -> tuple[Outcome, float | None]:
    """What happens to the language, and the lowest score that is kept."""
    if not learned.is_separated:
        return "not_separated", None
    if threshold == "measure":
        return "measured", None
    return "filtered", learned.threshold


def _edges(pairs: Floats, mismatched: Floats) -> Floats:
    """The bins of the histograms; a few scores may be far below the others."""
    if not len(pairs) or not len(mismatched):
        return np.zeros(0, np.float32)
    low = min(float(np.quantile(mismatched, RAREST)), float(np.quantile(pairs, RAREST)))
    high = max(float(pairs.max()), low + 1e-3)
    return np.linspace(low, high, BINS + 1, dtype=np.float32)


def _counts(scores: Floats, edges: Floats) -> list[int]:
    if not len(edges):
        return []
    inside = np.clip(scores, edges[0], edges[-1])
    counts: list[int] = np.histogram(inside, edges)[0].tolist()
    return counts
