"""Which training sentences also occur in an evaluation suite, exactly or nearly.

Suite sentences are too short for the usual word n-gram checks. "Exactly" means the same comparable
form. "Nearly" means a high Jaccard similarity of the character shingles of the comparable forms.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alignment.arrays import save_array
from alignment.cleaning import columns
from alignment.cleaning.columns import Bools, Ints, Texts
from alignment.cleaning.minhash import shingles

SHINGLE = 6  # characters
_BITS = 24  # of the table of shingles that may occur: 16 MiB
_SLACK = 0.9  # a row's shingles count with repetition in the sieve, but once in the similarity


class Leaks(NamedTuple):
    """Rows that occur in a suite."""

    rows: Ints
    """Numbers of the rows, ascending (n,)."""
    labels: Ints
    """The label of the suite text that each row matches (n,)."""


class SuiteIndex:
    """The sentences of all suites, each with the number of a label (a suite and a language).

    Memory is about 30 bytes per character of the suites. `overlap` is the smallest Jaccard
    similarity of a near match, in (0, 1]; with None only exact matches count.
    """

    def __init__(self, compared: Texts, labels: Ints, overlap: float | None) -> None:
        filled = np.flatnonzero(compared.lengths > 0)
        compared = columns.take(compared, filled)
        labels = labels[filled]
        self._hashes, first = np.unique(columns.fingerprints(compared), return_index=True)
        self._hash_labels = labels[first]
        self._near: _ShingleIndex | None = None
        self._directory: Path | None = None
        if overlap is not None:
            distinct = np.sort(first)
            self._near = _ShingleIndex.of(
                columns.take(compared, distinct), labels[distinct], overlap
            )

    def __reduce__(self) -> str | tuple[Any, ...]:
        if self._directory is None:
            return super().__reduce__()
        return _load_once, (self._directory,)  # another process maps the files

    def save(self, directory: Path) -> None:
        """Write the arrays for `load_index`.

        This index is from then on sent to other processes as the name of the directory.
        """
        directory.mkdir(parents=True, exist_ok=True)
        save_array(directory / "hashes.npy", self._hashes)
        save_array(directory / "hash_labels.npy", self._hash_labels)
        if self._near is not None:
            for name, values in self._near._asdict().items():
                save_array(directory / f"near_{name}.npy", values)
        self._directory = directory

    def leaks(self, compared: Texts) -> Leaks:
        """The rows of a batch of comparable forms that occur in a suite."""
        hashes = columns.fingerprints(compared)
        places = np.searchsorted(self._hashes, hashes)
        places[places == len(self._hashes)] = 0
        equal = np.zeros(len(hashes), dtype=bool)
        if len(self._hashes):
            equal = (self._hashes[places] == hashes) & (compared.lengths > 0)
        rows = np.flatnonzero(equal)
        exact_labels = self._hash_labels[places[rows]].tolist()
        matches = dict(zip(rows.tolist(), exact_labels, strict=True))
        if self._near is not None:
            matches |= self._near.matches(compared, ~equal)
        ordered = sorted(matches)
        matched_labels = list(map(matches.__getitem__, ordered))
        return Leaks(np.array(ordered, dtype=np.int64), np.array(matched_labels, dtype=np.int64))


def load_index(directory: Path) -> SuiteIndex:
    """The index that was saved in a directory, mapped into memory, which processes share."""
    index = SuiteIndex.__new__(SuiteIndex)
    index._directory = directory
    index._hashes = _mapped(directory / "hashes.npy")
    index._hash_labels = _mapped(directory / "hash_labels.npy")
    index._near = None
    if (directory / "near_overlap.npy").exists():
        arrays = [_mapped(directory / f"near_{name}.npy") for name in _ShingleIndex._fields]
        index._near = _ShingleIndex(*arrays)
    return index


@functools.lru_cache(maxsize=1)
def _load_once(directory: Path) -> SuiteIndex:
    return load_index(directory)


def _mapped(path: Path) -> NDArray[Any]:
    return np.asarray(np.load(path, mmap_mode="r"))  # plain arrays are faster than `memmap`


class _ShingleIndex(NamedTuple):
    """An inverted index from shingles to the sentences that have them."""

    labels: Ints
    """Of each sentence (sentences,)."""
    shingles: NDArray[np.uint64]
    """Ascending (n,), each as often as there are sentences that have it."""
    owners: NDArray[np.int32]
    """The sentence that has each shingle (n,)."""
    sizes: Ints
    """Distinct shingles of each sentence (sentences,)."""
    possible: Bools
    """Whether there is a shingle with these first bits (2**_BITS,)."""
    overlap: NDArray[np.float64]
    """Smallest similarity of a match ()."""

    @classmethod
    def of(cls, sentences: Texts, labels: Ints, overlap: float) -> _ShingleIndex:
        """Index the shingles of the sentences."""
        hashes, offsets = shingles(sentences, SHINGLE)
        owners = np.repeat(np.arange(len(sentences), dtype=np.int32), np.diff(offsets))
        # By shingle and then by sentence: a stable sort keeps the order of the sentences.
        order = np.argsort(hashes, kind="stable")
        hashes = hashes[order]
        owners = owners[order]
        del order
        distinct = np.ones(len(hashes), dtype=bool)
        distinct[1:] = (hashes[1:] != hashes[:-1]) | (owners[1:] != owners[:-1])
        hashes = hashes[distinct]
        owners = owners[distinct]
        possible = np.zeros(2**_BITS, dtype=bool)
        possible[_prefix(hashes)] = True
        sizes = np.bincount(owners, minlength=len(sentences))
        return cls(labels, hashes, owners, sizes, possible, np.array(overlap))

    def matches(self, compared: Texts, candidates: Bools) -> dict[int, int]:
        """The candidate rows that are similar to a sentence, with that sentence's label.

        A sieve over the whole batch leaves a few rows, which are compared one by one.
        """
        if not len(self.shingles):
            return {}
        hashes, offsets = shingles(compared, SHINGLE)
        likely = self._sieve(hashes, offsets)
        matches = {}
        for row in np.flatnonzero(likely & candidates).tolist():
            sentence = self._most_similar(np.unique(hashes[offsets[row] : offsets[row + 1]]))
            if sentence is not None:
                matches[row] = int(self.labels[sentence])
        return matches

    def _sieve(self, hashes: NDArray[np.uint64], offsets: Ints) -> Bools:
        """Rows with enough shingles that may be in the index (rows,).

        `possible` answers by the first bits of a hash, so it may say yes for a shingle that is not
        in the index, but never no for one that is.
        """
        hits = np.concatenate([[0], np.cumsum(self.possible[_prefix(hashes)])])
        counts = np.diff(offsets)
        enough = hits[offsets[1:]] - hits[offsets[:-1]] >= _SLACK * self.overlap * counts
        likely: Bools = enough & (counts > 0)
        return likely

    def _most_similar(self, distinct: NDArray[np.uint64]) -> int | None:
        """The sentence most similar to a set of shingles, if similar enough.

        The Jaccard similarity of two sets is the size of their intersection over that of their
        union, which is the sum of both sizes less the intersection.
        """
        starts = np.searchsorted(self.shingles, distinct, side="left").tolist()
        ends = np.searchsorted(self.shingles, distinct, side="right").tolist()
        owners = []
        for start, end in zip(starts, ends, strict=True):
            if end > start:
                owners.append(self.owners[start:end])
        if not owners:
            return None
        sentences, shared = np.unique(np.concatenate(owners), return_counts=True)
        similarity = shared / (len(distinct) + self.sizes[sentences] - shared)
        best = int(similarity.argmax())
        return int(sentences[best]) if similarity[best] >= self.overlap else None


def _prefix(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return hashes >> np.uint64(64 - _BITS)
