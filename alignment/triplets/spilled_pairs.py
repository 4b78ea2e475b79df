"""The pairs of all languages in temporary files, with the meaning group of each.

A negative can be any other sentence of its language. Files give any row of ten million pairs
without a Python string for each of them, and all processes share what the system caches of them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from alignment import layout, tables
from alignment.arrays import write_array
from alignment.edits.rules import shared_names
from alignment.triplets.build import PairColumns
from alignment.triplets.components import chunks
from alignment.triplets.groups import MeaningGroups, Sentences
from alignment.triplets.names import NameCollector
from alignment.triplets.text_columns import TextColumn, TextColumnWriter, Window, mapped_integers
from alignment.types import Artifact
from alignment.workers import available_cpus, ordered

PARALLEL_FROM = 100_000
"""Pairs; starting processes for fewer takes longer than hashing their sentences."""

HashSentences = Callable[[str, Sequence[str] | pa.Array], Sentences]
"""Hashes of the sentences of a language (n,), equal for texts that compare equal."""

_TEXTS = ("pair_id", "source", "target", "corpus")
_GROUPS = "groups.i64"
_SOURCES = "sources.i64"
_TARGETS = "targets.i64"
_NAMES = "names"


def spill_pairs(
    cleaned: Mapping[str, Artifact],
    pivot: str,
    hash_sentences: HashSentences,
    directory: Path,
    *,
    with_names: Collection[str] = (),
) -> MeaningGroups:
    """Write the pairs of all languages for `SpilledPairs`, and find their meaning groups.

    The groups themselves are saved in `directory` too. Languages in `with_names` also get the names
    that their edited negatives take.
    """
    items = []
    for language, artifact in sorted(cleaned.items()):
        for group in tables.row_groups(artifact.path / layout.PAIRS):
            items.append(_Group(language, group))
    total = sum(tables.count_rows(artifact.path / layout.PAIRS) for artifact in cleaned.values())
    workers = available_cpus() if total >= PARALLEL_FROM else 1
    read = _ReadGroup(pivot, hash_sentences, frozenset(with_names))
    results = zip(items, ordered(items, read, workers), strict=True)
    waiting = next(results, None)
    for language in sorted(cleaned):
        with contextlib.ExitStack() as files:
            writer = _LanguageWriter(directory / language, files)
            while waiting is not None and waiting[0].language == language:
                writer.add(*waiting)
                waiting = next(results, None)
            writer.write_names()
    sides = {language: _hash_files(directory / language) for language in sorted(cleaned)}
    groups = MeaningGroups.of(sides.values())
    groups.save(directory)
    for language, (sources, _) in sides.items():
        _write_groups(directory / language, groups, sources)
    return groups


class SpilledPairs:
    """The pairs of one language, as `spill_pairs` wrote them."""

    def __init__(self, directory: Path, language: str) -> None:
        self.language = language
        path = directory / language
        self._texts = {name: TextColumn(path / name) for name in _TEXTS}
        self._groups = mapped_integers(path / _GROUPS)
        self.names: Sequence[str] = ()
        """Names that may replace another one in an edited negative, sorted."""
        if (path / f"{_NAMES}.ends").exists():
            self.names = TextColumn(path / _NAMES)

    def columns(self, rows: range) -> PairColumns:
        """All pairs; those in `rows` are read at once, the others when they are asked for."""
        windows = {name: Window(column, rows) for name, column in self._texts.items()}
        return PairColumns(
            self.language,
            windows["pair_id"],
            windows["source"],
            windows["target"],
            self._groups,
            windows["corpus"],
        )


class _Group(NamedTuple):
    """A row group of the pairs of one language."""

    language: str
    rows: tables.RowGroup


class _Hashed(NamedTuple):
    """The hashes of the sentences of a row group, and the names that both sides have."""

    sources: Sentences
    targets: Sentences
    names: list[str]


@dataclass(frozen=True)
class _ReadGroup:
    """Reads a row group in any process."""

    pivot: str
    hash_sentences: HashSentences
    with_names: frozenset[str]

    def __call__(self, group: _Group) -> _Hashed:
        sources = [np.empty(0, np.int64)]
        targets = [np.empty(0, np.int64)]
        names: list[str] = []
        for batch in group.rows.batches("source", "target"):
            source = batch.column("source")
            target = batch.column("target")
            sources.append(self.hash_sentences(self.pivot, source))
            targets.append(self.hash_sentences(group.language, target))
            if group.language in self.with_names:
                pairs = zip(source.to_pylist(), target.to_pylist(), strict=True)
                names += shared_names(pairs)
        return _Hashed(np.concatenate(sources), np.concatenate(targets), names)


class _LanguageWriter:
    """Writes the files of one language, which are open until `files` closes them."""

    def __init__(self, directory: Path, files: contextlib.ExitStack) -> None:
        directory.mkdir(parents=True)
        self._directory = directory
        self._texts = {}
        for name in _TEXTS:
            self._texts[name] = files.enter_context(TextColumnWriter(directory / name))
        self._sources = files.enter_context((directory / _SOURCES).open("wb"))
        self._targets = files.enter_context((directory / _TARGETS).open("wb"))
        self._names = NameCollector()

    def add(self, group: _Group, hashed: _Hashed) -> None:
        """Append a row group."""
        # Reading the texts again costs less than sending them between processes.
        for batch in group.rows.batches(*_TEXTS):
            for name, writer in self._texts.items():
                writer.add(batch.column(name))
        write_array(self._sources, hashed.sources)
        write_array(self._targets, hashed.targets)
        self._names.add(hashed.names)

    def write_names(self) -> None:
        """Write the names of all row groups, if there are any."""
        names = self._names.sorted()
        if len(names):
            with TextColumnWriter(self._directory / _NAMES) as writer:
                writer.add(names)


def _hash_files(directory: Path) -> tuple[Sentences, Sentences]:
    return _mapped(directory / _SOURCES), _mapped(directory / _TARGETS)


def _mapped(path: Path) -> Sentences:
    return np.frombuffer(mapped_integers(path), dtype=np.int64)


def _write_groups(directory: Path, groups: MeaningGroups, sources: Sentences) -> None:
    """The group of each pair, which is that of its source."""
    with (directory / _GROUPS).open("wb") as file:
        for part in chunks(len(sources)):
            write_array(file, groups.find(sources[part]))
    for name in (_SOURCES, _TARGETS):
        (directory / name).unlink()
