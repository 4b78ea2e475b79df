"""The queries of retrieval suites, which nothing may be trained on, as a part of `holdout`."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alignment import layout, tables
from alignment.config import RetrievalSuite
from alignment.corpora.relevance.suite import SuiteReader, judged_queries, offered, open_suite
from alignment.downloads import Downloads
from alignment.types import Input

_PLACES = {"path", "documents", "queries", "relevance"}
"""Settings that name files, which count by their content."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SuiteQueries:
    """The judged queries of one retrieval suite in one language."""

    suite: str
    language: str
    settings: RetrievalSuite
    reader: SuiteReader
    spelling: str
    """The suite's code of the language."""

    @property
    def name(self) -> str:
        """For the inputs and the settings of a stage."""
        return f"{self.suite}:{self.language}"

    def inputs(self) -> dict[str, Input]:
        """All files of the suite in this language, by name."""
        files = self.reader.inputs(self.spelling)
        return {f"retrieval:{self.name}:{file}": entry for file, entry in files.items()}

    def content(self) -> dict[str, Any]:
        """The settings that change what is read."""
        return self.settings.model_dump(mode="json", exclude=_PLACES)

    def write(self, out: Path) -> int:
        """Write `queries/<suite>/<language>.parquet`; the number of queries.

        Raises:
            Malformed: if a file of the suite is damaged.
        """
        path = out / layout.suite_file(self.suite, self.language, layout.QUERIES)
        count = tables.write(path, tables.PAIRS, self._rows())
        logger.info("holdout %s %s: %d queries", self.language, self.suite, count)
        return count

    def _rows(self) -> Iterator[dict[str, str]]:
        judged = judged_queries(self.reader, self.language, self.spelling)
        for identity, text in judged.texts.items():
            row = dict.fromkeys(tables.PAIRS.names, "")
            row |= {"pair_id": identity, "source": text, "target": text}
            row |= {"source_lang": self.language, "target_lang": self.language}
            yield row


def open_queries(
    suites: Mapping[str, RetrievalSuite], languages: Sequence[str], downloads: Downloads
) -> list[SuiteQueries]:
    """The queries of these suites in these languages, in a fixed order; reads none yet."""
    opened = []
    for name, settings in sorted(suites.items()):
        reader = open_suite(settings, downloads)
        spellings = offered(reader)
        for language in languages:
            if language in spellings:
                opened.append(SuiteQueries(name, language, settings, reader, spellings[language]))
    return opened
