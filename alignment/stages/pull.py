"""pull: all pairs that the configured corpora have for one language, in one schema."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alignment import languages, layout, tables
from alignment.config import Corpus
from alignment.context import RunContext
from alignment.corpora import Source, open_source
from alignment.corpora.skips import listed
from alignment.errors import EmptyCorpus
from alignment.files import write_json
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
    skipped: dict[str, dict[str, int]] = field(default_factory=dict)
    """Units that a reader left out, by corpus and reason: untranslated, damaged, ..."""

    def skipped_by_reason(self) -> dict[str, int]:
        """Over all corpora, the most frequent reason first."""
        total: Counter[str] = Counter()
        for reasons in self.skipped.values():
            total.update(reasons)
        return dict(total.most_common())


def pull(context: RunContext, language: str, corpora: tuple[Corpus, ...]) -> Artifact:
    """`pairs.parquet` of one language, and `skipped.json`: what the readers left out.

    Raises:
        EmptyCorpus: if no corpus has the language, with the languages that each one has.
    """
    pivot = context.pivot
    sources = {corpus: open_source(corpus, context.downloads, pivot) for corpus in corpora}

    def work(out: Path) -> PullCounts:
        by_corpus: dict[str, int] = {}
        rows = _counted(sources, language, pivot, by_corpus)
        total = tables.write(out / layout.PAIRS, tables.PAIRS, rows)
        counts = PullCounts(total, by_corpus, _skipped(sources))
        write_json(out / layout.SKIPPED, counts.skipped)
        if total == 0:
            raise EmptyCorpus(
                f"no corpus has {languages.name(language)}",
                where=f"languages.{language}",
                hint=_languages_of(sources) + _skipped_sentence(counts),
            )
        details = ", ".join(f"{name} {count}" for name, count in by_corpus.items())
        logger.info("pull %s: %d pairs (%s)", language, total, details)
        return counts

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
    sources: Mapping[Corpus, Source], language: str, pivot: str, by_corpus: dict[str, int]
) -> Iterator[dict[str, Any]]:
    for corpus, source in sources.items():
        for row in pair_rows(corpus, source, language, pivot):
            by_corpus[row["corpus"]] = by_corpus.get(row["corpus"], 0) + 1
            yield row


def _languages_of(sources: Mapping[Corpus, Source]) -> str:
    lines = []
    for corpus, source in sources.items():
        available = sorted(source.languages())
        if available:
            listed = ", ".join(available[:MAX_LISTED])
            more = " ..." if len(available) > MAX_LISTED else ""
            lines.append(f"{corpus.display_name} has {listed}{more}")
    return "Remove the language, or add a corpus that has it. " + "; ".join(lines)


def _skipped(sources: Mapping[Corpus, Source]) -> dict[str, dict[str, int]]:
    skipped = {}
    for corpus, source in sources.items():
        if source.skipped.counts:
            skipped[corpus.display_name] = source.skipped.by_reason()
    return skipped


def _skipped_sentence(counts: PullCounts) -> str:
    """For the message that there is no pair."""
    sentences = [f"{name}: skipped {listed(reasons)}" for name, reasons in counts.skipped.items()]
    return "".join(f"\n  {sentence}" for sentence in sentences)
