"""triplets: meaning groups over all languages, then one mismatched translation per pair and direction."""

from __future__ import annotations

import functools
import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from alignment import tables
from alignment.cleaning import columns as text_columns
from alignment.config import PrebuiltTripletsCorpus, Triplets
from alignment.corpora import corpus_name, tabular
from alignment.errors import EmptyCorpus
from alignment.files import file_digest, write_json
from alignment.stages.holdout import suite_index
from alignment.store import Store
from alignment.triplets.audit import GuardCounts, NegativeStats
from alignment.triplets.build import BuildOptions, CorpusUsage, PairColumns, build_triplets
from alignment.triplets.candidates import CandidateTable
from alignment.triplets.groups import MeaningGroups, Sentences
from alignment.triplets.prebuilt import (
    GuardedTriplets,
    PrebuiltTriplet,
    guard_prebuilt,
    read_prebuilt,
)
from alignment.types import Artifact, FilterReport, Input
from alignment.workers import ordered, processors

REVISION = 7
PART = 8192  # pairs that a process takes at a time
PARALLEL_FROM = 20_000  # pairs: below, starting processes costs more than they bring
logger = logging.getLogger(__name__)


def triplets(
    store: Store,
    cleaned: Mapping[str, Artifact],
    mined: Mapping[str, Artifact],
    settings: Mapping[str, Triplets],
    *,
    uses: Mapping[str, CorpusUsage],
    margin: float,
    pivot: str,
    seed: int,
    ready: Sequence[PrebuiltTripletsCorpus] = (),
    holdout: Artifact | None = None,
) -> Artifact:
    """`triplets.parquet` and `audit.json`. `holdout` is needed for `ready` triplets: no suite's sentence may be in them.

    All languages together, because two sentences can be one meaning through a third language. What
    costs time (the candidates) is done per language before.

    Raises:
        EmptyCorpus: if not one triplet can be built.
    """

    def work(out: Path) -> dict[str, int]:
        description, audits = (
            NegativeStats(margin, pivot),
            {language: GuardCounts() for language in sorted(cleaned)},
        )
        reports: dict[str, FilterReport] = {}
        with tempfile.TemporaryDirectory(dir=out, prefix=".") as scratch:
            groups = _meanings(cleaned, pivot)
            groups.save(Path(scratch))
            parts = _parts(cleaned, mined, settings)
            build = functools.partial(
                _build, groups=Path(scratch), uses=uses, margin=margin, pivot=pivot, seed=seed
            )
            workers = processors() if sum(len(part.rows) for part in parts) >= PARALLEL_FROM else 1

            def batches() -> Iterator[pa.RecordBatch]:
                for part, found in zip(parts, ordered(parts, build, workers), strict=True):
                    audits[part.language].add(found.audit)
                    description.merge(found.description)
                    yield from found.batches
                own = sum(sum(audit.built.values()) for audit in audits.values())
                for corpus in ready:
                    guarded_rows = _ready(corpus, holdout, groups, settings, own)
                    reports[corpus_name(corpus)] = guarded_rows.report
                    description.add(guarded_rows.rows)
                    yield from tables.in_batches(guarded_rows.rows, tables.TRIPLETS)

            total = tables.write_batches(out / "triplets.parquet", tables.TRIPLETS, batches())
        if total == 0:
            raise EmptyCorpus(
                "not one triplet could be built",
                where="triplets",
                hint="There must be at least two pairs of different meaning per language; or raise triplets.max_chrf.",
            )
        guards = {language: asdict(audit) for language, audit in audits.items()}
        ledgers = {name: asdict(report) for name, report in reports.items()}
        write_json(
            out / "audit.json",
            {"margin": margin, **description.finished(), "languages": guards, "ready": ledgers},
        )
        logger.info("triplets: %d", total)
        built = {
            f"triplets:{language}": sum(audit.built.values()) for language, audit in audits.items()
        }
        return {
            "triplets": total,
            **built,
            **{f"ready:{name}": report.kept for name, report in reports.items()},
        }

    config = {
        "pivot": pivot,
        "margin": margin,
        "uses": {name: use._asdict() for name, use in sorted(uses.items())},
        "settings": {
            language: settings[language].model_dump(exclude={"curriculum"}) for language in cleaned
        },
    }
    given = {f"clean:{language}": artifact.input() for language, artifact in cleaned.items()}
    given |= {f"mine:{language}": artifact.input() for language, artifact in mined.items()}
    if ready and holdout is not None:
        config["ready"] = [corpus.model_dump(mode="json", exclude={"path"}) for corpus in ready]
        given |= {
            f"ready:{corpus_name(corpus)}": Input(file_digest(corpus.path), corpus.path)
            for corpus in ready
        }
        given["suites"] = holdout.directory("suites")
    return store.build("triplets", work, revision=REVISION, config=config, inputs=given, seed=seed)


