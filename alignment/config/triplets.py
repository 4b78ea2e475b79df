"""`triplets`: how negatives are chosen."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from alignment.config.base import Section, Share


class Shares(Section):
    """How many of the mismatched translations come from each strategy; the shares add up to 1."""

    random: Share = 0.2
    lexical: Share = Field(0.3, description="BM25 in the language of the translation.")
    semantic: Share = Field(0.5, description="Nearest to the anchor under the base encoder.")
    edited: Share = Field(
        0.0,
        description="The true translation with another number or negation, where a rule is safe.",
    )
    cross: Share = Field(
        0.0, description="A wrong text in the anchor's own language, nearest to it."
    )

    @model_validator(mode="after")
    def _total(self) -> Self:
        total = self.random + self.lexical + self.semantic + self.edited + self.cross
        if abs(total - 1.0) > 1e-6:
            raise ValueError(f"shares must add up to 1, got {total:g}")
        return self


class Triplets(Section):
    """How mismatched translations are chosen."""

    shares: Shares = Shares()
    curriculum: tuple[Shares, ...] = Field(
        (),
        description="Shares after the first, second ... train.remine_every; the last of them stays. None: always `shares`.",
    )
    num_candidates: int = Field(
        16, ge=1, le=256, description="Negatives looked at per anchor and strategy."
    )
    precision: Literal["bf16", "fp32"] = Field(
        "fp32",
        description="Of the vectors that candidates are looked for with; bf16 is faster where the processor has it, and much "
        "slower where not.",
    )
    skip_top: int = Field(
        0, ge=0, le=255, description="Nearest candidates that semantic and cross leave out."
    )
    relative_margin: float | None = Field(
        None,
        ge=0.0,
        lt=1.0,
        description="Guide: a negative's cosine under the base encoder is at most (1 - this) times the true pair's.",
    )
    max_chrf: float = Field(
        60.0,
        gt=0.0,
        le=100.0,
        description="A negative closer to the true translation (chrF) is a near-duplicate.",
    )
