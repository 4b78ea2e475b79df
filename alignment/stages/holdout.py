"""holdout: the evaluation suites of all languages, and what each language must not train on."""

from __future__ import annotations

import functools
import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from alignment import tables
from alignment.cleaning import columns
from alignment.cleaning.batch import Context
from alignment.cleaning.clean import suite_rows
from alignment.cleaning.contamination import SuiteIndex
from alignment.cleaning.split import held_out
from alignment.config import Clean, Holdout, is_disabled
from alignment.corpora import Source, open_source
from alignment.downloads import Downloads
from alignment.errors import Contaminated, EmptyCorpus
from alignment.files import write_json
from alignment.stages.clean import PARALLEL_FROM, context_of
from alignment.stages.pull import describe, inputs
from alignment.stages.pull import rows as pair_rows
from alignment.store import Store
from alignment.types import Artifact
from alignment.workers import ordered, processors

REVISION = 3
HELDOUT = "heldout"
CONTAMINATION = "contamination.json"
EXAMPLES = 3  # per language and suite
logger = logging.getLogger(__name__)

# Suites of the user's are judged as they are: only empty rows are left out of them.
AS_GIVEN = Clean(filters=())


def holdout(
    store: Store,
    pulled: Mapping[str, Artifact],
    config: Holdout,
    limits: Mapping[str, Clean],
    *,
    downloads: Downloads,
    pivot: str,
    seed: int,
) -> Artifact:
    """`suites/<suite>/<language>.parquet`, `blocked/<language>.parquet`, `contamination.json`.

    `blocked` holds the fingerprints of a language's own training sentences (either side) that stand
    in a suite of *any* language: what depends on it changes only when the leak does.

    Raises:
        EmptyCorpus: if no suite has a single pair.
        Contaminated: if training text stands in a suite and the configuration refuses that.
    """
    suites = {
        name: corpus for name, corpus in sorted(config.suites.items()) if not is_disabled(corpus)
    }
    sources: dict[str, Source] = {
        name: open_source(corpus, downloads, pivot) for name, corpus in suites.items()
    }

    def work(out: Path) -> dict[str, int]:
        counts: dict[str, int] = {}
        for language, artifact in pulled.items():
            if config.share > 0:
                pairs = artifact.path / "pairs.parquet"
                context = context_of(pairs, limits[language], pivot, language)
                # The same hash with a smaller share gives a part of the same sentences.
                share = min(config.share, config.max_pairs / artifact.counts["pairs"])
                kept = suite_rows(
                    tables.batches(pairs), limits[language], context, share=share, seed=seed
                )
                _write(out, HELDOUT, language, kept, counts)
            for name, source in sources.items():
                named = suites[name].model_copy(update={"name": name})
                raw = tables.in_batches(pair_rows(named, source, language, pivot), tables.PAIRS)
                _write(
                    out,
                    name,
                    language,
                    suite_rows(raw, AS_GIVEN, Context(), share=None, seed=seed),
                    counts,
                )
        if not counts:
            raise EmptyCorpus(
                "no suite has any pair", where="holdout", hint="Raise holdout.share or add a suite."
            )
        index = suite_index(out / "suites", config.overlap)
        leaks = {}
        for language, artifact in pulled.items():
            found = _leaks(artifact, index, config.share, seed)
            _write_blocked(out / "blocked" / f"{language}.parquet", found.hashes)
            counts[f"blocked:{language}"] = len(found.hashes)
            leaks[language] = {
                "sentences": dict(sorted(found.counts.items())),
                "examples": found.examples,
            }
        if config.contamination == "refuse":
            _refuse(leaks)
        write_json(out / CONTAMINATION, leaks)
        return counts

    slice_ = {
        "share": config.share,
        "max_pairs": config.max_pairs,
        "pivot": pivot,
        "suites": {name: describe(corpus) for name, corpus in suites.items()},
        "limits": {
            language: limits[language].model_dump(mode="json", exclude={"language_model"})
            for language in pulled
        },
        "contamination": config.contamination,
        "overlap": config.overlap,
    }
    given = {f"pull:{language}": artifact.input() for language, artifact in pulled.items()}
    for language in pulled:
        given |= inputs({suites[name]: source for name, source in sources.items()}, language)
    return store.build("holdout", work, revision=REVISION, config=slice_, inputs=given, seed=seed)


def suites_of(artifact: Artifact, language: str) -> list[str]:
    """Names of the suites that have `language`, the held-out one first."""
    names = [
        name.split("/")[1]
        for name in artifact.files
        if name.startswith("suites/") and name.endswith(f"/{language}.parquet")
    ]
    return sorted(names, key=lambda name: (name != HELDOUT, name))


