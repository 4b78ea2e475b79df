"""pull: all pairs that the configured corpora have for one language, in one schema."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from alignment import languages, tables
from alignment.cleaning.normalise import pair_id
from alignment.config import Corpus, LocalCorpus
from alignment.corpora import Source, corpus_name, open_source
from alignment.errors import EmptyCorpus
from alignment.store import Store
from alignment.types import Artifact, Input

REVISION = 1
logger = logging.getLogger(__name__)


def pull(store: Store, language: str, corpora: tuple[Corpus, ...], *, pivot: str, downloads: Path) -> Artifact:
    """`pairs.parquet` of one language.

    Raises:
        EmptyCorpus: if no corpus has the language, with what each one has.
    """
    sources = {corpus: open_source(corpus, downloads, pivot) for corpus in corpora if not _off(corpus)}

    def work(out: Path) -> dict[str, int]:
        counts: dict[str, int] = {}
        total = tables.write(out / "pairs.parquet", tables.PAIRS, _counted(sources, language, pivot, counts))
        if total == 0:
            raise EmptyCorpus(
                f"no corpus has {languages.name(language)}", where=f"languages.{language}", hint=_offers(sources)
            )
        logger.info("pull %s: %d pairs (%s)", language, total, ", ".join(f"{k} {v}" for k, v in counts.items()))
        return {"pairs": total, **{f"corpus:{name}": count for name, count in counts.items()}}

    config = {"language": language, "pivot": pivot, "corpora": [describe(corpus) for corpus in sources]}
    return store.build("pull", work, revision=REVISION, config=config, inputs=inputs(sources, language), label=language)


def describe(corpus: Corpus) -> dict[str, Any]:
    """The corpus as a key sees it: files count by content, not by where they lie."""
    return {**corpus.model_dump(mode="json", exclude={"path", "target_path"}), "name": corpus_name(corpus)}


def inputs(sources: Mapping[Corpus, Source], language: str) -> dict[str, Input]:
    """The user's files behind the sources."""
    return {
        f"{corpus_name(corpus)}:{name}": given
        for corpus, source in sources.items()
        for name, given in source.inputs(language).items()
    }


def _off(corpus: Corpus) -> bool:
    return isinstance(corpus, LocalCorpus) and corpus.path is None


def rows(corpus: Corpus, source: Source, language: str, pivot: str) -> Iterator[dict[str, Any]]:
    """The pairs of one corpus in the schema `tables.PAIRS`."""
    name = corpus_name(corpus)
    for pair in source.pairs(language):
        yield {
            "pair_id": pair_id(pivot, language, pair.source, pair.target),
            "source": pair.source,
            "target": pair.target,
            "source_lang": pivot,
            "target_lang": language,
            "corpus": name,
            "version": corpus.version or "",
            "licence": corpus.licence,
            "origin": pair.origin,
        }


def _counted(
    sources: Mapping[Corpus, Source], language: str, pivot: str, counts: dict[str, int]
) -> Iterator[dict[str, Any]]:
    for corpus, source in sources.items():
        for row in rows(corpus, source, language, pivot):
            counts[row["corpus"]] = counts.get(row["corpus"], 0) + 1
            yield row


def _offers(sources: Mapping[Corpus, Source]) -> str:
    lines = [
        f"{corpus_name(corpus)} has {', '.join(offered[:40])}{' ...' if len(offered) > 40 else ''}"
        for corpus, source in sources.items()
        if (offered := sorted(source.offered()))
    ]
    return "Remove the language, or add a corpus that has it. " + "; ".join(lines)
