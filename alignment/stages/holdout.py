"""holdout: the evaluation suites of all languages, and what each language must not train on."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from alignment import layout, tables
from alignment.cleaning import columns
from alignment.cleaning.batch import Context
from alignment.cleaning.clean import suite_rows
from alignment.cleaning.corpus_context import corpus_context
from alignment.cleaning.leaks import (
    CorpusLeaks,
    LabeledSuites,
    find_leaks,
    leaking_rows,
    read_suites,
)
from alignment.config import Clean, Corpus, Holdout, RetrievalSuite, is_disabled
from alignment.config.cleaning import NOT_CONTENT
from alignment.context import RunContext
from alignment.corpora import Source, open_source
from alignment.errors import Contaminated, EmptyCorpus
from alignment.files import write_json
from alignment.pairs import corpus_settings, pair_rows, source_inputs
from alignment.stages.suite_queries import SuiteQueries, open_queries
from alignment.types import Artifact, Counts

REVISION = 7
NO_RETRIEVAL: Mapping[str, RetrievalSuite] = {}
NO_FILTERS = Clean(filters=())
"""The user's own suites are taken as they are, except for empty rows."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class HoldoutCounts(Counts):
    """Pairs of each suite and language, and the training sentences that are in a suite."""

    suites: dict[str, dict[str, int]] = field(default_factory=dict)
    blocked: dict[str, int] = field(default_factory=dict)
    development: dict[str, dict[str, int]] = field(default_factory=dict)
    """Pairs of each development suite and language."""
    in_suites: dict[str, int] = field(default_factory=dict)
    """Pairs of each development suite that were left out, because a suite of the gate has them."""
    queries: dict[str, dict[str, int]] = field(default_factory=dict)
    """Judged queries of each retrieval suite and language."""


def holdout(
    context: RunContext,
    pulled: Mapping[str, Artifact],
    config: Holdout,
    limits: Mapping[str, Clean],
    retrieval: Mapping[str, RetrievalSuite] = NO_RETRIEVAL,
) -> Artifact:
    """`suites/<suite>/<language>.parquet`, `blocked/<language>.parquet`, `contamination.json`.

    `blocked` holds the fingerprints of the language's own training sentences, of either side, that
    are in a suite of *any* language. A stage that depends on it is redone only when they change.

    Development suites are in `development/<suite>/<language>.parquet`, and their sentences are
    blocked as well. A pair of which a side is in a suite of the gate is left out of them:
    otherwise what is chosen by them would be chosen on the gate's suites.

    The queries of the suites of `retrieval` are in `queries/<suite>/<language>.parquet`, and
    blocked as well. Their documents are not: to read a document is not to know what it answers.

    Raises:
        EmptyCorpus: if no suite has a single pair, or a development suite has none.
        Contaminated: if training text is in a suite, or a development suite has text of a suite of
            the gate, and `holdout.contamination` is `refuse`.
    """
    suites, sources = _opened(context, config.suites)
    queries = open_queries(retrieval, list(pulled), context.downloads)
    developed, development_sources = _opened(context, config.development, config.max_pairs)

    def work(out: Path) -> HoldoutCounts:
        counts = HoldoutCounts()
        for language, artifact in pulled.items():
            if config.share > 0:
                rows = _heldout_rows(context, artifact, config, limits[language], language)
                _write_suite(out, layout.HELDOUT, language, rows, counts)
            for name, source in sources.items():
                rows = _user_rows(suites[name], name, source, language, context)
                _write_suite(out, name, language, rows, counts)
        if not counts.suites:
            raise EmptyCorpus(
                "no suite has any pair", where="holdout", hint="Raise holdout.share or add a suite."
            )
        if developed:
            index = read_suites([out / layout.SUITES], config.overlap)
            for name, source in development_sources.items():
                for language in filter(developed[name].languages.__contains__, pulled):
                    rows = _user_rows(developed[name], name, source, language, context)
                    kept = _without_leaks(rows, index, name, counts)
                    _write_suite(out, name, language, kept, counts, layout.DEVELOPMENT)
                _check_development(name, config, counts)
        _write_queries(out, queries, counts)
        _find_contamination(out, pulled, config, counts, context.seed)
        return counts

    inputs = {f"pull:{language}": artifact.input() for language, artifact in pulled.items()}
    for language in pulled:
        inputs |= source_inputs({suites[name]: sources[name] for name in suites}, language)
        for name, source in development_sources.items():
            for file, entry in source_inputs({developed[name]: source}, language).items():
                inputs[f"development:{name}:{file}"] = entry
    for of_suite in queries:
        inputs |= of_suite.inputs()
    return context.store.build(
        "holdout",
        work,
        revision=REVISION,
        config={
            "share": config.share,
            "max_pairs": config.max_pairs,
            "pivot": context.pivot,
            "suites": {name: corpus_settings(corpus) for name, corpus in suites.items()},
            "limits": {
                language: limits[language].model_dump(mode="json", exclude=set(NOT_CONTENT))
                for language in pulled
            },
            "contamination": config.contamination,
            "overlap": config.overlap,
            **_further_settings(developed, queries),
        },
        inputs=inputs,
        seed=context.seed,
    )


