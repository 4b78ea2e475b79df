"""Filters: each measures a score of every pair of a batch; apart from it a threshold decides.

A pair is dropped for the first filter, in the configured order, that refuses its score. Scores do
not depend on thresholds, so that their distribution helps to choose one (`alignment clean --explain`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from alignment.cleaning import columns, markup
from alignment.cleaning.columns import Bools, Floats, Ints, Texts
from alignment.cleaning.langid import LanguageIdentifier
from alignment.cleaning.scripts import script_share
from alignment.config import Clean

RATIO_SLACK = 8  # characters: two short strings may differ by a word without being a bad pair


@dataclass(frozen=True)
class Context:
    """What is known beyond the pair itself."""

    source_lang: str = "en"
    target_lang: str = "en"
    expected_ratio: float = 1.0
    """Characters of the target per character of the source, typical of the corpus."""
    identifier: LanguageIdentifier | None = None


class Batch:
    """Normalized texts of some pairs, and their comparable forms, which are made when they are asked for."""

    def __init__(self, source: Texts, target: Texts) -> None:
        self.source = source
        self.target = target

    @functools.cached_property
    def source_compared(self) -> Texts:
        """Comparable forms of the sources."""
        return columns.comparables(self.source)

    @functools.cached_property
    def target_compared(self) -> Texts:
        """Comparable forms of the targets."""
        return columns.comparables(self.target)

    def __len__(self) -> int:
        return len(self.source)

    def rows(self, rows: Ints) -> Batch:
        """The pairs with these numbers."""
        part = Batch(columns.take(self.source, rows), columns.take(self.target, rows))
        for name in ("source_compared", "target_compared"):
            if name in self.__dict__:  # made already
                part.__dict__[name] = columns.take(self.__dict__[name], rows)
        return part


Score = Callable[[Batch, Context], Floats | Ints]


@dataclass(frozen=True)
class Filter:
    """One filter: `score` (pairs,) float, kept if at least (`min`) or at most (`max`) the threshold."""

    name: str
    parameter: str
    """The field of `config.Clean` that holds the threshold; None there switches the filter off."""
    keeps: Literal["min", "max"]
    what: str
    """What the score is, for people."""
    score: Score
    costly: bool = False
    """Scored for the pairs alone that the filters before it left."""
    bound: Score | None = None
    """At least the score (of a `max` filter), and cheap: pairs whose bound passes need no score."""

    @property
    def sign(self) -> str:
        """How a score that passes stands to the threshold."""
        return "≥" if self.keeps == "min" else "≤"

    def threshold(self, limits: Clean) -> float | None:
        """The configured threshold, or None if the filter is off."""
        value = getattr(limits, self.parameter) if self.name in limits.filters else None
        return None if value is None else float(value)

    def refused(self, scores: Floats | Ints, threshold: float) -> Bools:
        """Which scores do not pass (pairs,) bool."""
        return scores < threshold if self.keeps == "min" else scores > threshold

    def refuses(self, pairs: Batch, context: Context, threshold: float, asked: Bools) -> Bools:
        """Which of the pairs that are asked about do not pass (pairs,) bool."""
        if self.bound is not None:
            asked = asked & self.refused(self.bound(pairs, context), threshold)
        if not self.costly:
            return asked & self.refused(self.score(pairs, context), threshold)
        rows, refused = np.flatnonzero(asked), np.zeros(len(pairs), dtype=bool)
        refused[rows] = self.refused(self.score(pairs.rows(rows), context), threshold)
        return refused


def _shorter(batch: Batch, context: Context) -> Ints:
    return np.minimum(batch.source.lengths, batch.target.lengths)


def _longer(batch: Batch, context: Context) -> Ints:
    return np.maximum(batch.source.lengths, batch.target.lengths)


def _words(batch: Batch, context: Context) -> Ints:
    return words(batch.source)


def words(texts: Texts) -> Ints:
    """Words of each normalized row, separated by one space (rows,)."""
    return texts.total(texts.points == columns.SPACE) + (texts.lengths > 0)


def _letters_outside_markup(batch: Batch, context: Context) -> Ints:
    return np.minimum(markup.letters(batch.source), markup.letters(batch.target))


def _same(batch: Batch, context: Context) -> Floats:
    """1 where the comparable forms are equal, else 0."""
    a, b = batch.source_compared, batch.target_compared
    same = a.lengths == b.lengths
    rows = np.flatnonzero(same)
    left, right = columns.take(a, rows), columns.take(b, rows)
    same[rows] = ~left.any(left.points != right.points)
    return np.asarray(same, dtype=np.float64)


def _similarity(batch: Batch, context: Context) -> Floats:
    """1 minus the edit distance over the longer side, in characters."""
    from rapidfuzz.distance import Levenshtein
    from rapidfuzz.process import cpdist

    return cpdist(
        batch.source.strings(),
        batch.target.strings(),
        scorer=Levenshtein.normalized_similarity,
        dtype=np.float64,
    )


def _most_similarity(batch: Batch, context: Context) -> Floats:
    """As if the shorter side were a part of the longer one."""
    a, b = batch.source.lengths, batch.target.lengths
    bound: Floats = 1 - np.abs(a - b) / np.maximum(np.maximum(a, b), 1)
    return bound


def _ratio(batch: Batch, context: Context) -> Floats:
    a = batch.source.lengths * context.expected_ratio + RATIO_SLACK
    b = batch.target.lengths + RATIO_SLACK
    ratios: Floats = np.maximum(a / b, b / a)
    return ratios


def expected_ratio(sources: Iterable[Texts], targets: Iterable[Texts]) -> float:
    """The median of target over source length, in characters; 1.0 of an empty corpus. Within [0.2, 5]."""
    ratios = [
        (b.lengths[kept] / a.lengths[kept])
        for a, b in zip(sources, targets, strict=True)
        if (kept := (a.lengths >= RATIO_SLACK) & (b.lengths > 0)).any()
    ]
    return float(np.clip(np.median(np.concatenate(ratios)), 0.2, 5.0)) if ratios else 1.0


def _script(batch: Batch, context: Context) -> Floats:
    return np.minimum(
        script_share(batch.source, context.source_lang),
        script_share(batch.target, context.target_lang),
    )


def _char_run(batch: Batch, context: Context) -> Ints:
    return np.maximum(
        *(_longest_run(texts, _equal_chars(texts)) for texts in (batch.source, batch.target))
    )


def _equal_chars(texts: Texts) -> Bools:
    """Whether a character equals the one before it in its row."""
    equal = np.zeros(len(texts.points), dtype=bool)
    equal[1:] = texts.points[1:] == texts.points[:-1]
    equal[texts.offsets[:-1][texts.lengths > 0]] = False
    return equal


def _longest_run(texts: Texts, continues: Bools) -> Ints:
    """The longest run in each row, where `continues` marks the items that go on with the one before (rows,)."""
    longest = np.zeros(len(texts), dtype=np.int64)
    starts = np.flatnonzero(~continues)
    if len(starts):
        runs = np.diff(np.append(starts, len(continues)))
        rows = np.searchsorted(texts.offsets, starts, side="right") - 1
        np.maximum.at(longest, rows, runs)
    return longest


def _word_run(batch: Batch, context: Context) -> Ints:
    return np.maximum(
        *(_longest_run(*_equal_words(texts)) for texts in (batch.source, batch.target))
    )


def _equal_words(texts: Texts) -> tuple[Texts, Bools]:
    """The words of each row as hashes, and whether a word equals the one before it."""
    points, counts = texts.points.astype(np.uint64), words(texts)
    gaps = texts.points == columns.SPACE
    begins = np.zeros(len(points), dtype=bool)
    begins[1:] = gaps[:-1]
    begins[texts.offsets[:-1][texts.lengths > 0]] = True
    starts = np.flatnonzero(begins)
    if not len(starts):
        return Texts(np.zeros(0, np.uint64), np.zeros(len(texts) + 1, np.int64)), np.zeros(
            0, dtype=bool
        )
    place = np.arange(len(points)) - np.repeat(starts, np.diff(np.append(starts, len(points))))
    mixed = (points + np.uint64(1)) * (
        place.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(1)
    )
    mixed[gaps] = 0
    hashes = Texts(np.add.reduceat(mixed, starts), np.concatenate([[0], np.cumsum(counts)]))
    return hashes, _equal_chars(hashes)


def _unbalanced(batch: Batch, context: Context) -> Floats:
    return markup.unbalanced(batch.source, batch.target)


def _numbers(batch: Batch, context: Context) -> Floats:
    return markup.unmatched_digits(batch.source, batch.target)


def _other_language(batch: Batch, context: Context) -> Floats:
    if context.identifier is None:
        return np.zeros(len(batch))
    sides = ((batch.source, context.source_lang), (batch.target, context.target_lang))
    found: Floats = np.maximum(
        *(context.identifier.other_language(texts.strings(), code) for texts, code in sides)
    )
    return found


FILTERS: dict[str, Filter] = {
    found.name: found
    for found in (
        Filter("too_short", "min_chars", "min", "characters of the shorter side", _shorter),
        Filter("too_few_words", "min_words", "min", "words of the pivot side", _words),
        Filter("too_long", "max_chars", "max", "characters of the longer side", _longer),
        Filter("too_many_words", "max_words", "max", "words of the pivot side", _words),
        Filter(
            "placeholders_only",
            "min_letters",
            "min",
            "letters outside of placeholders and markup, poorer side",
            _letters_outside_markup,
        ),
        Filter(
            "untranslated",
            "keep_untranslated",
            "max",
            "1 if the sides differ in case and punctuation only",
            _same,
            costly=True,
        ),
        Filter(
            "length_ratio",
            "max_ratio",
            "max",
            "longer over shorter side, at the corpus' usual ratio",
            _ratio,
        ),
        Filter(
            "repeated_characters", "max_char_run", "max", "longest run of one character", _char_run
        ),
        Filter("repeated_words", "max_word_run", "max", "longest run of one word", _word_run),
        Filter(
            "wrong_script",
            "min_script",
            "min",
            "share of letters in the language's scripts, poorer side",
            _script,
        ),
        Filter(
            "unbalanced_markup",
            "max_unbalanced",
            "max",
            "share of placeholders, tags and addresses without a counterpart",
            _unbalanced,
            costly=True,
        ),
        Filter(
            "other_numbers", "max_numbers", "max", "share of digits without a counterpart", _numbers
        ),
        Filter(
            "nearly_untranslated",
            "max_similarity",
            "max",
            "edit similarity of the sides",
            _similarity,
            costly=True,
            bound=_most_similarity,
        ),
        Filter(
            "other_language",
            "max_other_language",
            "max",
            "probability of the likeliest other language",
            _other_language,
            costly=True,
        ),
    )
}
