"""What filters measure: one number per pair, independent of any threshold.

A score takes a `Batch` of pairs and a `Context` and gives (pairs,).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from alignment.cleaning import broken_columns, columns, markup, number_columns
from alignment.cleaning.batch import Batch, Context
from alignment.cleaning.columns import Floats, Ints, Texts
from alignment.cleaning.runs import longest_char_run, longest_word_run
from alignment.cleaning.scripts import script_share
from alignment.cleaning.words import count_words

Score = Callable[[Batch, Context], Floats | Ints]

RATIO_SLACK = 8  # characters: two short strings may differ by a word without being a bad pair
RATIO_BOUNDS = (0.2, 5.0)


def shorter_side(batch: Batch, _context: Context) -> Ints:
    """Characters of the shorter side."""
    return np.minimum(batch.source.lengths, batch.target.lengths)


def longer_side(batch: Batch, _context: Context) -> Ints:
    """Characters of the longer side."""
    return np.maximum(batch.source.lengths, batch.target.lengths)


def pivot_words(batch: Batch, _context: Context) -> Ints:
    """Words of the pivot side, estimated where a script does not separate them by spaces."""
    return count_words(batch.source)


def broken_words(batch: Batch, _context: Context) -> Floats:
    """Share of words with lost characters or a garbled encoding, of the worse side."""
    return broken_columns.shares(batch.source, batch.target)


def max_broken_words(batch: Batch, _context: Context) -> Floats:
    """An upper bound of `broken_words`: 1 where a side may be broken at all."""
    suspicious = broken_columns.suspicious(batch.source) | broken_columns.suspicious(batch.target)
    return suspicious.astype(np.float64)


def letters_outside_markup(batch: Batch, _context: Context) -> Ints:
    """Letters outside of placeholders and markup, of the side that has fewer."""
    return np.minimum(markup.letters(batch.source), markup.letters(batch.target))


def same_text(batch: Batch, _context: Context) -> Floats:
    """1 where the comparable forms of the sides are equal, else 0."""
    source = batch.source_compared
    target = batch.target_compared
    same = source.lengths == target.lengths
    rows = np.flatnonzero(same)
    source = columns.take(source, rows)
    target = columns.take(target, rows)
    same[rows] = ~source.any(source.points != target.points)
    return np.asarray(same, dtype=np.float64)


def edit_similarity(batch: Batch, _context: Context) -> Floats:
    """1 minus the Levenshtein distance over the length of the longer side, in characters."""
    return edit_similarity_above(batch, 0.0)


def edit_similarity_above(batch: Batch, threshold: float) -> Floats:
    """`edit_similarity` where it is at least the threshold, else 0; high thresholds are quicker."""
    from rapidfuzz.distance import Levenshtein
    from rapidfuzz.process import cpdist

    return cpdist(
        batch.source.strings(),
        batch.target.strings(),
        scorer=Levenshtein.normalized_similarity,
        score_cutoff=threshold,
        dtype=np.float64,
    )


def max_edit_similarity(batch: Batch, _context: Context) -> Floats:
    """An upper bound of `edit_similarity`: as if the longer side contained the shorter one."""
    source = batch.source.lengths
    target = batch.target.lengths
    bound: Floats = 1 - np.abs(source - target) / np.maximum(np.maximum(source, target), 1)
    return bound


def length_ratio(batch: Batch, context: Context) -> Floats:
    """Length of the longer over the shorter side, after scaling by the corpus's usual ratio."""
    source = batch.source.lengths * context.expected_ratio + RATIO_SLACK
    target = batch.target.lengths + RATIO_SLACK
    ratios: Floats = np.maximum(source / target, target / source)
    return ratios


def expected_ratio(sources: Iterable[Texts], targets: Iterable[Texts]) -> float:
    """The median of target over source length in characters, within [0.2, 5].

    1.0 for an empty corpus.
    """
    ratios = []
    for source, target in zip(sources, targets, strict=True):
        usable = (source.lengths >= RATIO_SLACK) & (target.lengths > 0)
        ratios.append(target.lengths[usable] / source.lengths[usable])
    values = np.concatenate([np.zeros(0), *ratios])
    if not len(values):
        return 1.0
    return float(np.clip(np.median(values), *RATIO_BOUNDS))


def share_in_script(batch: Batch, context: Context) -> Floats:
    """Share of letters in a script of the language, of the side where it is lower.

    Placeholders, tags, addresses, code and names do not count.
    """
    return np.minimum(
        script_share(batch.source, context.source_lang, batch.target),
        script_share(batch.target, context.target_lang, batch.source),
    )


def char_run(batch: Batch, _context: Context) -> Ints:
    """The longest run of one character on either side."""
    return np.maximum(longest_char_run(batch.source), longest_char_run(batch.target))


def word_run(batch: Batch, _context: Context) -> Ints:
    """The longest run of one word on either side."""
    return np.maximum(longest_word_run(batch.source), longest_word_run(batch.target))


def unbalanced_markup(batch: Batch, _context: Context) -> Floats:
    """Share of placeholders, tags and addresses that the other side lacks."""
    return markup.unbalanced(batch.source, batch.target)


def unmatched_digits(batch: Batch, _context: Context) -> Floats:
    """An upper bound of `unmatched_numbers`: the share of digits that the other side lacks."""
    return number_columns.unmatched_digits(batch.source, batch.target)


def unmatched_numbers(batch: Batch, context: Context) -> Floats:
    """Share of digits in numbers that the other side lacks, however it writes them."""
    languages = (context.source_lang, context.target_lang)
    return number_columns.unmatched(batch.source, batch.target, *languages)


def other_language(batch: Batch, context: Context) -> Floats:
    """Probability of the most likely other language, of the side where it is higher."""
    if context.identifier is None:
        return np.zeros(len(batch))
    identify = context.identifier.other_language
    scores: Floats = np.maximum(
        identify(batch.source.strings(), context.source_lang),
        identify(batch.target.strings(), context.target_lang),
    )
    return scores
