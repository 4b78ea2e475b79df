"""pull: all pairs that the configured corpora have for one language, in one schema."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alignment import languages, layout, tables
from alignment.checks.excerpts import ExcerptSampler
from alignment.config import Corpus
from alignment.context import RunContext
from alignment.corpora import Source, open_source
from alignment.corpora.base import ANY_LANGUAGE
from alignment.corpora.skips import listed
from alignment.errors import EmptyCorpus
from alignment.files import write_json
from alignment.pairs import corpus_settings, pair_rows, source_inputs
from alignment.types import Artifact, Counts

REVISION = 7
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
    """`pairs.parquet` and `excerpts.parquet` of one language, and `skipped.json`.

    The last one has what the readers left out.

    Raises:
        EmptyCorpus: if no corpus has the language, with the languages that each one has.
    """
    pivot = context.pivot
    others = _relatives(language, context.languages)
    rivals = frozenset({pivot, *others})
    sources = {corpus: open_source(corpus, context.downloads, pivot, others) for corpus in corpora}

    def work(out: Path) -> PullCounts:
        by_corpus: dict[str, int] = {}
        samplers: dict[str, ExcerptSampler] = {}
        rows = _counted(sources, language, pivot, by_corpus, samplers)
        total = tables.write(out / layout.PAIRS, tables.PAIRS, rows)
        counts = PullCounts(total, by_corpus, _skipped(sources))
        write_json(out / layout.SKIPPED, counts.skipped)
        if total == 0:
            raise EmptyCorpus(
                f"no corpus has {languages.name(language)}",
                where=f"languages.{language}",
                hint=_why_missing(sources, language, rivals) + _skipped_sentence(counts),
            )
        tables.write(out / layout.EXCERPTS, tables.EXCERPTS, _excerpts(samplers))
        for corpus, source in sources.items():
            name = corpus.display_name
            if name in by_corpus:
                doubt = source.doubt(language)
            else:
                doubt = languages.absence(language, source.languages(), rivals)
            if doubt is not None:
                logger.warning("pull %s: %s: %s", language, name, doubt)
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
            "others": sorted(others),
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


def _relatives(language: str, configured: Iterable[str]) -> frozenset[str]:
    """The other configured codes of the same language and script, such as `pt-BR` for `pt`."""
    identity = languages.language_and_script(language)
    same = {code for code in configured if languages.language_and_script(code) == identity}
    return frozenset(same - {language})


def _why_missing(sources: Mapping[Corpus, Source], language: str, rivals: frozenset[str]) -> str:
    """What each corpus has, and why that is not the language."""
    lines = ["Remove the language, or add a corpus that has it."]
    if not sources:
        lines.append("The setting `languages` of every configured corpus leaves it out.")
    lines += [
        f"{corpus.display_name} {_what_it_has(source.languages(), language, rivals)}."
        for corpus, source in sources.items()
    ]
    return " ".join(lines)


def _what_it_has(offered: frozenset[str], language: str, rivals: frozenset[str]) -> str:
    if not offered or ANY_LANGUAGE in offered:
        return "does not name its languages, and has no pair"
    available = sorted(offered)
    names = ", ".join(available[:MAX_LISTED])
    if len(available) > MAX_LISTED:
        names += f" and {len(available) - MAX_LISTED} more"
    spelling = languages.best_match(language, offered, rivals)
    if spelling is None:
        reasons = [languages.absence(language, offered, rivals), languages.unreadable(offered)]
    else:
        reasons = [f"its {spelling} has no pair", languages.unreadable(offered)]
    reason = "; ".join(filter(None, reasons))
    return f"has {names}" + (f" ({reason})" if reason else "")