def _further_settings(
    developed: Mapping[str, Corpus], queries: Sequence[SuiteQueries]
) -> dict[str, dict[str, Any]]:
    """Those of development and retrieval suites; without any, the key is what it was before."""
    development = {}
    for name, corpus in developed.items():
        languages = corpus.languages.model_dump(mode="json")
        development[name] = {**corpus_settings(corpus), "languages": languages}
    asked = {of_suite.name: of_suite.content() for of_suite in queries}
    settings = {"development": development, "queries": asked}
    return {key: value for key, value in settings.items() if value}


def _opened(
    context: RunContext, corpora: Mapping[str, Corpus], max_pairs: int | None = None
) -> tuple[dict[str, Corpus], dict[str, Source]]:
    """The suites that are enabled, with a default for `max_pairs`, and where their pairs are."""
    suites: dict[str, Corpus] = {}
    sources: dict[str, Source] = {}
    for name, corpus in sorted(corpora.items()):
        if is_disabled(corpus):
            continue
        if corpus.max_pairs is None and max_pairs is not None:
            corpus = corpus.model_copy(update={"max_pairs": max_pairs})
        suites[name] = corpus
        sources[name] = open_source(corpus, context.downloads, context.pivot, context.languages)
    return suites, sources


def _heldout_rows(
    context: RunContext, pulled: Artifact, config: Holdout, limits: Clean, language: str
) -> Iterator[pa.RecordBatch]:
    """The share of one language's pairs that is evaluated on: at most about `max_pairs`."""
    pairs = pulled.path / layout.PAIRS
    corpus = corpus_context(pairs, limits, context.pivot, language)
    # The same hash with a smaller share selects a subset of the held-out sentences.
    share = min(config.share, config.max_pairs / tables.count_rows(pairs))
    return suite_rows(tables.batches(pairs), limits, corpus, share=share, seed=context.seed)


def _user_rows(
    suite: Corpus, name: str, source: Source, language: str, context: RunContext
) -> Iterator[pa.RecordBatch]:
    corpus = suite.model_copy(update={"name": name})
    pairs = pair_rows(corpus, source, language, context.pivot)
    batches = tables.in_batches(pairs, tables.PAIRS)
    return suite_rows(batches, NO_FILTERS, Context(), share=None, seed=context.seed)


def _without_leaks(
    batches: Iterator[pa.RecordBatch], suites: LabeledSuites, name: str, counts: HoldoutCounts
) -> Iterator[pa.RecordBatch]:
    """The rows of a development suite of which no side is in a suite of the gate."""
    for batch in batches:
        sides = [columns.from_arrow(batch.column(side)) for side in ("source", "target")]
        leaks = leaking_rows(suites, sides)
        counts.in_suites[name] = counts.in_suites.get(name, 0) + int(leaks.sum())
        yield batch.filter(pa.array(~leaks))


