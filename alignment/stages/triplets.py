"""triplets: meaning groups over all languages, then one mismatched translation per pair and direction."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from alignment import tables
from alignment.cleaning import columns as text_columns
from alignment.config import Triplets, TripletsCorpus
from alignment.corpora import corpus_name, tabular
from alignment.errors import EmptyCorpus
from alignment.stages.holdout import suite_index
from alignment.store import Store, file_digest, write_json
from alignment.triplets.audit import describe
from alignment.triplets.build import Audit, Texts, Use, build_triplets
from alignment.triplets.candidates import MinedTable
from alignment.triplets.groups import MeaningGroups
from alignment.triplets.ready import Guarded, Ready, guarded, read_ready
from alignment.types import Artifact, FilterReport, Input

REVISION = 5
logger = logging.getLogger(__name__)


def triplets(
    store: Store, cleaned: Mapping[str, Artifact], mined: Mapping[str, Artifact], settings: Mapping[str, Triplets],
    *, uses: Mapping[str, Use], margin: float, pivot: str, seed: int,
    ready: Sequence[TripletsCorpus] = (), holdout: Artifact | None = None,
) -> Artifact:  # fmt: skip
    """`triplets.parquet` and `audit.json`. `holdout` is needed for `ready` triplets: no suite's sentence may be in them.

    All languages together, because two sentences can be one meaning through a third language. What
    costs time (the candidates) is done per language before.

    Raises:
        EmptyCorpus: if not one triplet can be built.
    """

    def work(out: Path) -> dict[str, int]:
        texts, groups = _texts(cleaned, pivot)
        audits = {language: Audit() for language in texts}

        def rows() -> Iterator[dict[str, Any]]:
            for language, own in texts.items():
                candidates = MinedTable(mined[language].path / "candidates.parquet")
                yield from build_triplets(
                    own, candidates, settings[language], audits[language], uses=uses, seed=seed, pivot=pivot
                )

        reports: dict[str, FilterReport] = {}

        def every() -> Iterator[dict[str, Any]]:
            mined_total = 0
            for row in rows():
                mined_total += 1
                yield row
            for corpus in ready:
                found = _ready(corpus, holdout, groups, settings, mined_total)
                reports[corpus_name(corpus)] = found.report
                yield from found.rows

        total = tables.write(out / "triplets.parquet", tables.TRIPLETS, every())
        if total == 0:
            raise EmptyCorpus(
                "not one triplet could be built", where="triplets",
                hint="There must be at least two pairs of different meaning per language; or raise triplets.max_chrf.",
            )  # fmt: skip
        described = describe(tables.read(out / "triplets.parquet"), margin, pivot)
        guards = {language: asdict(audit) for language, audit in audits.items()}
        ledgers = {name: asdict(report) for name, report in reports.items()}
        write_json(out / "audit.json", {"margin": margin, **described, "languages": guards, "ready": ledgers})
        logger.info("triplets: %d", total)
        built = {f"triplets:{language}": sum(audit.built.values()) for language, audit in audits.items()}
        return {"triplets": total, **built, **{f"ready:{name}": report.kept for name, report in reports.items()}}

    config = {
        "pivot": pivot, "margin": margin,
        "uses": {name: use._asdict() for name, use in sorted(uses.items())},
        "settings": {language: settings[language].model_dump(exclude={"curriculum"}) for language in cleaned},
    }  # fmt: skip
    given = {f"clean:{language}": artifact.input() for language, artifact in cleaned.items()}
    given |= {f"mine:{language}": artifact.input() for language, artifact in mined.items()}
    if ready and holdout is not None:
        config["ready"] = [corpus.model_dump(mode="json", exclude={"path"}) for corpus in ready]
        given |= {f"ready:{corpus_name(corpus)}": Input(file_digest(corpus.path), corpus.path) for corpus in ready}
        given["suites"] = holdout.directory("suites")
    return store.build("triplets", work, revision=REVISION, config=config, inputs=given, seed=seed)


def _texts(cleaned: Mapping[str, Artifact], pivot: str) -> tuple[dict[str, Texts], dict[tuple[str, int], int]]:
    """Each language's pairs with the meaning group of each; and the group of every sentence."""
    columns = {
        language: tables.read_columns(artifact.path / "pairs.parquet", "pair_id", "source", "target", "corpus")
        for language, artifact in sorted(cleaned.items())
    }
    groups = MeaningGroups()
    nodes: dict[str, list[tuple[str, int]]] = {}
    for language, (_, sources, targets, _corpora) in columns.items():
        nodes[language] = _nodes(pivot, sources)
        for source, target in zip(nodes[language], _nodes(language, targets), strict=True):
            groups.add(source, target)
    number = groups.numbered(groups.sentences())
    texts = {
        language: Texts(language, ids, sources, targets, [number[node] for node in nodes[language]], corpora)
        for language, (ids, sources, targets, corpora) in columns.items()
    }
    return texts, number


def check_ready(corpora: Sequence[TripletsCorpus]) -> None:
    """Refuse files of ready triplets that lack a column, before anything costs time.

    Raises:
        ConfigError: with the columns that are there.
    """
    for corpus in corpora:
        named = corpus.columns.model_dump()
        tabular.check_columns(corpus.path, list(named.values()), tuple(named))


def _ready(
    corpus: TripletsCorpus, holdout: Artifact | None, numbers: dict[tuple[str, int], int], settings: Mapping[str, Triplets],
    mined: int,
) -> Guarded:  # fmt: skip
    """The triplets of one corpus that pass; sentences that no pair has get groups of their own."""
    columns = (corpus.columns.anchor, corpus.columns.positive, corpus.columns.negative)
    found = list(read_ready(tabular.rows(corpus.path, list(columns)), columns))
    sides = [text_columns.normalised(text_columns.from_strings(side)) for side in zip(*found, strict=True)]
    if not sides:
        return Guarded([], FilterReport(0, 0, {}))
    leaks = np.zeros(len(found), dtype=bool)
    if holdout is not None:
        suites = suite_index(holdout.path / "suites", None).suites
        for side in sides:
            leaks[suites.leaks(text_columns.comparables(side)).rows] = True
    normal = [Ready(*texts) for texts in zip(*(side.strings() for side in sides), strict=True)]

    def group(language: str, text: str) -> int:
        (node,) = _nodes(language, [text])
        return numbers.setdefault(node, len(numbers))

    most = round(corpus.share / (1 - corpus.share) * mined)
    limit = max((own.max_chrf for own in settings.values()), default=100.0)
    languages = (corpus.anchor_language, corpus.language)
    return guarded(normal, leaks.tolist(), languages, group, max_chrf=limit, most=most, weight=corpus.weight)


def _nodes(language: str, texts: list[str]) -> list[tuple[str, int]]:
    """Sentences; texts without letters or digits are told apart by the text itself."""
    compared = text_columns.comparables(text_columns.from_strings(texts))
    hashes = text_columns.fingerprints(compared).tolist()
    lengths = compared.lengths.tolist()
    return [
        (language, value) if length else (f"{language}:{text}", 0)
        for text, value, length in zip(texts, hashes, lengths, strict=True)
    ]
