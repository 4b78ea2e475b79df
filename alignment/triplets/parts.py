"""Building triplets in parts of a language's pairs, which several processes can share."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from alignment import layout, tables
from alignment.config import Triplets
from alignment.triplets.audit import GuardCounts, NegativeStats
from alignment.triplets.build import BuildOptions, CorpusUsage, build_triplets
from alignment.triplets.candidates import CandidateTable
from alignment.triplets.groups import MeaningGroups
from alignment.triplets.prebuilt import GuardedTriplets
from alignment.triplets.spilled_pairs import HashSentences, SpilledPairs
from alignment.types import Artifact, FilterReport
from alignment.workers import available_cpus, ordered

PART = 8192
"""Pairs that a process takes at a time."""
PARALLEL_FROM = 20_000
"""Pairs; starting processes for fewer takes longer than it saves."""


class Part(NamedTuple):
    """Some pairs of one language, with the files that hold them and their candidates."""

    language: str
    pairs: Path
    candidates: Path
    settings: Triplets
    rows: range


class BuiltPart(NamedTuple):
    """The triplets of a part, and what there is to report about them."""

    batches: list[pa.RecordBatch]
    audit: GuardCounts
    description: NegativeStats


def split_into_parts(
    cleaned: Mapping[str, Artifact], mined: Mapping[str, Artifact], settings: Mapping[str, Triplets]
) -> list[Part]:
    """The pairs of all languages in parts of `PART` rows, sorted by language."""
    parts = []
    for language, artifact in sorted(cleaned.items()):
        pairs = artifact.path / layout.PAIRS
        candidates = mined[language].path / layout.CANDIDATES
        total = tables.count_rows(pairs)
        for first in range(0, total, PART):
            rows = range(first, min(first + PART, total))
            parts.append(Part(language, pairs, candidates, settings[language], rows))
    return parts


def group_lookup(groups: MeaningGroups, hash_sentences: HashSentences) -> Callable[[str, str], int]:
    """A function from a language and a text to the text's meaning group."""

    def lookup(language: str, text: str) -> int:
        return int(groups.find(hash_sentences(language, [text]))[0])

    return lookup


@dataclass(frozen=True)
class PartBuilder:
    """Builds the triplets of a part in any process.

    The pairs and their meaning groups are read from the directory `spilled`, where `spill_pairs`
    wrote them.
    """

    spilled: Path
    uses: Mapping[str, CorpusUsage]
    margin: float
    pivot: str
    seed: int
    hash_sentences: HashSentences

    def __call__(self, part: Part) -> BuiltPart:
        """The triplets of one part."""
        pairs = _pairs(self.spilled, part.language)
        groups = _groups(self.spilled)
        audit = GuardCounts()
        description = NegativeStats(self.margin, self.pivot)
        options = BuildOptions(
            part.settings,
            self.pivot,
            self.seed,
            group_lookup(groups, self.hash_sentences),
            self.uses,
            pairs.names,
        )
        triplets = build_triplets(
            pairs.columns(part.rows),
            CandidateTable(part.candidates, part.rows),
            options,
            audit,
            rows=part.rows,
        )
        rows = list(triplets)
        description.add(rows)
        return BuiltPart(list(tables.in_batches(rows, tables.TRIPLETS)), audit, description)


def build_parts(parts: Sequence[Part], builder: PartBuilder) -> Iterator[tuple[Part, BuiltPart]]:
    """Every part with its triplets, in order, using all cores when there are many pairs."""
    total = sum(len(part.rows) for part in parts)
    workers = available_cpus() if total >= PARALLEL_FROM else 1
    try:
        yield from zip(parts, ordered(parts, builder, workers), strict=True)
    finally:
        # Open files would keep their room on the disk after they are deleted.
        _pairs.cache_clear()
        _groups.cache_clear()


class TripletAudit:
    """What there is to report about the triplets of all languages: `audit.json`."""

    def __init__(
        self, languages: Sequence[str], margin: float, pivot: str, scratch: Path | None = None
    ) -> None:
        self.margin = margin
        self._description = NegativeStats(margin, pivot, scratch)
        self._guards = {language: GuardCounts() for language in languages}
        self._prebuilt: dict[str, FilterReport] = {}

    def add_part(self, part: Part, built: BuiltPart) -> None:
        """Add the triplets that were built from pairs."""
        self._guards[part.language].add(built.audit)
        self._description.merge(built.description)

    def add_prebuilt(self, corpus: str, allowed: GuardedTriplets) -> None:
        """Add the triplets of a prebuilt corpus."""
        self._prebuilt[corpus] = allowed.report
        self._description.add(allowed.rows)

    def triplets_by_language(self) -> dict[str, int]:
        """Triplets built from the pairs of each language."""
        return {language: sum(audit.built.values()) for language, audit in self._guards.items()}

    def triplets_by_corpus(self) -> dict[str, int]:
        """Triplets taken from each prebuilt corpus."""
        return {corpus: report.kept for corpus, report in self._prebuilt.items()}

    def to_json(self) -> dict[str, Any]:
        """Statistics of the negatives, what the guards refused, and the prebuilt corpora."""
        return {
            "margin": self.margin,
            **self._description.finished(),
            "languages": {language: asdict(audit) for language, audit in self._guards.items()},
            "prebuilt": {corpus: asdict(report) for corpus, report in self._prebuilt.items()},
        }


@functools.lru_cache(maxsize=1)  # consecutive parts are usually of the same language
def _pairs(spilled: Path, language: str) -> SpilledPairs:
    return SpilledPairs(spilled, language)


@functools.lru_cache(maxsize=1)
def _groups(spilled: Path) -> MeaningGroups:
    return MeaningGroups.load(spilled)
