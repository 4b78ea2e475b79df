"""`gate`: what a new model must reach."""

from __future__ import annotations

from pydantic import Field

from alignment.config.base import Section, Share


class Gate(Section):
    """What every language must reach before the new model replaces the deployed one."""

    floor: Share = Field(
        0.5, description="Minimum accuracy@1, from 0 to 1, averaged over both directions."
    )
    alpha: float = Field(
        0.05,
        gt=0.0,
        lt=1.0,
        description="Significance level of the one-sided exact sign test that rejects a model "
        "for being worse than the deployed one.",
    )
    min_queries: int = Field(
        30,
        ge=1,
        le=10**9,
        description="Minimum number of pairs per suite and language; with fewer, the run stops.",
    )