def _check_development(name: str, config: Holdout, counts: HoldoutCounts) -> None:
    """Refuse a development suite that has no pair, or, if asked for, one with text of the gate's.

    Raises:
        EmptyCorpus: if it has none.
        Contaminated: if some of its text is in a suite of the gate.
    """
    where = f"holdout.development.{name}"
    left_out = counts.in_suites.get(name, 0)
    if left_out and config.contamination == "refuse":
        raise Contaminated(
            f"{left_out:,} pairs of the development suite are also in suites of the gate",
            where=where,
            hint="Set holdout.contamination: remove to leave them out of the development suite.",
        )
    if name in counts.development:
        return
    if left_out:
        raise EmptyCorpus(
            f"all {left_out:,} pairs of the development suite are also in suites of the gate",
            where=where,
            hint="What is chosen on the gate's suites proves nothing there. Use other text.",
        )
    raise EmptyCorpus(
        "the development suite has no pair in any language of this configuration",
        where=where,
        hint="Compare its languages and columns with the configuration's languages.",
    )


def _write_suite(
    out: Path,
    suite: str,
    language: str,
    rows: Iterator[pa.RecordBatch],
    counts: HoldoutCounts,
    directory: str = layout.SUITES,
) -> None:
    path = out / layout.suite_file(suite, language, directory)
    total = tables.write_batches(path, tables.PAIRS, rows)
    if total == 0:
        path.unlink()
        return
    by_suite = counts.development if directory == layout.DEVELOPMENT else counts.suites
    by_suite.setdefault(suite, {})[language] = total
    logger.info("holdout %s %s: %d pairs", suite, language, total)


def _write_queries(out: Path, queries: Sequence[SuiteQueries], counts: HoldoutCounts) -> None:
    for of_suite in queries:
        by_language = counts.queries.setdefault(of_suite.suite, {})
        by_language[of_suite.language] = of_suite.write(out)


def _find_contamination(
    out: Path,
    pulled: Mapping[str, Artifact],
    config: Holdout,
    counts: HoldoutCounts,
    seed: int,
) -> None:
    """Write what each language must not train on, and the report of it."""
    leaks: dict[str, CorpusLeaks] = {}
    with tempfile.TemporaryDirectory(dir=out, prefix=".") as directory:
        scratch = Path(directory)
        directories = [out / layout.SUITES, out / layout.DEVELOPMENT, out / layout.QUERIES]
        suites = read_suites(directories, config.overlap).save(scratch / "index")
        for language, artifact in pulled.items():
            pairs = artifact.path / layout.PAIRS
            of_language = find_leaks(pairs, suites, config.share, seed, scratch=scratch)
            _write_blocked(out / layout.blocked_file(language), of_language.hashes)
            counts.blocked[language] = len(of_language.hashes)
            leaks[language] = of_language._replace(hashes=np.empty(0, np.int64))  # written already
    if config.contamination == "refuse":
        _refuse(leaks)
    report = {
        language: {"sentences": dict(sorted(leak.counts.items())), "examples": leak.examples}
        for language, leak in leaks.items()
    }
    write_json(out / layout.CONTAMINATION, report)


def _write_blocked(path: Path, hashes: np.ndarray) -> None:
    batch = pa.RecordBatch.from_arrays([pa.array(hashes, pa.int64())], schema=tables.BLOCKED)
    tables.write_batches(path, tables.BLOCKED, [batch])


def _refuse(leaks: Mapping[str, CorpusLeaks]) -> None:
    """Stop if anything leaks.

    Raises:
        Contaminated: with the counts and an example for each suite.
    """
    lines = []
    for language, leak in leaks.items():
        for name, count in sorted(leak.counts.items()):
            example = leak.examples[name][0]
            lines.append(f"{language}: {count} sentences of {name}, such as {example!r}")
    if lines:
        raise Contaminated(
            "training text is in evaluation suites:\n  " + "\n  ".join(lines),
            where="holdout.contamination",
            hint="Set it to `remove` to leave that text out, or remove the suite or the corpus.",
        )
