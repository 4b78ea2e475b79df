"""Runs of equal characters or words within a text, by column."""

from __future__ import annotations

import numpy as np

from alignment.cleaning.columns import SPACE, Bools, Ints, Texts
from alignment.hashing import GOLDEN_GAMMA


def word_counts(texts: Texts) -> Ints:
    """Words of each normalized row, which single spaces separate (rows,)."""
    return texts.total(texts.points == SPACE) + (texts.lengths > 0)


def longest_char_run(texts: Texts) -> Ints:
    """Length of the longest run of one character in each row (rows,)."""
    return _longest_run(texts, _equals_previous(texts))


def longest_word_run(texts: Texts) -> Ints:
    """Length of the longest run of one word in each row (rows,)."""
    words = _word_hashes(texts)
    return _longest_run(words, _equals_previous(words))


def _equals_previous(texts: Texts) -> Bools:
    """Whether each character equals the one before it in its row (characters,)."""
    equal = np.zeros(len(texts.points), dtype=bool)
    equal[1:] = texts.points[1:] == texts.points[:-1]
    equal[_row_starts(texts)] = False
    return equal


def _longest_run(texts: Texts, continues: Bools) -> Ints:
    """The longest run in each row (rows,); `continues` marks what belongs to the item before."""
    longest = np.zeros(len(texts), dtype=np.int64)
    starts = np.flatnonzero(~continues)
    # A run ends where the next one starts; none crosses from one row into the next.
    if len(starts):
        runs = np.diff(np.append(starts, len(continues)))
        rows = np.searchsorted(texts.offsets, starts, side="right") - 1
        np.maximum.at(longest, rows, runs)
    return longest


def _word_hashes(texts: Texts) -> Texts:
    """The words of each row, one 64-bit hash per word in place of the code points."""
    points = texts.points.astype(np.uint64)
    spaces = texts.points == SPACE
    begins = np.zeros(len(points), dtype=bool)
    begins[1:] = spaces[:-1]
    begins[_row_starts(texts)] = True
    starts = np.flatnonzero(begins)
    if not len(starts):
        return Texts(np.zeros(0, np.uint64), np.zeros(len(texts) + 1, np.int64))
    # The hash of a word is a sum over its characters, each multiplied by a number that depends on
    # its place in the word, so that `ab` and `ba` differ.
    place = np.arange(len(points)) - np.repeat(starts, np.diff(np.append(starts, len(points))))
    multiplier = place.astype(np.uint64) * GOLDEN_GAMMA + np.uint64(1)
    mixed = (points + np.uint64(1)) * multiplier
    mixed[spaces] = 0
    offsets = np.concatenate([[0], np.cumsum(word_counts(texts))])
    return Texts(np.add.reduceat(mixed, starts), offsets)


def _row_starts(texts: Texts) -> Ints:
    """Where the rows begin that are not empty (n,)."""
    return texts.offsets[:-1][texts.lengths > 0]