def _meanings(cleaned: Mapping[str, Artifact], pivot: str) -> MeaningGroups:
    """Over the pairs of all languages."""
    return MeaningGroups.of(
        (_sentences(pivot, source), _sentences(language, target))
        for language, artifact in sorted(cleaned.items())
        for source, target in [
            tables.read_columns(artifact.path / "pairs.parquet", "source", "target")
        ]
    )


class _Part(NamedTuple):
    """Some pairs of one language: what one process builds at a time."""

    language: str
    cleaned: Path
    mined: Path
    settings: Triplets
    rows: range


class _Built(NamedTuple):
    """The triplets of a part, with what there is to say of them."""

    batches: list[pa.RecordBatch]
    audit: GuardCounts
    description: NegativeStats


def _parts(
    cleaned: Mapping[str, Artifact], mined: Mapping[str, Artifact], settings: Mapping[str, Triplets]
) -> list[_Part]:
    found = []
    for language, artifact in sorted(cleaned.items()):
        pairs, candidates = (
            artifact.path / "pairs.parquet",
            mined[language].path / "candidates.parquet",
        )
        total = pq.read_metadata(pairs).num_rows
        for first in range(0, total, PART):
            rows = range(first, min(first + PART, total))
            found.append(_Part(language, pairs, candidates, settings[language], rows))
    return found


def _build(
    part: _Part,
    *,
    groups: Path,
    uses: Mapping[str, CorpusUsage],
    margin: float,
    pivot: str,
    seed: int,
) -> _Built:
    texts, meanings = _texts(part.language, part.cleaned, groups, pivot)
    audit, description = GuardCounts(), NegativeStats(margin, pivot)

    def meaning(language: str, text: str) -> int:
        return int(meanings.find(_sentences(language, [text]))[0])

    rows = list(
        build_triplets(
            texts,
            CandidateTable(part.mined, part.rows),
            BuildOptions(part.settings, pivot, seed, meaning, uses),
            audit,
            rows=part.rows,
        )
    )
    description.add(rows)
    return _Built(list(tables.in_batches(rows, tables.TRIPLETS)), audit, description)


@functools.lru_cache(maxsize=1)  # the next part is often of the same language
def _texts(
    language: str, cleaned: Path, groups: Path, pivot: str
) -> tuple[PairColumns, MeaningGroups]:
    """One language's pairs with the meaning group of each."""
    ids, sources, targets, corpora = tables.read_columns(
        cleaned, "pair_id", "source", "target", "corpus"
    )
    meanings = MeaningGroups.load(groups)
    own = meanings.find(_sentences(pivot, sources)).tolist()
    return PairColumns(language, ids, sources, targets, own, corpora), meanings


def check_prebuilt(corpora: Sequence[PrebuiltTripletsCorpus]) -> None:
    """Refuse files of prebuilt triplets that lack a column, before anything costs time.

    Raises:
        ConfigError: with the columns that are there.
    """
    for corpus in corpora:
        named = corpus.columns.model_dump()
        tabular.check_columns(corpus.path, list(named.values()), tuple(named))


def _ready(
    corpus: PrebuiltTripletsCorpus,
    holdout: Artifact | None,
    groups: MeaningGroups,
    settings: Mapping[str, Triplets],
    mined: int,
) -> GuardedTriplets:
    """The triplets of one corpus that pass; sentences that no pair has get groups of their own."""
    columns = (corpus.columns.anchor, corpus.columns.positive, corpus.columns.negative)
    found = list(read_prebuilt(tabular.rows(corpus.path, list(columns)), columns))
    sides = [
        text_columns.normalized(text_columns.from_strings(side))
        for side in zip(*found, strict=True)
    ]
    if not sides:
        return GuardedTriplets([], FilterReport(0, 0, {}))
    leaks = np.zeros(len(found), dtype=bool)
    if holdout is not None:
        suites = suite_index(holdout.path / "suites", None).suites
        for side in sides:
            leaks[suites.leaks(text_columns.comparables(side)).rows] = True
    normal = [
        PrebuiltTriplet(*texts) for texts in zip(*(side.strings() for side in sides), strict=True)
    ]

    def group(language: str, text: str) -> int:
        return int(groups.find(_sentences(language, [text]))[0])

    most = round(corpus.share / (1 - corpus.share) * mined)
    limit = max((own.max_chrf for own in settings.values()), default=100.0)
    languages = (corpus.anchor_language, corpus.language)
    return guard_prebuilt(
        normal, leaks.tolist(), languages, group, max_chrf=limit, limit=most, weight=corpus.weight
    )


def _sentences(language: str, texts: Sequence[str]) -> Sentences:
    """Hashes of sentences (n,); texts without letters or digits are told apart by the text itself."""
    compared = text_columns.comparables(text_columns.from_strings(texts))
    salt = np.uint64(xxhash.xxh3_64_intdigest(language.encode()))
    hashes = (text_columns.fingerprints(compared).view(np.uint64) ^ salt).view(np.int64)
    for row in np.flatnonzero(compared.lengths == 0).tolist():
        value = np.uint64(xxhash.xxh3_64_intdigest(f"{language}:{texts[row]}".encode()))
        hashes[row] = value.view(np.int64)
    return hashes