def _write(
    out: Path, suite: str, language: str, rows: Iterator[pa.RecordBatch], counts: dict[str, int]
) -> None:
    path = out / "suites" / suite / f"{language}.parquet"
    total = tables.write_batches(path, tables.PAIRS, rows)
    if total == 0:
        path.unlink()
        return
    counts[f"{suite}:{language}"] = total
    logger.info("holdout %s %s: %d pairs", suite, language, total)


class Index(NamedTuple):
    """All suites' sentences, and what their labels stand for."""

    suites: SuiteIndex
    labels: list[str]
    """`tatoeba:fi`, by number."""


def suite_index(suites: Path, overlap: float | None) -> Index:
    """Both sides of every suite of every language."""
    labels: list[str] = []
    texts: list[str] = []
    numbers: list[int] = []
    for path in sorted(suites.rglob("*.parquet")):
        for side in tables.read_columns(path, "source", "target"):
            texts += side
            numbers += [len(labels)] * len(side)
        labels.append(f"{path.parent.name}:{path.stem}")
    compared = columns.comparables(columns.from_strings(texts))
    return Index(SuiteIndex(compared, np.array(numbers, dtype=np.int64), overlap), labels)


class _Leaks(NamedTuple):
    hashes: np.ndarray
    """Of the sentences to keep out, sorted (n,) int64."""
    counts: Counter[str]
    """Sentences by the suite that they stand in."""
    examples: dict[str, list[str]]


def _leaks(pulled: Artifact, index: Index, share: float, seed: int) -> _Leaks:
    """The language's training sentences that stand in a suite; the held-out share is kept apart anyway."""
    look = functools.partial(_look, suites=index.suites, share=share, seed=seed)
    workers = processors() if pulled.counts["pairs"] >= PARALLEL_FROM else 1
    counts: Counter[str] = Counter()
    examples: dict[str, list[str]] = {}
    blocked: set[int] = set()
    parts = tables.row_groups(pulled.path / "pairs.parquet")
    for found in ordered(parts, look, workers):
        for hashes, labels, texts in found:
            for value, label, text in zip(hashes.tolist(), labels.tolist(), texts, strict=True):
                if value in blocked:
                    continue
                blocked.add(value)
                name = index.labels[label]
                counts[name] += 1
                if len(shown := examples.setdefault(name, [])) < EXAMPLES:
                    shown.append(text)
    return _Leaks(np.array(sorted(blocked), dtype=np.int64), counts, examples)


class _Leaking(NamedTuple):
    """Sentences of one side of a batch that stand in a suite."""

    hashes: np.ndarray
    labels: np.ndarray
    texts: list[str]


def _look(part: tables.RowGroup, suites: SuiteIndex, share: float, seed: int) -> list[_Leaking]:
    return [
        found
        for batch in part.batches("source", "target")
        for found in _look_at(batch, suites, share, seed)
    ]


def _look_at(batch: pa.RecordBatch, suites: SuiteIndex, share: float, seed: int) -> list[_Leaking]:
    normal = [
        columns.normalized(columns.from_arrow(batch.column(side))) for side in ("source", "target")
    ]
    compared = [columns.comparables(texts) for texts in normal]
    hashes = [columns.fingerprints(texts) for texts in compared]
    apart = held_out(hashes[0], share, seed)
    found = []
    for texts, forms, own in zip(normal, compared, hashes, strict=True):
        rows, labels = suites.leaks(forms)
        kept = ~apart[rows]
        found.append(
            _Leaking(own[rows[kept]], labels[kept], columns.take(texts, rows[kept]).strings())
        )
    return found


def _write_blocked(path: Path, hashes: np.ndarray) -> None:
    batch = pa.RecordBatch.from_arrays([pa.array(hashes, pa.int64())], schema=tables.BLOCKED)
    tables.write_batches(path, tables.BLOCKED, [batch])


def _refuse(leaks: Mapping[str, dict[str, Any]]) -> None:
    """Stop if anything leaks.

    Raises:
        Contaminated: with the counts and an example of each.
    """
    lines = [
        f"{language}: {count} sentences of {name}, such as {found['examples'][name][0]!r}"
        for language, found in leaks.items()
        for name, count in found["sentences"].items()
    ]
    if lines:
        raise Contaminated(
            "training text stands in evaluation suites:\n  " + "\n  ".join(lines),
            where="holdout.contamination",
            hint="Set it to remove to leave that text out, or take the suite or the corpus away.",
        )
