"""Which sentences of a corpus are in an evaluation suite, counted by suite and with examples."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from alignment import tables
from alignment.cleaning import columns
from alignment.cleaning.columns import Bools, Texts
from alignment.cleaning.contamination import SuiteIndex, load_index
from alignment.cleaning.corpus_context import workers_for
from alignment.cleaning.seen import SeenHashes
from alignment.cleaning.split import held_out
from alignment.workers import ordered

EXAMPLES = 3  # per language and suite


class LabeledSuites(NamedTuple):
    """The sentences of all suites, and the names of the suites that its labels number."""

    sentences: SuiteIndex
    names: list[str]
    """`tatoeba:fi`, by the label in the index."""

    def save(self, directory: Path) -> LabeledSuites:
        """The same suites in files, which worker processes map instead of receiving a copy."""
        self.sentences.save(directory)
        return self._replace(sentences=load_index(directory))


def read_suites(directories: Iterable[Path], overlap: float | None) -> LabeledSuites:
    """Index both sides of `<suite>/<language>.parquet` for all suites and languages.

    A directory that is not there has no suites.
    """
    names: list[str] = []
    texts: list[str] = []
    labels: list[int] = []
    files = [path for directory in directories for path in sorted(directory.rglob("*.parquet"))]
    for path in files:
        for side in tables.read_columns(path, "source", "target"):
            texts += side
            labels += [len(names)] * len(side)
        names.append(f"{path.parent.name}:{path.stem}")
    compared = columns.comparables(columns.from_strings(texts))
    return LabeledSuites(SuiteIndex(compared, np.array(labels, dtype=np.int64), overlap), names)


class CorpusLeaks(NamedTuple):
    """The sentences of a corpus that are in a suite."""

    hashes: np.ndarray
    """Their fingerprints, sorted (n,) int64."""
    counts: Counter[str]
    """Sentences by the name of the suite."""
    examples: dict[str, list[str]]
    """A few of the sentences by the name of the suite."""


def find_leaks(
    pairs: Path, suites: LabeledSuites, share: float, seed: int, *, scratch: Path | None = None
) -> CorpusLeaks:
    """The sentences of `pairs` that are in a suite, without the held-out share.

    What is held out is never trained on, whether it is in a suite or not. Hashes that outgrow
    memory go to the directory `scratch`.
    """
    find = functools.partial(_leaks_in_group, index=suites.sentences, share=share, seed=seed)
    workers = workers_for(tables.count_rows(pairs))
    counts: Counter[str] = Counter()
    examples: dict[str, list[str]] = {}
    hashes = [np.empty(0, np.int64)]
    seen = SeenHashes(scratch)
    for leaks in ordered(tables.row_groups(pairs), find, workers):
        for side in leaks:
            new = np.flatnonzero(~seen.add(side.hashes))
            hashes.append(side.hashes[new])
            for label, count in Counter(side.labels[new].tolist()).items():
                counts[suites.names[label]] += count
            _add_examples(examples, side, new, suites.names)
    return CorpusLeaks(np.sort(np.concatenate(hashes)), counts, examples)


def _add_examples(
    examples: dict[str, list[str]], side: _SideLeaks, rows: np.ndarray, names: list[str]
) -> None:
    """The first sentences of each suite."""
    for label in dict.fromkeys(side.labels[rows].tolist()):
        shown = examples.setdefault(names[label], [])
        for row in rows[side.labels[rows] == label][: EXAMPLES - len(shown)].tolist():
            shown.append(side.texts[row])


def leaking_rows(suites: LabeledSuites, sides: Sequence[Texts]) -> Bools:
    """Rows (n,) with a text in a suite, given the normalized texts of each column."""
    mask = np.zeros(len(sides[0]), dtype=bool)
    for texts in sides:
        mask[suites.sentences.leaks(columns.comparables(texts)).rows] = True
    return mask


class _SideLeaks(NamedTuple):
    """Sentences of one side of a batch that are in a suite."""

    hashes: np.ndarray
    labels: np.ndarray
    texts: list[str]


def _leaks_in_group(
    group: tables.RowGroup, index: SuiteIndex, share: float, seed: int
) -> list[_SideLeaks]:
    leaks: list[_SideLeaks] = []
    for batch in group.batches("source", "target"):
        leaks += _leaks_in_batch(batch, index, share, seed)
    return leaks


def _leaks_in_batch(
    batch: pa.RecordBatch, index: SuiteIndex, share: float, seed: int
) -> list[_SideLeaks]:
    source = columns.normalized(columns.from_arrow(batch.column("source")))
    target = columns.normalized(columns.from_arrow(batch.column("target")))
    source_compared = columns.comparables(source)
    target_compared = columns.comparables(target)
    source_hashes = columns.fingerprints(source_compared)
    target_hashes = columns.fingerprints(target_compared)
    held_out_mask = held_out(source_hashes, share, seed)
    leaks = []
    for texts, compared, hashes in (
        (source, source_compared, source_hashes),
        (target, target_compared, target_hashes),
    ):
        rows, labels = index.leaks(compared)
        trained = ~held_out_mask[rows]
        strings = columns.take(texts, rows[trained]).strings()
        leaks.append(_SideLeaks(hashes[rows[trained]], labels[trained], strings))
    return leaks
