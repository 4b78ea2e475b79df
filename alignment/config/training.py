"""`train`: the loss and the optimization."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from alignment.config.base import Section, Share


class Train(Section):
    """The loss and the optimization."""

    loss: Literal["triplet", "infonce", "triplet+infonce"] = "triplet"
    triplet_weight: Share = Field(
        0.5, description="Of triplet+infonce: the part of the triplet loss."
    )
    distance: Literal["cosine", "euclidean"] = "cosine"
    margin: float = Field(0.2, gt=0.0, description="Of the triplet loss; distances lie in [0, 2].")
    soft_margin: bool = Field(
        False, description="log(1 + exp(difference)) in place of the margin (triplet loss)."
    )
    reduction: Literal["mean", "active"] = Field(
        "mean",
        description="active: the mean over the triplets with a loss above 0 only (triplet loss).",
    )
    in_batch_negatives: Literal[
        "none", "hardest", "semihard", "semihard_farthest", "semihard_within_margin"
    ] = Field(
        "none",
        description="Also take mismatched translations of the batch as negatives (triplet loss).",
    )
    explicit_negatives: Share = Field(
        1.0,
        description="Share of the triplets whose own negative is used; the others learn from the batch's only.",
    )
    scale: float = Field(20.0, gt=0.0, description="Of InfoNCE: the inverse temperature.")
    learn_scale: bool = Field(
        False, description="Of InfoNCE: train the scale too, beginning with `scale`."
    )
    additive_margin: float = Field(
        0.0, ge=0.0, lt=1.0, description="Of InfoNCE: taken off the true pair's cosine."
    )
    distill_weight: float = Field(
        0.0,
        ge=0.0,
        description="Weight of keeping the base encoder's cosines among the batch's sentences of the pivot.",
    )
    matryoshka_dims: tuple[int, ...] = Field(
        (),
        description="Matryoshka: the loss is averaged over vectors cut to each of these dimensions too.",
    )
    center: bool = Field(
        False,
        description="Shift the base encoder's vectors first, so that their mean is 0: fewer sentences are near to everything. "
        "Unlike sentences are further apart then: take a scale of 20 with InfoNCE.",
    )
    char_noise: float = Field(
        0.0,
        ge=0.0,
        le=0.5,
        description="Share of misspelled letters in copies that stand in for three of four texts, not the pivot's: for languages "
        "close to those of the corpora; 0: none.",
    )
    steps: int = Field(150, ge=0, description="Optimizer steps; 0 trains nothing.")
    batch_size: int = Field(64, ge=1, description="Most triplets in a batch.")
    batch_tokens: int = Field(
        4096, ge=64, description="Most tokens in a batch, each distinct sentence counted once."
    )
    group_related: int = Field(
        16,
        ge=1,
        description="A triplet, that whose translation is its negative, and so on come to a batch together, this many at most; "
        "1: at random.",
    )
    mix_languages: bool = Field(
        False,
        description="Batches of several languages; otherwise one language and direction each.",
    )
    language_temperature: float = Field(
        1.0,
        ge=1.0,
        description="Languages are drawn by n ** (1 / temperature): above 1 small ones come more often.",
    )
    max_oversampling: float = Field(
        4.0, ge=1.0, description="Most times that the temperature lets a triplet come in an epoch."
    )
    learning_rate: float = Field(5e-5, gt=0.0)
    warmup_ratio: Share = Field(0.1, description="Share of the steps with a rising learning rate.")
    weight_decay: float = Field(0.01, ge=0.0)
    max_grad_norm: float = Field(1.0, gt=0.0)
    dropout: float = Field(0.1, ge=0.0, lt=1.0)
    freeze: tuple[Literal["embeddings"] | int, ...] = Field(
        (), description="Weights that stay: `embeddings`, and layers by number from 0."
    )
    layerwise_lr_decay: float = Field(
        1.0,
        gt=0.0,
        le=1.0,
        description="Each layer learns at this share of the rate of the one above it.",
    )
    gradient_cache: bool = Field(
        False,
        description="Hold one chunk's activations at a time: batches beyond memory, for another forward pass.",
    )
    gradient_checkpointing: bool = Field(
        False, description="Compute activations twice and keep few: less memory, slower."
    )
    validation_share: float = Field(
        0.02,
        ge=0.0,
        le=0.3,
        description="Share of the meanings kept from training, to choose the best step's weights.",
    )
    evaluate_every: int = Field(
        50, ge=1, description="Steps between two looks at the development pairs."
    )
    remine_every: int | None = Field(
        None,
        ge=1,
        description="Steps after which negatives are mined again, with the weights as they are then; null: never.",
    )
    early_stopping_patience: int | None = Field(
        None,
        ge=1,
        description="Stop when the development accuracy has not risen for so many looks; null: never.",
    )
    lora_rank: int | None = Field(
        None,
        ge=1,
        description="Rank of low-rank adapters: all else stays, and they are merged at the end (needs peft).",
    )
    tensorboard: bool = Field(
        False, description="Write the curves as TensorBoard files too (needs tensorboard)."
    )
    precision: Literal["auto", "bf16", "fp32"] = Field(
        "auto", description="auto: bf16 where the processor has it."
    )

    @model_validator(mode="after")
    def _negatives(self) -> Self:
        if (
            self.loss != "infonce"
            and self.in_batch_negatives == "none"
            and self.explicit_negatives < 1
        ):
            raise ValueError(
                f"explicit_negatives {self.explicit_negatives:g} with in_batch_negatives none leaves pairs without any negative: "
                "take explicit_negatives 1, or in_batch_negatives hardest or semihard"
            )
        return self

    @model_validator(mode="after")
    def _geometry(self) -> Self:
        if self.center and self.distill_weight:
            raise ValueError(
                "distill_weight keeps the base encoder's cosines, which center changes: leave one of the two out"
            )
        return self

    @model_validator(mode="after")
    def _adapters(self) -> Self:
        if self.lora_rank and self.learn_scale:
            raise ValueError(
                "lora_rank trains the adapters only: leave learn_scale out, and choose a scale"
            )
        return self

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.margin >= 2.0:
            raise ValueError(
                f"margin {self.margin:g} can never be met: {self.distance} distances of unit vectors lie in [0, 2], "
                "so every triplet would stay active for ever; take 0.05 to 0.5"
            )
        return self
