"""Suites of queries and documents, in BEIR's layout."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from alignment import languages
from alignment.config.base import Section

LANG = "{lang}"


class RetrievalSuite(Section):
    """Queries, documents, and which document is relevant to which query.

    A directory in BEIR's layout (corpus.jsonl, queries.jsonl, qrels/test.tsv), three files of any
    names such as MIRACL's, or a dataset of the Hub in MTEB's layout. Files may be compressed.
    """

    example: ClassVar[str] = '{kind: retrieval, path: "miracl/{lang}"}'

    kind: Literal["retrieval"] = Field("retrieval", description="Selects this kind of suite.")
    path: Path | None = Field(
        None,
        description="A directory with corpus.jsonl, queries.jsonl and qrels/<split>.tsv; {lang} is "
        "replaced by the code of the queries' language.",
    )
    documents: Path | None = Field(
        None,
        description="JSONL file, or a glob of several, with `_id`, `text` and perhaps `title`; in "
        "place of corpus.jsonl.",
    )
    queries: Path | None = Field(
        None,
        description="JSONL file with `_id` and `text`, or TSV without a header, in place of "
        "queries.jsonl.",
    )
    relevance: Path | None = Field(
        None,
        description="TSV file of query, document and score as BEIR has it, or in TREC's four "
        "columns; in place of qrels/<split>.tsv.",
    )
    dataset: str | None = Field(
        None,
        description="A dataset of the Hub with the configurations `corpus`, `queries` and "
        "`default` (or `qrels`), as MTEB has them; needs `revision`.",
    )
    prefix: str = Field(
        "",
        description="What the dataset puts before the names of its configurations, such as "
        '"{lang}-".',
    )
    revision: str | None = Field(None, description="Full commit hash of the dataset.")
    split: str = Field("test", description="Which split of the relevance judgments is read.")
    language: str | None = Field(
        None, description="Language of the queries, where no path has {lang}."
    )

    @field_validator("language")
    @classmethod
    def _canonical_code(cls, code: str | None) -> str | None:
        return None if code is None else languages.canonical(code)

    @model_validator(mode="after")
    def _check_location(self) -> Self:
        files = (self.documents, self.queries, self.relevance)
        has_files = any(value is not None for value in (self.path, *files))
        if self.dataset is not None and has_files:
            raise ValueError("set a dataset of the Hub or files, not both")
        if self.dataset is None and self.path is None and None in files:
            raise ValueError(
                "set a path, or documents, queries and relevance, or a dataset of the Hub"
            )
        if self.has_language() == (self.language is not None):
            raise ValueError(
                "put {lang} into the path of the queries, or set the `language` that they are in; "
                "one of the two"
            )
        return self

    def has_language(self) -> bool:
        """Whether the place of the queries names their language."""
        if self.dataset is not None:
            return LANG in self.prefix
        return LANG in str(self.queries or self.path)
