"""`gate`: what a new model must reach."""

from __future__ import annotations

from pydantic import Field

from alignment.config.base import Section, Share


class Gate(Section):
    """What each language must reach before a new model replaces the deployed one."""

    floor: Share = Field(0.5, description="Lowest accuracy@1, mean of both directions.")
    alpha: float = Field(
        0.05,
        gt=0.0,
        lt=1.0,
        description="Level of the paired exact test for 'worse than deployed'.",
    )
    min_queries: int = Field(
        30, ge=1, description="Fewer pairs in a suite than this cannot be judged."
    )
