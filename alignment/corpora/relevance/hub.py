"""Retrieval suites of the Hugging Face Hub in MTEB's layout, streamed at a pinned revision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from alignment.config import HubCorpus
from alignment.config.retrieval import LANG, RetrievalSuite
from alignment.corpora.hub import HubSource
from alignment.corpora.relevance.records import Judgment, Row, Text, judgment_of, text_of
from alignment.downloads.fetch import Downloads
from alignment.errors import ConfigError
from alignment.types import Input

QRELS = ("default", "qrels")


@dataclass(frozen=True)
class HubSuite:
    """One dataset. Implements `SuiteReader`."""

    suite: RetrievalSuite
    downloads: Downloads

    def languages(self) -> frozenset[str]:
        """From the names of the configurations, or as configured."""
        if self.suite.language is not None:
            return frozenset({self.suite.language})
        return self._source(LANG, "queries", "queries").languages()

    def inputs(self, spelling: str) -> dict[str, Input]:
        """None: the revision pins the content."""
        self._source(spelling, "queries", "queries").inputs(spelling)
        return {}

    def documents(self, spelling: str) -> Iterator[Text]:
        """One after the other, as they stream in."""
        for row in self._rows(spelling, "corpus", "corpus"):
            yield text_of(row)

    def queries(self, spelling: str) -> Iterator[Text]:
        """All queries, also those of other splits."""
        for row in self._rows(spelling, "queries", "queries"):
            yield text_of(row)

    def judged_in(self, spelling: str) -> str:
        """The data set and the split with the judgments."""
        return (
            f"{self.suite.dataset}: {self.suite.prefix.replace(LANG, spelling)}{self.suite.split}"
        )

    def judgments(self, spelling: str) -> Iterator[Judgment]:
        """Those of the configured split."""
        name = QRELS[0]
        try:
            for row in self._rows(spelling, name, self.suite.split):
                yield judgment_of(row)
        except ConfigError:
            for row in self._rows(spelling, QRELS[1], self.suite.split):
                yield judgment_of(row)

    def _rows(self, spelling: str, configuration: str, split: str) -> Iterator[Row]:
        source = self._source(spelling, configuration, split)
        name = source.corpus.configuration or ""
        with closing(source.rows(name)) as rows:
            for origin, row in rows:
                yield Row(row, f"{self.suite.dataset}: {name}/{origin}")

    def _source(self, spelling: str, configuration: str, split: str) -> HubSource:
        prefix = self.suite.prefix.replace(LANG, spelling)
        corpus = HubCorpus(
            kind="hub",
            dataset=str(self.suite.dataset),
            configuration=f"{prefix}{configuration}",
            split=split,
            revision=self.suite.revision,
        )
        return HubSource(corpus, self.downloads, "en")
