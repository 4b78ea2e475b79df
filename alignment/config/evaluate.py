"""`evaluate`: what is measured besides the suites themselves."""

from __future__ import annotations

from pydantic import Field

from alignment.config.base import Name, Section
from alignment.config.retrieval import RetrievalSuite


class Evaluate(Section):
    """Further measurements of the candidate and of what it is compared with.

    `gate` says what they must reach.
    """

    mixed_pool: bool = Field(
        False,
        description="Also search every text of a suite among the texts of all languages at once, "
        "as in a multilingual knowledge base.",
    )
    hard_pool: bool = Field(
        False,
        description="Also search among altered copies of the texts: other numbers, negations, "
        "names, opposites and word order (xsim++).",
    )
    retrieval: dict[Name, RetrievalSuite] = Field(
        default_factory=dict,
        description="Suites of queries and documents, by name. Each is measured in the languages "
        "that it shares with the configuration.",
    )
