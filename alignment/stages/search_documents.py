"""One retrieval suite of one language, for the stage `retrieve` and for `alignment evaluate`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alignment.corpora.relevance.suite import CheckedDocuments, JudgedQueries, SuiteReader
from alignment.retrieval.ranked import rank_documents
from alignment.retrieval.relevance import RelevanceScores, score_relevance

if TYPE_CHECKING:
    from alignment.encoder.encoder import Encoder

DOCUMENTS_PER_BLOCK = 8192
"""Documents whose texts and vectors are in memory at once."""


class Searched(NamedTuple):
    """How the queries of one language found their documents."""

    queries: list[str]
    """Ids (n)."""
    scores: RelevanceScores
    documents: int
    """How many were searched."""
    digest: str
    """Of the queries, the judgments and the documents."""


def search_suite(
    encoder: Encoder,
    reader: SuiteReader,
    spelling: str,
    judged: JudgedQueries,
    *,
    check: bool = True,
) -> Searched:
    """Search all documents for each judged query; the documents stream through.

    Args:
        encoder: Its sources are queries, its targets documents (`for_queries_and_documents`).
        reader: Where the suite is.
        spelling: The suite's code of the language.
        judged: The queries.
        check: Refuse vectors that are not finite.

    Raises:
        Malformed: if documents and judgments do not fit.
        ConfigError: if the extra `retrieval` is not installed.
    """
    queries = encoder.encode(list(judged.texts.values()), side="source", check=check)
    documents = CheckedDocuments(reader, spelling, judged)
    names: list[str] = []

    def blocks() -> Iterator[NDArray[np.float32]]:
        stream = iter(documents)
        while block := list(itertools.islice(stream, DOCUMENTS_PER_BLOCK)):
            names.extend(document.identity for document in block)
            yield encoder.encode([each.text for each in block], side="target", check=check)

    ranked = rank_documents(queries, blocks())
    scores = score_relevance(list(judged.texts), names, ranked, judged.relevance)
    return Searched(list(judged.texts), scores, documents.count, documents.digest)
