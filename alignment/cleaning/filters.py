"""Filters: a score for every pair, and a separate threshold that decides which pairs are dropped.

A pair is dropped by the first filter, in the configured order, whose threshold its score fails.
Scores do not depend on thresholds, so their distribution helps to choose one
(`alignment clean --explain`).

To add a filter, write a score in `scores` and add an entry to `FILTERS` here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from alignment.cleaning import scores
from alignment.cleaning.batch import Batch, Context
from alignment.cleaning.columns import Bools, Floats, Ints
from alignment.cleaning.scores import Score
from alignment.config import Clean


@dataclass(frozen=True)
class Filter:
    """A score, and how its threshold is applied."""

    name: str
    parameter: str
    """The field of `config.Clean` that holds the threshold; None there disables the filter."""
    keeps: Literal["min", "max"]
    """Pairs are kept whose score is at least (`min`) or at most (`max`) the threshold."""
    what: str
    """What the score is, for people."""
    score: Score
    costly: bool = False
    """Compute the score only for the pairs that the filters before it kept."""
    bound: Score | None = None
    """A cheap upper bound of the score of a `max` filter: pairs that pass it need no score."""
    score_above: Callable[[Batch, float], Floats] | None = None
    """The score where it exceeds the threshold of a `max` filter, else anything up to it: cheaper
    than `score`."""

    @property
    def sign(self) -> str:
        """The relation of a passing score to the threshold."""
        return "≥" if self.keeps == "min" else "≤"

    def threshold(self, limits: Clean) -> float | None:
        """The configured threshold, or None if the filter is disabled."""
        if self.name not in limits.filters:
            return None
        value: float | None = getattr(limits, self.parameter)
        return None if value is None else float(value)

    def refused(self, scores: Floats | Ints, threshold: float) -> Bools:
        """Which scores fail the threshold (pairs,)."""
        return scores < threshold if self.keeps == "min" else scores > threshold

    def dropped(self, pairs: Batch, context: Context, threshold: float, candidates: Bools) -> Bools:
        """Which of the `candidates` (pairs,) fail the threshold (pairs,)."""
        if self.bound is not None:
            candidates = candidates & self.refused(self.bound(pairs, context), threshold)
        if not self.costly:
            return candidates & self.refused(self.score(pairs, context), threshold)
        rows = np.flatnonzero(candidates)
        selected = pairs.take(rows)
        if self.score_above is not None:
            values: Floats | Ints = self.score_above(selected, threshold)
        else:
            values = self.score(selected, context)
        dropped = np.zeros(len(pairs), dtype=bool)
        dropped[rows] = self.refused(values, threshold)
        return dropped


_ALL = (
    Filter(
        name="too_short",
        parameter="min_chars",
        keeps="min",
        what="characters of the shorter side",
        score=scores.shorter_side,
    ),
    Filter(
        name="too_few_words",
        parameter="min_words",
        keeps="min",
        what="words of the pivot side",
        score=scores.pivot_words,
    ),
    Filter(
        name="too_long",
        parameter="max_chars",
        keeps="max",
        what="characters of the longer side",
        score=scores.longer_side,
    ),
    Filter(
        name="too_many_words",
        parameter="max_words",
        keeps="max",
        what="words of the pivot side",
        score=scores.pivot_words,
    ),
    Filter(
        name="broken_text",
        parameter="max_broken",
        keeps="max",
        what="share of words with lost characters or a garbled encoding, worse side",
        score=scores.broken_words,
        costly=True,
        bound=scores.max_broken_words,
    ),
    Filter(
        name="placeholders_only",
        parameter="min_letters",
        keeps="min",
        what="letters outside of placeholders and markup, lower side",
        score=scores.letters_outside_markup,
    ),
    Filter(
        name="untranslated",
        parameter="keep_untranslated",
        keeps="max",
        what="1 if the sides differ in case and punctuation only",
        score=scores.same_text,
        costly=True,
    ),
    Filter(
        name="length_ratio",
        parameter="max_ratio",
        keeps="max",
        what="longer over shorter side, relative to the corpus's usual ratio",
        score=scores.length_ratio,
    ),
    Filter(
        name="repeated_characters",
        parameter="max_char_run",
        keeps="max",
        what="longest run of one character",
        score=scores.char_run,
    ),
    Filter(
        name="repeated_words",
        parameter="max_word_run",
        keeps="max",
        what="longest run of one word",
        score=scores.word_run,
    ),
    Filter(
        name="wrong_script",
        parameter="min_script",
        keeps="min",
        what="share of letters in the language's scripts, lower side",
        score=scores.share_in_script,
    ),
    Filter(
        name="unbalanced_markup",
        parameter="max_unbalanced",
        keeps="max",
        what="share of placeholders, tags and addresses without a counterpart",
        score=scores.unbalanced_markup,
        costly=True,
    ),
    Filter(
        name="other_numbers",
        parameter="max_numbers",
        keeps="max",
        what="share of digits in numbers without a counterpart",
        score=scores.unmatched_numbers,
        costly=True,
        bound=scores.unmatched_digits,
    ),
    Filter(
        name="nearly_untranslated",
        parameter="max_similarity",
        keeps="max",
        what="edit similarity of the sides",
        score=scores.edit_similarity,
        costly=True,
        bound=scores.max_edit_similarity,
        score_above=scores.edit_similarity_above,
    ),
    Filter(
        name="other_language",
        parameter="max_other_language",
        keeps="max",
        what="probability of the most likely other language",
        score=scores.other_language,
        costly=True,
    ),
)
FILTERS: dict[str, Filter] = {filter_.name: filter_ for filter_ in _ALL}
"""All filters by name, in their default order. `config.FilterName` lists the same names."""
