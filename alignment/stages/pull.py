"""pull: all pairs that the configured corpora have for one language, in one schema."""

from __future__ import annotations

import array
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from alignment import languages, tables
from alignment.cleaning.normalize import pair_id
from alignment.config import Corpus
from alignment.corpora import Source, corpus_name, open_source
from alignment.downloads import Downloads
from alignment.errors import EmptyCorpus
from alignment.store import Store
from alignment.types import Artifact, Input

REVISION = 2
logger = logging.getLogger(__name__)


def pull(
    store: Store, language: str, corpora: tuple[Corpus, ...], *, pivot: str, downloads: Downloads
) -> Artifact:
    """`pairs.parquet` of one language.

    Raises:
        EmptyCorpus: if no corpus has the language, with what each one has.
    """
    sources = {corpus: open_source(corpus, downloads, pivot) for corpus in corpora}

    def work(out: Path) -> dict[str, int]:
        counts: dict[str, int] = {}
        total = tables.write(
            out / "pairs.parquet", tables.PAIRS, _counted(sources, language, pivot, counts)
        )
        if total == 0:
            raise EmptyCorpus(
                f"no corpus has {languages.name(language)}",
                where=f"languages.{language}",
                hint=_offers(sources),
            )
        logger.info(
            "pull %s: %d pairs (%s)",
            language,
            total,
            ", ".join(f"{k} {v}" for k, v in counts.items()),
        )
        return {"pairs": total, **{f"corpus:{name}": count for name, count in counts.items()}}

    config = {
        "language": language,
        "pivot": pivot,
        "corpora": [describe(corpus) for corpus in sources],
    }
    return store.build(
        "pull",
        work,
        revision=REVISION,
        config=config,
        inputs=inputs(sources, language),
        label=language,
    )


def describe(corpus: Corpus) -> dict[str, Any]:
    """The corpus as a key sees it: files count by content, not by where they lie."""
    hidden = {"path", "target_path", "languages", "weight", "direction"}
    return {**corpus.model_dump(mode="json", exclude=hidden), "name": corpus_name(corpus)}


def inputs(sources: Mapping[Corpus, Source], language: str) -> dict[str, Input]:
    """The user's files behind the sources."""
    return {
        f"{corpus_name(corpus)}:{name}": given
        for corpus, source in sources.items()
        for name, given in source.inputs(language).items()
    }


def rows(corpus: Corpus, source: Source, language: str, pivot: str) -> Iterator[dict[str, Any]]:
    """The pairs of one corpus in the schema `tables.PAIRS`, or the sample of them that `max_pairs` allows."""
    name = corpus_name(corpus)
    last = (
        _last_of_the_sample(source, language, pivot, corpus.max_pairs) if corpus.max_pairs else None
    )
    for pair in source.pairs(language):
        identity = pair_id(pivot, language, pair.source, pair.target)
        if last is not None and identity > last:
            continue
        yield {
            "pair_id": identity,
            "source": pair.source,
            "target": pair.target,
            "source_lang": pivot,
            "target_lang": language,
            "corpus": name,
            "version": corpus.version or "",
            "license": corpus.license,
            "origin": pair.origin,
        }


def _last_of_the_sample(source: Source, language: str, pivot: str, most: int) -> str | None:
    """The greatest of the `most` smallest pair ids, which are hashes; None if there are no more than that.

    Reads the corpus once, eight bytes a pair. Pairs that occur several times count as often.
    """
    numbers = array.array("Q")
    for pair in source.pairs(language):
        numbers.append(int(pair_id(pivot, language, pair.source, pair.target), 16))
    if len(numbers) <= most:
        return None
    return f"{np.partition(np.frombuffer(numbers, dtype=np.uint64), most - 1)[most - 1]:016x}"


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
        if (offered := sorted(source.languages()))
    ]
    return "Remove the language, or add a corpus that has it. " + "; ".join(lines)
