"""What the chosen negatives look like under the base encoder: hardness, similarity, shortcuts, examples."""

from __future__ import annotations

import array
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from alignment.triplets.near_duplicates import near_duplicate_score
from alignment.types import STRATEGIES

Hardness = Literal["easy", "semi-hard", "hard"]
EXAMPLES = 20
BINS = 20  # of the histogram of similarities, over [0, 1]


def hardness(positive_similarity: float, negative_similarity: float, margin: float) -> Hardness:
    """By cosine distance: hard if the negative is nearer than the positive, semi-hard if within the margin."""
    gap = positive_similarity - negative_similarity  # d(a, n) - d(a, p)
    if gap <= 0:
        return "hard"
    return "semi-hard" if gap < margin else "easy"


@dataclass
class _Group:
    """Triplets of one strategy, of one language or of all."""

    count: int = 0
    measured: int = 0
    hardness: dict[str, int] = field(default_factory=lambda: {"easy": 0, "semi-hard": 0, "hard": 0})
    positive: float = 0.0
    negative: float = 0.0
    histogram: list[int] = field(default_factory=lambda: [0] * BINS)
    other_language: int = 0
    lengths: array.array[int] = field(default_factory=lambda: array.array("I"))
    """Of anchor, positive and negative, in characters, one after the other."""
    examples: list[dict[str, Any]] = field(default_factory=list)

    def add(self, row: dict[str, Any], margin: float) -> None:
        self.count += 1
        self.other_language += row["negative_lang"] != row["positive_lang"]
        self.lengths.extend(max(1, len(row[name])) for name in ("anchor", "positive", "negative"))
        if (
            len(self.examples) < EXAMPLES and int(row["pair_id"][:4], 16) % 16 == 0
        ):  # spread over the corpus
            chrf = (
                near_duplicate_score(row["negative"], row["positive"])
                if row["chrf"] is None
                else row["chrf"]
            )
            self.examples.append(
                {
                    **{key: row[key] for key in ("anchor", "positive", "negative", "rank")},
                    "chrf": chrf,
                }
            )
        if row["positive_similarity"] is None or row["negative_similarity"] is None:
            return  # ready and edited ones are not measured under the base encoder
        self.measured += 1
        self.hardness[hardness(row["positive_similarity"], row["negative_similarity"], margin)] += 1
        self.positive += row["positive_similarity"]
        self.negative += row["negative_similarity"]
        self.histogram[min(BINS - 1, max(0, int(row["negative_similarity"] * BINS)))] += 1

    def merge(self, other: _Group) -> None:
        for name in ("count", "measured", "positive", "negative", "other_language"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.hardness = {
            name: count + other.hardness[name] for name, count in self.hardness.items()
        }
        self.histogram = [a + b for a, b in zip(self.histogram, other.histogram, strict=True)]
        self.lengths.extend(other.lengths)
        self.examples = [*self.examples, *other.examples][:EXAMPLES]

    def finished(self) -> dict[str, Any]:
        measured = max(1, self.measured)
        return {
            "count": self.count,
            "measured": self.measured,
            **self.hardness,
            "positive_similarity": round(self.positive / measured, 4),
            "negative_similarity": round(self.negative / measured, 4),
            "histogram": self.histogram,
            "by_language": round(self.other_language / max(1, self.count), 4),
            "by_length": round(by_length(np.array(self.lengths, dtype=float).reshape(-1, 3)), 4),
            "examples": self.examples,
        }


def _together(groups: Sequence[_Group]) -> _Group:
    """All languages, with examples of each in turn."""
    every = _Group()
    for group in groups:
        every.merge(group)
    in_turn = itertools.chain.from_iterable(
        itertools.zip_longest(*(group.examples for group in groups))
    )
    every.examples = [example for example in in_turn if example][:EXAMPLES]
    return every


def by_length(lengths: np.ndarray) -> float:
    """The share of triplets (n, 3) whose lengths alone tell the translation: it is nearer to the usual ratio.

    0.5 is chance (ties count half): more says that negatives could be refused without reading them.
    """
    if not len(lengths):
        return 0.0
    logs = np.log(lengths)
    ratio = np.median(logs[:, 1] - logs[:, 0])
    off = np.abs(logs[:, 1:] - logs[:, :1] - ratio)  # of the positive and the negative
    return float((off[:, 0] < off[:, 1]).mean() + (off[:, 0] == off[:, 1]).mean() / 2)


class Description:
    """What triplets look like, by strategy, and by language and strategy."""

    def __init__(self, margin: float, pivot: str) -> None:
        self.margin, self.pivot = margin, pivot
        self._groups: dict[tuple[str, str], _Group] = {}

    def add(self, triplets: Iterable[dict[str, Any]]) -> None:
        """Look at rows of `tables.TRIPLETS`."""
        for row in triplets:
            language = (
                row["positive_lang"] if row["anchor_lang"] == self.pivot else row["anchor_lang"]
            )
            self._group(language, row["strategy"]).add(row, self.margin)

    def merge(self, other: Description) -> None:
        """Take over what was seen elsewhere."""
        for key, group in other._groups.items():
            self._group(*key).merge(group)

    def finished(self) -> dict[str, Any]:
        """`strategies`: counts, hardness, similarities, shortcuts, examples; the same by language in `by_language`."""
        every: dict[str, list[_Group]] = {}
        by_language: dict[str, dict[str, Any]] = {}
        order = (*STRATEGIES, "ready")
        for language, strategy in sorted(
            self._groups, key=lambda key: (order.index(key[1]), key[0])
        ):
            group = self._groups[language, strategy]
            every.setdefault(strategy, []).append(group)
            by_language.setdefault(language, {})[strategy] = group.finished() | {
                "examples": group.examples[:3]
            }
        return {
            "strategies": {
                strategy: _together(groups).finished() for strategy, groups in every.items()
            },
            "by_language": dict(sorted(by_language.items())),
        }

    def _group(self, language: str, strategy: str) -> _Group:
        return self._groups.setdefault((language, strategy), _Group())
