"""`holdout`: what is kept for evaluation."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from alignment.config.base import Name, Section
from alignment.config.corpora import Corpus, PrebuiltTripletsCorpus, is_disabled

HELDOUT = "heldout"
"""The suite that is held out of the corpora, which every language has unless the share is 0."""


class Holdout(Section):
    """Evaluation suites: a held-out share of the corpora, further ones, and development suites."""

    share: float = Field(
        0.2,
        ge=0.0,
        le=0.5,
        description="Share of the pivot sentences held out for evaluation, from 0 to 0.5. "
        "They are chosen by hash, so they are the same in every language.",
    )
    max_pairs: int = Field(
        2000,
        ge=1,
        le=10**9,
        description="Evaluate on at most about this many held-out pairs per language.",
    )
    contamination: Literal["remove", "refuse"] = Field(
        "remove",
        description="What to do with training text that occurs in a suite: "
        "remove it from training, or refuse to run.",
    )
    overlap: float | None = Field(
        0.8,
        gt=0.3,
        le=1.0,
        description="Treat training text as a suite's text from this similarity on (Jaccard "
        "similarity of character shingles, above 0.3); null: only if equal.",
    )
    suites: dict[Name, Corpus] = Field(
        default_factory=dict, description="Further evaluation suites, by name."
    )

    development: dict[Name, Corpus] = Field(
        default_factory=dict,
        description="Development suites, by name: `alignment compare` chooses by them, and the "
        "gate never sees them. At most `max_pairs` pairs per language are used, unless the suite "
        "sets its own `max_pairs`.",
    )

    @field_validator("suites", "development")
    @classmethod
    def _check_suites(cls, suites: dict[str, Corpus]) -> dict[str, Corpus]:
        if HELDOUT in suites:
            raise ValueError(
                f"{HELDOUT!r} is the name of the built-in held-out suite; choose another name"
            )
        for name, corpus in suites.items():
            if isinstance(corpus, PrebuiltTripletsCorpus):
                raise ValueError(f"{name}: prebuilt triplets have no pairs to evaluate on")
        return suites

    @property
    def every_suite(self) -> list[Corpus]:
        """The suites of the gate and the development suites, unless disabled."""
        suites = [*self.suites.values(), *self.development.values()]
        return [suite for suite in suites if not is_disabled(suite)]

    @property
    def develops(self) -> bool:
        """Whether there is a development suite that is not disabled."""
        return any(not is_disabled(corpus) for corpus in self.development.values())
