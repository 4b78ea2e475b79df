"""One retrieval suite of one language: judged queries, and documents that stream in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from alignment import languages
from alignment.config.retrieval import RetrievalSuite
from alignment.corpora.relevance.files import FileSuite
from alignment.corpora.relevance.hub import HubSuite
from alignment.corpora.relevance.records import Judgment, Text, distinct
from alignment.downloads.fetch import Downloads
from alignment.errors import DataError, Malformed
from alignment.types import Input


class SuiteReader(Protocol):
    """Where a suite is. Every method but `languages` takes a language as the suite spells it."""

    def languages(self) -> frozenset[str]:
        """The languages of the queries, in the suite's spelling."""
        ...

    def inputs(self, spelling: str) -> dict[str, Input]:
        """The files that are read, by name; none if a revision pins the content."""
        ...

    def documents(self, spelling: str) -> Iterator[Text]:
        """All documents."""
        ...

    def queries(self, spelling: str) -> Iterator[Text]:
        """All queries."""
        ...

    def judgments(self, spelling: str) -> Iterator[Judgment]:
        """What is relevant to which query."""
        ...

    def judged_in(self, spelling: str) -> str:
        """Where the judgments are, for messages."""
        ...


@dataclass
class JudgedQueries:
    """The queries of one language that have a relevant document."""

    language: str
    texts: dict[str, str]
    """By id."""
    relevance: dict[str, dict[str, int]]
    """By query and document, the score; 0 or less is not relevant."""
    unjudged: int
    """Queries without any judgment, such as those of other splits. They are left out."""
    places: dict[str, str] = field(repr=False)
    """Of each document that is judged relevant, where its first judgment is."""


def open_suite(suite: RetrievalSuite, downloads: Downloads) -> SuiteReader:
    """The reader of a configured suite; reads nothing yet."""
    if suite.dataset is not None:
        return HubSuite(suite, downloads)
    return FileSuite(suite)


def offered(reader: SuiteReader) -> dict[str, str]:
    """The suite's spelling of each language that it has, by canonical code."""
    spellings = reader.languages()
    codes = {}
    for spelling in sorted(spellings):
        code = languages.code_of(spelling, spellings)
        if code:
            codes[code] = spelling
    return codes


def judged_queries(reader: SuiteReader, language: str, spelling: str) -> JudgedQueries:
    """The judged queries of one language, in the order of the suite.

    Raises:
        Malformed: with the place, if a query is judged twice for a document or has no relevant
            one, if a judged query does not exist, or if two have the same id.
        DataError: if no query is judged.
    """
    relevance: dict[str, dict[str, int]] = {}
    first_place: dict[str, str] = {}
    places: dict[str, str] = {}
    for judgment in reader.judgments(spelling):
        scores = relevance.setdefault(judgment.query, {})
        if judgment.document in scores:
            raise Malformed(
                f"the query {judgment.query!r} is judged twice for the document "
                f"{judgment.document!r}",
                where=judgment.where,
            )
        scores[judgment.document] = judgment.score
        first_place.setdefault(judgment.query, judgment.where)
        if judgment.score > 0:
            places.setdefault(judgment.document, judgment.where)
    texts: dict[str, str] = {}
    unjudged = 0
    for query in distinct(reader.queries(spelling), "queries"):
        if query.identity in relevance:
            texts[query.identity] = query.text
        else:
            unjudged += 1
    if not relevance:
        raise DataError(
            "the suite has no relevance judgments",
            where=reader.judged_in(spelling),
            hint="Check the file and the split.",
        )
    _check_queries(relevance, first_place, texts)
    return JudgedQueries(language, texts, relevance, unjudged, places)


def _check_queries(
    relevance: Mapping[str, Mapping[str, int]],
    first_place: Mapping[str, str],
    texts: Mapping[str, str],
) -> None:
    for query, scores in relevance.items():
        if query not in texts:
            raise Malformed(f"there is no query with the id {query!r}", where=first_place[query])
        if not any(score > 0 for score in scores.values()):
            raise Malformed(
                f"the query {query!r} has no relevant document",
                where=first_place[query],
                hint="Remove its judgments, or give one a score above 0.",
            )


@dataclass
class CheckedDocuments:
    """The documents of a suite as they stream in, compared with the judgments at the end.

    Iterate once. `digest` is that of the suite then: of its queries, judgments and documents.
    """

    reader: SuiteReader
    spelling: str
    judged: JudgedQueries
    count: int = 0
    digest: str = ""

    def __iter__(self) -> Iterator[Text]:
        """Each document.

        Raises:
            Malformed: if two documents have the same id, or a relevant one does not exist.
            DataError: if there is none.
        """
        self.count = 0
        content = hashlib.sha256()
        missing = dict(self.judged.places)
        for document in distinct(self.reader.documents(self.spelling), "documents"):
            self.count += 1
            missing.pop(document.identity, None)
            _add(content, "document", document.identity, document.text)
            yield document
        for identity, place in missing.items():
            raise Malformed(
                f"there is no document with the id {identity!r}, which is judged relevant",
                where=place,
                hint="Check that documents and judgments belong together.",
            )
        for identity, text in sorted(self.judged.texts.items()):
            _add(content, "query", identity, text)
            for name, score in sorted(self.judged.relevance[identity].items()):
                _add(content, "score", name, str(score))
        self.digest = content.hexdigest()


def _add(content: hashlib._Hash, *parts: str) -> None:
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        content.update(f"{len(encoded)}:".encode())
        content.update(encoded)
