"""Which training sentences stand in an evaluation suite: the same but for form, or nearly the same.

Suites are short sentences, on which n-gram checks of words never fire. Equal is: the same comparable
form. Near is: Jaccard similarity of the sets of character shingles of the comparable forms.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from alignment.cleaning import columns
from alignment.cleaning.columns import Texts
from alignment.cleaning.minhash import shingles

SHINGLE = 6  # characters
_BITS = 24  # of the table that says which shingles may occur: 16 MiB
_SLACK = 0.9  # a row's shingles count with repetition there, and once in the similarity


class Leaks(NamedTuple):
    """Rows that stand in a suite, ascending, and the label of that suite's text."""

    rows: np.ndarray
    labels: np.ndarray


class SuiteIndex:
    """The sentences of all suites, each with the number of a label (a suite and language).

    Memory is about 30 bytes a character of the suites.
    """

    def __init__(self, compared: Texts, labels: np.ndarray, overlap: float | None) -> None:
        filled = np.flatnonzero(compared.lengths > 0)
        compared, labels = columns.take(compared, filled), labels[filled]
        hashes = columns.fingerprints(compared)
        self._hashes, first = np.unique(hashes, return_index=True)
        self._hash_labels = labels[first]
        self.overlap = overlap
        self._possible = np.zeros(2**_BITS, dtype=bool)
        self._shingles = np.zeros(0, dtype=np.uint64)
        if overlap is None:
            return
        distinct = columns.take(compared, np.sort(first))
        self._labels = labels[np.sort(first)]
        found, offsets = shingles(distinct, SHINGLE)
        owners = np.repeat(np.arange(len(distinct)), np.diff(offsets))
        pairs = np.unique(
            np.stack([found, owners.astype(np.uint64)]), axis=1
        )  # by shingle, then by sentence
        self._shingles, self._owners = pairs[0], pairs[1].astype(np.int64)
        self._sizes = np.bincount(self._owners, minlength=len(distinct))
        self._possible[_short(self._shingles)] = True

    def leaks(self, compared: Texts) -> Leaks:
        """The rows of a batch of comparable forms that stand in a suite."""
        hashes = columns.fingerprints(compared)
        places = np.searchsorted(self._hashes, hashes)
        places[places == len(self._hashes)] = 0
        equal = np.zeros(len(hashes), dtype=bool)
        if len(self._hashes):
            equal = (self._hashes[places] == hashes) & (compared.lengths > 0)
        found = {int(row): int(self._hash_labels[places[row]]) for row in np.flatnonzero(equal)}
        if self.overlap is not None and len(self._shingles):
            found |= self._near(compared, equal, self.overlap)
        rows = np.array(sorted(found), dtype=np.int64)
        return Leaks(rows, np.array([found[row] for row in rows.tolist()], dtype=np.int64))

    def _near(self, compared: Texts, known: np.ndarray, overlap: float) -> dict[int, int]:
        """Rows that are similar to a suite's sentence, with its label: a sieve over the batch, then one by one."""
        own, offsets = shingles(compared, SHINGLE)
        hits = np.concatenate([[0], np.cumsum(self._possible[_short(own)])])
        counts = np.diff(offsets)
        likely = (hits[offsets[1:]] - hits[offsets[:-1]]) >= _SLACK * overlap * counts
        found = {}
        for row in np.flatnonzero(likely & (counts > 0) & ~known).tolist():
            mine = np.unique(own[offsets[row] : offsets[row + 1]])
            starts = np.searchsorted(self._shingles, mine, side="left")
            ends = np.searchsorted(self._shingles, mine, side="right")
            owners = [
                self._owners[start:end]
                for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
                if end > start
            ]
            if not owners:
                continue
            others, shared = np.unique(np.concatenate(owners), return_counts=True)
            similarity = shared / (len(mine) + self._sizes[others] - shared)
            best = int(similarity.argmax())
            if similarity[best] >= overlap:
                found[row] = int(self._labels[others[best]])
        return found


def _short(hashes: np.ndarray) -> np.ndarray:
    return hashes >> np.uint64(64 - _BITS)
