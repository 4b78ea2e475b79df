"""pull: all pairs that the configured corpora have for one language, in one schema."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alignment import languages, layout, tables
from alignment.config import Corpus
from alignment.context import RunContext
from alignment.corpora import Source, open_source
from alignment.corpora.base import ANY_LANGUAGE
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
    """`pairs.parquet` of one language.

    Raises:
        EmptyCorpus: if no corpus has the language, with the languages that each one has.
    """
    pivot = context.pivot
    others = _relatives(language, context.languages)
    rivals = frozenset({pivot, *others})
    sources = {corpus: open_source(corpus, context.downloads, pivot, others) for corpus in corpora}

    def work(out: Path) -> PullCounts:
        by_corpus: dict[str, int] = {}
        rows = _counted(sources, language, pivot, by_corpus)
        total = tables.write(out / layout.PAIRS, tables.PAIRS, rows)
        if total == 0:
            raise EmptyCorpus(
                f"no corpus has {languages.name(language)}",
                where=f"languages.{language}",
                hint=_why_missing(sources, language, rivals),
            )
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
        return PullCounts(total, by_corpus)

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
    sources: Mapping[Corpus, Source], language: str, pivot: str, by_corpus: dict[str, int]
) -> Iterator[dict[str, Any]]:
    for corpus, source in sources.items():
        for row in pair_rows(corpus, source, language, pivot):
            by_corpus[row["corpus"]] = by_corpus.get(row["corpus"], 0) + 1
            yield row


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
    listed = ", ".join(available[:MAX_LISTED])
    if len(available) > MAX_LISTED:
        listed += f" and {len(available) - MAX_LISTED} more"
    spelling = languages.best_match(language, offered, rivals)
    if spelling is None:
        reasons = [languages.absence(language, offered, rivals), languages.unreadable(offered)]
    else:
        reasons = [f"its {spelling} has no pair", languages.unreadable(offered)]
    reason = "; ".join(filter(None, reasons))
    return f"has {listed}" + (f" ({reason})" if reason else "")
