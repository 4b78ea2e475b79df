"""`holdout`: what is kept for evaluation."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from alignment.config.base import Name, Section
from alignment.config.corpora import Corpus, PrebuiltTripletsCorpus


class Holdout(Section):
    """Evaluation suites: a held-out share of the corpora, and suites of your own."""

    share: float = Field(
        0.2, ge=0.0, le=0.5, description="Share of the pivot sentences that is held out, by hash."
    )
    max_pairs: int = Field(
        2000, ge=1, description="About so many held-out pairs a language are evaluated on, at most."
    )
    contamination: Literal["remove", "refuse"] = Field(
        "remove",
        description="What happens to training text that stands in a suite: it is left out, or the run stops.",
    )
    overlap: float | None = Field(
        0.8,
        gt=0.3,
        le=1.0,
        description="Text this similar to a suite's (Jaccard of character shingles) counts as the same; null: equal only.",
    )
    suites: dict[Name, Corpus] = Field(default_factory=dict, description="Further suites by name.")

    @field_validator("suites")
    @classmethod
    def _reserved(cls, suites: dict[str, Corpus]) -> dict[str, Corpus]:
        if "heldout" in suites:
            raise ValueError(
                "'heldout' is the name of the suite that is held out of the corpora; choose another"
            )
        if wrong := [
            name for name, corpus in suites.items() if isinstance(corpus, PrebuiltTripletsCorpus)
        ]:
            raise ValueError(f"{', '.join(wrong)}: prebuilt triplets are no pairs, and no suite")
        return suites
