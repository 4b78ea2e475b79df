"""retrieve: one encoder on the retrieval suites of one language, with every query's scores."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alignment import layout, tables
from alignment.config import RetrievalSuite
from alignment.corpora.relevance.suite import SuiteReader, judged_queries, offered, open_suite
from alignment.downloads import Downloads
from alignment.encoder.cache import cached_encoder
from alignment.encoder.query_document import for_queries_and_documents
from alignment.extras import require
from alignment.stages.search_documents import Searched, search_suite
from alignment.store import Store
from alignment.types import Artifact, Counts, Input

REVISION = 1
_PLACES = {"path", "documents", "queries", "relevance"}
"""Settings that name files, which count by their content."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RetrieveCounts(Counts):
    """By suite: judged queries, documents, and the digest of both with the judgments."""

    queries: dict[str, int] = field(default_factory=dict)
    documents: dict[str, int] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)


def retrieve(
    store: Store,
    downloads: Downloads,
    language: str,
    suites: Mapping[str, RetrievalSuite],
    encoder: Input,
    *,
    trust_remote_code: bool = False,
) -> Artifact:
    """`<suite>.parquet`: one row per query of the suites that have the language.

    Args:
        store: Where the artifact goes.
        downloads: Where a suite of the Hub is read from.
        language: Of the queries.
        suites: By name.
        encoder: A directory, identified by its content.
        trust_remote_code: Run Python code that comes with the encoder.

    Raises:
        Malformed: if a file of a suite is damaged.
        ConfigError: if the extra `retrieval` is not installed.
    """
    readers: dict[str, tuple[SuiteReader, str]] = {}
    inputs = {"encoder": encoder}
    settings = {}
    for name, suite in sorted(suites.items()):
        reader = open_suite(suite, downloads)
        spelling = offered(reader).get(language)
        if spelling is None:
            continue
        readers[name] = reader, spelling
        settings[name] = suite.model_dump(mode="json", exclude=_PLACES)
        for file, entry in reader.inputs(spelling).items():
            inputs[f"{name}:{file}"] = entry

    def work(out: Path) -> RetrieveCounts:
        require("pytrec_eval", "retrieval", "evaluate.retrieval")
        model = cached_encoder(encoder.path, trust_remote_code=trust_remote_code)
        searcher = for_queries_and_documents(model)
        counts = RetrieveCounts()
        for name, (reader, spelling) in readers.items():
            judged = judged_queries(reader, language, spelling)
            searched = search_suite(searcher, reader, spelling, judged, check=False)
            path = out / layout.outcomes_file(name)
            tables.write(path, tables.RELEVANCE_OUTCOMES, _rows(searched))
            counts.queries[name] = len(searched.queries)
            counts.documents[name] = searched.documents
            counts.digests[name] = searched.digest
            mean = 100 * searched.scores.ndcg.mean()
            logger.info("retrieve %s %s: nDCG@10 %.1f", language, name, mean)
        return counts

    config = {"language": language, "suites": settings}
    return store.build(
        "retrieve", work, revision=REVISION, config=config, inputs=inputs, label=language
    )


def _rows(searched: Searched) -> Iterator[dict[str, Any]]:
    columns = (column.tolist() for column in searched.scores)
    for query, ndcg, recall, mrr in zip(searched.queries, *columns, strict=True):
        yield {"query_id": query, "ndcg@10": ndcg, "recall@100": recall, "mrr@10": mrr}
