"""What was built: counts of the guards, and what the negatives look like under the base encoder."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from alignment.triplets.lengths import Lengths, by_length
from alignment.triplets.near_duplicates import near_duplicate_score
from alignment.triplets.rows import TripletRow
from alignment.types import PREBUILT, STRATEGIES

Hardness = Literal["easy", "semi-hard", "hard"]
EXAMPLES = 20
LANGUAGE_EXAMPLES = 3
BINS = 20  # of the histogram of similarities, over [0, 1]
EXAMPLE_EVERY = 16  # about one triplet in this many may become an example: spread over the corpus
_ORDER = (*STRATEGIES, PREBUILT)


@dataclass
class GuardCounts:
    """What the guards against false negatives did, per language."""

    considered: int = 0
    """Candidates that the guards looked at."""
    same_meaning: int = 0
    near_duplicate: int = 0
    too_close: int = 0
    """Nearer to the anchor under the base encoder than `relative_margin` allows."""
    fallback: int = 0
    """Triplets that another strategy served, since the chosen one had no candidate left."""
    unfilled: int = 0
    """Pairs and directions for which no strategy had a candidate."""
    built: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STRATEGIES, 0))
    """Triplets by the strategy of their negative."""

    def add(self, other: GuardCounts) -> None:
        """Add the counts of another part."""
        self.considered += other.considered
        self.same_meaning += other.same_meaning
        self.near_duplicate += other.near_duplicate
        self.too_close += other.too_close
        self.fallback += other.fallback
        self.unfilled += other.unfilled
        for strategy, count in other.built.items():
            self.built[strategy] += count


def hardness(positive_similarity: float, negative_similarity: float, margin: float) -> Hardness:
    """Hard if the negative is nearer to the anchor than the positive, semi-hard within the margin.

    Distances are 1 minus the cosine; the classes are those of FaceNet (Schroff et al. 2015).
    """
    gap = positive_similarity - negative_similarity  # d(a, n) - d(a, p)
    if gap <= 0:
        return "hard"
    return "semi-hard" if gap < margin else "easy"


class NegativeStats:
    """What triplets look like, by strategy, and by language and strategy.

    What grows with the triplets goes to files in the directory `scratch`, if there is one.
    """

    def __init__(self, margin: float, pivot: str, scratch: Path | None = None) -> None:
        self.margin = margin
        self.pivot = pivot
        self._scratch = scratch
        self._groups: dict[tuple[str, str], _Group] = {}  # by language and strategy

    def add(self, triplets: Iterable[TripletRow]) -> None:
        """Count triplets."""
        for row in triplets:
            language = row["anchor_lang"]
            if language == self.pivot:
                language = row["positive_lang"]
            self._group(language, row["strategy"]).add(row, self.margin)

    def merge(self, other: NegativeStats) -> None:
        """Add the counts of another part."""
        for (language, strategy), group in other._groups.items():
            self._group(language, strategy).merge(group)

    def finished(self) -> dict[str, Any]:
        """The statistics as JSON: `strategies`, and the same by language in `by_language`."""
        strategies: dict[str, list[_Group]] = {}
        by_language: dict[str, dict[str, Any]] = {}
        for language, strategy in sorted(self._groups, key=_display_order):
            group = self._groups[language, strategy]
            strategies.setdefault(strategy, []).append(group)
            examples = group.examples[:LANGUAGE_EXAMPLES]
            stats = group.finished([group.lengths]) | {"examples": examples}
            by_language.setdefault(language, {})[strategy] = stats
        return {
            "strategies": {name: _total(groups) for name, groups in strategies.items()},
            "by_language": dict(sorted(by_language.items())),
        }

    def _group(self, language: str, strategy: str) -> _Group:
        key = (language, strategy)
        if key not in self._groups:
            lengths = Lengths()
            if self._scratch is not None:
                lengths = Lengths(self._scratch / f"{len(self._groups)}.lengths")
            self._groups[key] = _Group(lengths=lengths)
        return self._groups[key]


def _display_order(key: tuple[str, str]) -> tuple[int, str]:
    language, strategy = key
    return _ORDER.index(strategy), language


@dataclass
class _Group:
    """Triplets of one strategy, of one language or of all."""

    count: int = 0
    measured: int = 0
    """Triplets with both similarities."""
    hardness: dict[str, int] = field(default_factory=lambda: {"easy": 0, "semi-hard": 0, "hard": 0})
    positive: float = 0.0
    """Sum of the positives' similarities."""
    negative: float = 0.0
    """Sum of the negatives' similarities."""
    histogram: list[int] = field(default_factory=lambda: [0] * BINS)
    """Of the negatives' similarities."""
    other_language: int = 0
    """Triplets whose negative is in another language than the positive."""
    lengths: Lengths = field(default_factory=Lengths)
    examples: list[dict[str, Any]] = field(default_factory=list)

    def add(self, row: TripletRow, margin: float) -> None:
        self.count += 1
        self.other_language += row["negative_lang"] != row["positive_lang"]
        self.lengths.add(row["anchor"], row["positive"], row["negative"])
        if len(self.examples) < EXAMPLES and int(row["pair_id"][:4], 16) % EXAMPLE_EVERY == 0:
            self.examples.append(_example(row))
        positive = row["positive_similarity"]
        negative = row["negative_similarity"]
        if positive is None or negative is None:
            return  # prebuilt and edited negatives are not measured under the base encoder
        self.measured += 1
        self.hardness[hardness(positive, negative, margin)] += 1
        self.positive += positive
        self.negative += negative
        self.histogram[min(BINS - 1, max(0, int(negative * BINS)))] += 1

    def merge(self, other: _Group) -> None:
        self.add_counts(other)
        self.lengths.extend(other.lengths)
        self.examples = [*self.examples, *other.examples][:EXAMPLES]

    def add_counts(self, other: _Group) -> None:
        self.count += other.count
        self.measured += other.measured
        self.positive += other.positive
        self.negative += other.negative
        self.other_language += other.other_language
        for name, count in other.hardness.items():
            self.hardness[name] += count
        for place, count in enumerate(other.histogram):
            self.histogram[place] += count

    def finished(self, lengths: Sequence[Lengths]) -> dict[str, Any]:
        measured = max(1, self.measured)
        return {
            "count": self.count,
            "measured": self.measured,
            **self.hardness,
            "positive_similarity": round(self.positive / measured, 4),
            "negative_similarity": round(self.negative / measured, 4),
            "histogram": self.histogram,
            "by_language": round(self.other_language / max(1, self.count), 4),
            "by_length": round(by_length(lengths), 4),
            "examples": self.examples,
        }


def _example(row: TripletRow) -> dict[str, Any]:
    chrf = row["chrf"]
    if chrf is None:
        chrf = near_duplicate_score(row["negative"], row["positive"])
    return {
        "anchor": row["anchor"],
        "positive": row["positive"],
        "negative": row["negative"],
        "rank": row["rank"],
        "chrf": chrf,
    }


def _total(groups: Sequence[_Group]) -> dict[str, Any]:
    """All languages of a strategy, with examples of each language in turn."""
    total = _Group()
    for group in groups:
        total.add_counts(group)
    # The first example of each language, then the second of each, and so on.
    rounds = itertools.zip_longest(*[group.examples for group in groups])
    examples = filter(None, itertools.chain.from_iterable(rounds))
    total.examples = list(itertools.islice(examples, EXAMPLES))
    return total.finished([group.lengths for group in groups])
