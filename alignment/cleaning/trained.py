"""Which sentences of the suites were trained on after all: a check of the finished triplets."""

from __future__ import annotations

import functools
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa

from alignment import tables
from alignment.cleaning import columns
from alignment.cleaning.columns import Ints
from alignment.cleaning.corpus_context import workers_for
from alignment.workers import ordered

TEXTS = ("anchor", "positive", "negative")
SuiteT = TypeVar("SuiteT", bound=Hashable)


def trained_sentences(triplets: Sequence[Path], suites: Mapping[SuiteT, Path]) -> dict[SuiteT, int]:
    """Distinct sentences of each suite that are a text of some triplet, in comparable form.

    Cleaning removes them from the corpora before the triplets are built. This looks at what is
    trained on, so it also finds what another way into the training set brought along.

    Args:
        triplets: Tables with the schema `tables.TRIPLETS`.
        suites: Tables with the schema `tables.PAIRS`, by any key.
    """
    by_suite = {key: _suite_fingerprints(path) for key, path in suites.items()}
    if not by_suite:
        return {}
    sentences = np.unique(np.concatenate(list(by_suite.values())))
    is_trained = np.zeros(len(sentences), dtype=bool)
    for path in triplets:
        find = functools.partial(_found_in_group, sentences=sentences)
        workers = workers_for(tables.count_rows(path))
        for group in ordered(tables.row_groups(path), find, workers):
            is_trained |= group
    trained = sentences[is_trained]
    return {
        key: int(np.isin(fingerprints, trained).sum()) for key, fingerprints in by_suite.items()
    }


def _suite_fingerprints(path: Path) -> Ints:
    sides = tables.read_columns(path, "source", "target")
    hashes = [_fingerprints(columns.from_strings(side)) for side in sides]
    return np.unique(np.concatenate(hashes))


def _found_in_group(group: tables.RowGroup, sentences: Ints) -> np.ndarray:
    """Which of the sorted fingerprints (n,) a row group has."""
    is_trained = np.zeros(len(sentences), dtype=bool)
    if not len(sentences):
        return is_trained
    for batch in group.batches(*TEXTS):
        for name in TEXTS:
            distinct = batch.column(name).unique().cast(pa.string())
            hashes = _fingerprints(columns.from_arrow(distinct))
            places = np.searchsorted(sentences, hashes)
            places[places == len(sentences)] = 0
            is_trained[places[sentences[places] == hashes]] = True
    return is_trained


def _fingerprints(texts: columns.Texts) -> Ints:
    """Of the comparable forms that are not empty."""
    compared = columns.comparables(texts)
    return columns.fingerprints(compared)[compared.lengths > 0]
