"""Retrieval suites in files: JSONL and TSV, compressed or not, in UTF-8 or UTF-16."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alignment.config.retrieval import LANG, RetrievalSuite
from alignment.corpora.paths import CHECK_PATH, existing, files_by_language, matching_files
from alignment.corpora.relevance.records import Judgment, Row, Text, judgment_of, text_of
from alignment.corpora.streams import COMPRESSED, file_format, read_lines
from alignment.errors import Malformed, SourceError
from alignment.files import file_digest
from alignment.types import Input

_QRELS_HEADER = ("query-id", "corpus-id", "score")
_TREC_COLUMNS = 4


@dataclass(frozen=True)
class FileSuite:
    """The files of one suite. Implements `SuiteReader`."""

    suite: RetrievalSuite

    def languages(self) -> frozenset[str]:
        """Codes of the queries' languages, as the paths spell them."""
        if self.suite.language is not None:
            return frozenset({self.suite.language})
        if self.suite.queries is not None:
            return frozenset(files_by_language(str(self.suite.queries)))
        return frozenset(files_by_language(f"{self.suite.path}/queries.*"))

    def inputs(self, spelling: str) -> dict[str, Input]:
        """All files that are read for a language, by name."""
        paths = [*self._documents(spelling), self._queries(spelling), self._relevance(spelling)]
        return {path.name: Input(file_digest(path), path) for path in paths}

    def documents(self, spelling: str) -> Iterator[Text]:
        """One after the other, as they are read."""
        for path in self._documents(spelling):
            for row in _json_rows(path):
                yield text_of(row)

    def queries(self, spelling: str) -> Iterator[Text]:
        """All queries, also those of other splits."""
        path = self._queries(spelling)
        if file_format(path) == "jsonl":
            for row in _json_rows(path):
                yield text_of(row)
            return
        for number, line in read_lines(path):
            where = f"{path}:{number}"
            cells = line.split("\t")
            if not line.strip():
                continue
            if len(cells) != 2:
                raise Malformed(f"expected an id, a tab and a text, got {line[:80]!r}", where=where)
            yield text_of(Row({"_id": cells[0], "text": cells[1]}, where))

    def judged_in(self, spelling: str) -> str:
        """The file with the judgments."""
        return str(self._relevance(spelling))

    def judgments(self, spelling: str) -> Iterator[Judgment]:
        """Those of the configured split."""
        path = self._relevance(spelling)
        if file_format(path) == "jsonl":
            for row in _json_rows(path):
                yield judgment_of(row)
            return
        for number, line in read_lines(path):
            where = f"{path}:{number}"
            cells = line.split("\t") if "\t" in line else line.split()
            if not cells or (number == 1 and cells[0] in ("query-id", "query_id")):
                continue
            if len(cells) == _TREC_COLUMNS:
                cells = [cells[0], *cells[2:]]
            if len(cells) != len(_QRELS_HEADER):
                raise Malformed(
                    f"expected query, document and score, got {line[:80]!r}",
                    where=where,
                    hint="Separate them by tabs, or write TREC's four columns.",
                )
            yield judgment_of(Row(dict(zip(_QRELS_HEADER, cells, strict=True)), where))

    def _documents(self, spelling: str) -> list[Path]:
        if self.suite.documents is not None:
            return matching_files(_spelled(self.suite.documents, spelling))
        return [self._in_directory(spelling, "corpus.jsonl")]

    def _queries(self, spelling: str) -> Path:
        if self.suite.queries is not None:
            return existing(Path(_spelled(self.suite.queries, spelling)))
        return self._in_directory(spelling, "queries.jsonl", "queries.tsv")

    def _relevance(self, spelling: str) -> Path:
        if self.suite.relevance is not None:
            return existing(Path(_spelled(self.suite.relevance, spelling)))
        split = self.suite.split
        return self._in_directory(
            spelling, f"qrels/{split}.tsv", f"qrels/{split}.jsonl", f"qrels/{split}.txt"
        )

    def _in_directory(self, spelling: str, *names: str) -> Path:
        """The first of the files that there is, compressed or not.

        Raises:
            SourceError: if there is none.
        """
        directory = Path(_spelled(self.suite.path or Path(), spelling))
        for name in names:
            for ending in ("", *COMPRESSED):
                path = directory / f"{name}{ending}"
                if path.is_file():
                    return path
        raise SourceError(
            f"there is no {' or '.join(names)}",
            where=str(directory),
            hint=f"{CHECK_PATH} A directory has BEIR's layout; name other files by `documents`, "
            "`queries` and `relevance`.",
        )


def _spelled(path: Path, spelling: str) -> str:
    return str(path).replace(LANG, spelling)


def _json_rows(path: Path) -> Iterator[Row]:
    """The objects of a JSONL file.

    Raises:
        Malformed: with file and line.
    """
    for number, line in read_lines(path):
        where = f"{path}:{number}"
        if line.strip():
            yield Row(_json_object(line, where), where)


def _json_object(line: str, where: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not JSON ({error})", where=where) from error
    if not isinstance(value, dict):
        raise Malformed(f"expected an object, got {type(value).__name__}", where=where)
    return value
