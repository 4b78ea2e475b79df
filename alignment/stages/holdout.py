"""holdout: the evaluation suites of all languages, and what each language must not train on."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from alignment import layout, tables
from alignment.cleaning.batch import Context
from alignment.cleaning.clean import suite_rows
from alignment.cleaning.corpus_context import corpus_context
from alignment.cleaning.leaks import CorpusLeaks, find_leaks, read_suites
from alignment.config import Clean, Corpus, Holdout, is_disabled
from alignment.config.cleaning import NOT_CONTENT
from alignment.context import RunContext
from alignment.corpora import Source, open_source
from alignment.errors import Contaminated, EmptyCorpus
from alignment.files import write_json
from alignment.pairs import corpus_settings, pair_rows, source_inputs
from alignment.types import Artifact, Counts

REVISION = 7
NO_FILTERS = Clean(filters=())
"""The user's own suites are taken as they are, except for empty rows."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class HoldoutCounts(Counts):
    """Pairs of each suite and language, and the training sentences that are in a suite."""

    suites: dict[str, dict[str, int]] = field(default_factory=dict)
    blocked: dict[str, int] = field(default_factory=dict)


def holdout(
    context: RunContext,
    pulled: Mapping[str, Artifact],
    config: Holdout,
    limits: Mapping[str, Clean],
) -> Artifact:
    """`suites/<suite>/<language>.parquet`, `blocked/<language>.parquet`, `contamination.json`.

    `blocked` holds the fingerprints of the language's own training sentences, of either side, that
    are in a suite of *any* language. A stage that depends on it is redone only when they change.

    Raises:
        EmptyCorpus: if no suite has a single pair.
        Contaminated: if training text is in a suite and `holdout.contamination` is `refuse`.
    """
    suites: dict[str, Corpus] = {}
    sources: dict[str, Source] = {}
    for name, corpus in sorted(config.suites.items()):
        if not is_disabled(corpus):
            suites[name] = corpus
            sources[name] = open_source(corpus, context.downloads, context.pivot, context.languages)

    def work(out: Path) -> HoldoutCounts:
        counts = HoldoutCounts()
        for language, artifact in pulled.items():
            if config.share > 0:
                rows = _heldout_rows(context, artifact, config, limits[language], language)
                _write_suite(out, layout.HELDOUT, language, rows, counts)
            for name, source in sources.items():
                corpus = suites[name].model_copy(update={"name": name})
                pairs = pair_rows(corpus, source, language, context.pivot)
                rows = _user_rows(tables.in_batches(pairs, tables.PAIRS), context.seed)
                _write_suite(out, name, language, rows, counts)
        if not counts.suites:
            raise EmptyCorpus(
                "no suite has any pair", where="holdout", hint="Raise holdout.share or add a suite."
            )
        _find_contamination(out, pulled, config, counts, context.seed)
        return counts

    inputs = {f"pull:{language}": artifact.input() for language, artifact in pulled.items()}
    for language in pulled:
        inputs |= source_inputs({suites[name]: sources[name] for name in suites}, language)
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
        },
        inputs=inputs,
        seed=context.seed,
    )


def _heldout_rows(
    context: RunContext, pulled: Artifact, config: Holdout, limits: Clean, language: str
) -> Iterator[pa.RecordBatch]:
    """The share of one language's pairs that is evaluated on: at most about `max_pairs`."""
    pairs = pulled.path / layout.PAIRS
    corpus = corpus_context(pairs, limits, context.pivot, language)
    # The same hash with a smaller share selects a subset of the held-out sentences.
    share = min(config.share, config.max_pairs / tables.count_rows(pairs))
    return suite_rows(tables.batches(pairs), limits, corpus, share=share, seed=context.seed)


def _user_rows(batches: Iterator[pa.RecordBatch], seed: int) -> Iterator[pa.RecordBatch]:
    return suite_rows(batches, NO_FILTERS, Context(), share=None, seed=seed)


def _write_suite(
    out: Path, suite: str, language: str, rows: Iterator[pa.RecordBatch], counts: HoldoutCounts
) -> None:
    path = out / layout.suite_file(suite, language)
    total = tables.write_batches(path, tables.PAIRS, rows)
    if total == 0:
        path.unlink()
        return
    counts.suites.setdefault(suite, {})[language] = total
    logger.info("holdout %s %s: %d pairs", suite, language, total)


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
        suites = read_suites(out / layout.SUITES, config.overlap).save(scratch / "index")
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
