"""Measurements beside the gate's accuracy: mixed pool, hard pool, and queries to documents.

A run has them if its stages measure them; the page has a section for each that has data.
"""

from __future__ import annotations

from pydantic import Field

from alignment.report.record import Record


class BeforeAfter(Record):
    """One measure of both encoders; null where it is not defined."""

    before: float | None
    after: float | None


class MixedPool(Record):
    """The queries of one language against one pool with the texts of all languages."""

    queries: int
    accuracy: BeforeAfter = Field(description="share of queries whose first answer is right")
    recall: BeforeAfter = Field(description="share with a right answer among the first 10")
    own_language: BeforeAfter = Field(
        description="share of the wrong first answers that are in the query's language"
    )
    share_of_pool: float | None = Field(
        description="share of the pool's wrong texts that are in the query's language"
    )


class HardPool(Record):
    """A suite whose pool also has altered copies of the right answers."""

    queries: int = Field(description="in both directions together")
    plain: BeforeAfter = Field(description="accuracy without the altered copies")
    hard: BeforeAfter = Field(description="accuracy with them")
    errors: dict[str, int] = Field(
        description="wrong answers of the new encoder by what won: the kind of the altered copy, "
        "or other_text"
    )


class Retrieval(Record):
    """The queries of one language against the documents of one suite."""

    queries: int
    documents: int
    metrics: dict[str, BeforeAfter] = Field(description="such as ndcg@10, in [0, 1]")
