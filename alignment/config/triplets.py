"""`triplets`: how negatives are chosen."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from alignment.config.base import Section, Share


class Shares(Section):
    """The share of negatives from each strategy, each from 0 to 1; they add up to 1."""

    random: Share = Field(0.2, description="Any other text in the language of the translation.")
    lexical: Share = Field(
        0.3, description="Texts that share rare words with the translation (BM25)."
    )
    semantic: Share = Field(0.5, description="Texts nearest to the anchor under the base encoder.")
    edited: Share = Field(
        0.0,
        description="The translation itself with a changed number, name or negation, "
        "where a rule can do it safely.",
    )
    cross: Share = Field(
        0.0, description="Wrong texts in the anchor's own language, nearest to the anchor."
    )

    @model_validator(mode="after")
    def _check_total(self) -> Self:
        total = self.random + self.lexical + self.semantic + self.edited + self.cross
        if abs(total - 1.0) > 1e-6:
            raise ValueError(
                f"the shares must add up to 1, got {total:g}: random {self.random:g}, "
                f"lexical {self.lexical:g}, semantic {self.semantic:g}, edited {self.edited:g}, "
                f"cross {self.cross:g} (keys that are not written keep their default)"
            )
        return self


class Triplets(Section):
    """How the negative of each triplet, a mismatched translation, is chosen."""

    shares: Shares = Field(Shares(), description="Share of negatives from each strategy.")
    curriculum: tuple[Shares, ...] = Field(
        (),
        description="Shares to use after the first, second, ... re-mining "
        "(`train.remine_every`); the last one stays in use. Empty: always `shares`.",
    )
    num_candidates: int = Field(
        16, ge=1, le=256, description="Candidate negatives per anchor and strategy."
    )
    pool: int = Field(
        131_072,
        ge=1024,
        le=2**24,
        description="Pairs of a language that are searched together for candidates. A larger "
        "language is divided into pools of at most this size, so that mining takes time linear in "
        "the corpus and its memory does not grow.",
    )
    precision: Literal["bf16", "fp32"] = Field(
        "fp32",
        description="Precision of the encoder in the stage `embed`. bf16 is faster on hardware "
        "that supports it and much slower elsewhere.",
    )
    skip_top: int = Field(
        0,
        ge=0,
        le=255,
        description="Number of nearest candidates that `semantic` and `cross` skip.",
    )
    relative_margin: float | None = Field(
        None,
        ge=0.0,
        lt=1.0,
        description="Guard against false negatives: the base encoder's cosine for the negative "
        "must be at most (1 - relative_margin) times the one for the translation; null: off.",
    )
    max_chrf: float = Field(
        60.0,
        gt=0.0,
        le=100.0,
        description="Guard against false negatives: skip a candidate whose chrF with the "
        "translation is above this, from 0 to 100.",
    )
