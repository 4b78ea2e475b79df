"""Measure an encoder on queries and documents, without a training run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alignment.corpora.relevance.suite import JudgedQueries, SuiteReader, judged_queries, offered
from alignment.errors import DataError

if TYPE_CHECKING:
    from alignment.encoder.encoder import Encoder
    from alignment.retrieval.bootstrap import Interval
    from alignment.retrieval.relevance import Metric, RelevanceScores


@dataclass(frozen=True, eq=False)
class RetrievalScores:
    """How one encoder does with the queries of one language."""

    language: str
    digest: str
    """Of queries, judgments and documents: numbers on different ones must not be compared."""
    queries: list[str]
    """Ids (n)."""
    unjudged: int
    """Queries that were left out because no document is judged for them."""
    documents: int
    scores: RelevanceScores
    """By query."""

    def mean(self, metric: Metric) -> float:
        """Mean over the queries, in [0, 1]."""
        return float(self.scores.of(metric).mean())


def chosen_queries(reader: SuiteReader, codes: Sequence[str]) -> dict[str, JudgedQueries]:
    """The judged queries by the suite's spelling of their language.

    Args:
        reader: Where the suite is.
        codes: Canonical codes of the languages; none means all.

    Raises:
        DataError: if the suite does not have a language, or no language at all.
        Malformed: if a file is damaged.
    """
    spellings = offered(reader)
    missing = [code for code in codes if code not in spellings]
    if missing or not spellings:
        raise DataError(
            f"the suite has no queries in {', '.join(missing) or 'any language'}",
            where="--suite",
            hint=f"It has {', '.join(spellings) or 'none'}. Check the path and {{lang}}.",
        )
    chosen = {}
    for code in codes or spellings:
        chosen[spellings[code]] = judged_queries(reader, code, spellings[code])
    return chosen


def measure_retrieval(
    encoder: Encoder,
    reader: SuiteReader,
    judged: Mapping[str, JudgedQueries],
    on_language: Callable[[str], None] = lambda _: None,
) -> list[RetrievalScores]:
    """nDCG@10, recall@100 and MRR@10 of each language; `judged` is by the suite's spelling."""
    from alignment.encoder.query_document import for_queries_and_documents
    from alignment.stages.search_documents import search_suite

    searcher = for_queries_and_documents(encoder)
    results = []
    for spelling, queries in judged.items():
        searched = search_suite(searcher, reader, spelling, queries)
        results.append(
            RetrievalScores(
                language=queries.language,
                digest=searched.digest,
                queries=searched.queries,
                unjudged=queries.unjudged,
                documents=searched.documents,
                scores=searched.scores,
            )
        )
        on_language(queries.language)
    return results


def change(
    before: Sequence[RetrievalScores], after: Sequence[RetrievalScores], metric: Metric
) -> Interval:
    """Change of the mean over languages, with its 95% interval by paired bootstrap over queries.

    Raises:
        ValueError: if the encoders were measured on different suites.
    """
    from alignment.retrieval.bootstrap import paired_bootstrap

    for old, new in zip(before, after, strict=True):
        if old.digest != new.digest:
            raise ValueError(f"{old.language}: the encoders were measured on different suites")
    return paired_bootstrap(
        [old.scores.of(metric) for old in before], [new.scores.of(metric) for new in after]
    )
