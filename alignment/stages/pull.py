"""pull: all pairs that the configured corpora have for one language, in one schema."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alignment import languages, layout, tables
from alignment.checks.excerpts import ExcerptSampler
from alignment.config import Corpus
from alignment.context import RunContext
from alignment.corpora import Source, open_source
from alignment.errors import EmptyCorpus
from alignment.pairs import corpus_settings, pair_rows, source_inputs
from alignment.types import Artifact, Counts

REVISION = 4
MAX_LISTED = 40  # languages of a corpus that an error names
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PullCounts(Counts):
    """Pairs of one language."""

    pairs: int
    by_corpus: dict[str, int]


def pull(context: RunContext, language: str, corpora: tuple[Corpus, ...]) -> Artifact:
    """`pairs.parquet` and `excerpts.parquet` of one language.

    Raises:
        EmptyCorpus: if no corpus has the language, with the languages that each one has.
    """
    pivot = context.pivot
    sources = {corpus: open_source(corpus, context.downloads, pivot) for corpus in corpora}

    def work(out: Path) -> PullCounts:
        by_corpus: dict[str, int] = {}
        samplers: dict[str, ExcerptSampler] = {}
        rows = _counted(sources, language, pivot, by_corpus, samplers)
        total = tables.write(out / layout.PAIRS, tables.PAIRS, rows)
        if total == 0:
            raise EmptyCorpus(
                f"no corpus has {languages.name(language)}",
                where=f"languages.{language}",
                hint=_languages_of(sources),
            )
        tables.write(out / layout.EXCERPTS, tables.EXCERPTS, _excerpts(samplers))
        details = ", ".join(f"{name} {count}" for name, count in by_corpus.items())
        logger.info("pull %s: %d pairs (%s)", language, total, details)
        return PullCounts(total, by_corpus)

    return context.store.build(
        "pull",
        work,
        revision=REVISION,
        config={
            "language": language,
            "pivot": pivot,
            "corpora": [corpus_settings(corpus) for corpus in sources],
        },
        inputs=source_inputs(sources, language),
        label=language,
    )


def _counted(
    sources: Mapping[Corpus, Source],
    language: str,
    pivot: str,
    by_corpus: dict[str, int],
    samplers: dict[str, ExcerptSampler],
) -> Iterator[dict[str, Any]]:
    for corpus, source in sources.items():
        sampler = samplers.setdefault(corpus.display_name, ExcerptSampler())
        for row in pair_rows(corpus, source, language, pivot, sampler.add):
            by_corpus[row["corpus"]] = by_corpus.get(row["corpus"], 0) + 1
            yield row


def _excerpts(samplers: Mapping[str, ExcerptSampler]) -> Iterator[dict[str, Any]]:
    for corpus, sampler in samplers.items():
        for number, pair in sampler.excerpts():
            yield {
                "corpus": corpus,
                "excerpt": number,
                "source": pair.source,
                "target": pair.target,
                "origin": pair.origin,
            }


def _languages_of(sources: Mapping[Corpus, Source]) -> str:
    lines = []
    for corpus, source in sources.items():
        available = sorted(source.languages())
        if available:
            listed = ", ".join(available[:MAX_LISTED])
            more = " ..." if len(available) > MAX_LISTED else ""
            lines.append(f"{corpus.display_name} has {listed}{more}")
    return "Remove the language, or add a corpus that has it. " + "; ".join(lines)
