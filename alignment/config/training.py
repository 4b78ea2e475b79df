"""`train`: the loss and the optimization."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from alignment.config.base import Section, Share
from alignment.config.keys import InconsistentError, KeyProblem

MAX_STEPS = 1_000_000
LossName = Literal["triplet", "infonce", "triplet+infonce"]
AveragingShare = Annotated[float, Field(ge=0.0, lt=1.0)]
MAX_PARTS = 1000
"""How often negatives can be mined in one training."""


class Train(Section):
    """The loss, the batches and the optimization."""

    loss: LossName = Field(
        "triplet", description="Loss to minimize; `triplet+infonce` is a weighted mean of both."
    )
    triplet_weight: Share = Field(
        0.5,
        description="Weight of the triplet loss in `triplet+infonce`, from 0 to 1; "
        "InfoNCE has the rest.",
    )
    distance: Literal["cosine", "euclidean"] = Field(
        "cosine", description="Distance of the triplet loss: 1 - cosine, or Euclidean."
    )
    margin: float = Field(
        0.2,
        gt=0.0,
        description="Margin of the triplet loss: how much farther the negative must be than the "
        "positive. Distances range from 0 to 2.",
    )
    soft_margin: bool = Field(
        False,
        description="Triplet loss: use log(1 + exp(difference of the distances)), "
        "which has no margin.",
    )
    reduction: Literal["mean", "active"] = Field(
        "mean",
        description="Triplet loss: average over all triplets, or over the active ones only "
        "(those with a loss above 0).",
    )
    in_batch_negatives: Literal[
        "none", "hardest", "semihard", "semihard_farthest", "semihard_within_margin"
    ] = Field(
        "none",
        description="Triplet loss: also use other translations in the batch as negatives, the "
        "hardest or semi-hard ones. InfoNCE always uses all of them.",
    )
    explicit_negatives: Share = Field(
        1.0,
        description="Share of triplets, from 0 to 1, that use their mined negative; "
        "the rest use in-batch negatives only.",
    )
    scale: float = Field(
        20.0,
        gt=0.0,
        description="InfoNCE: factor of the cosines in the softmax, 1 / temperature.",
    )
    learn_scale: bool = Field(False, description="InfoNCE: train the scale, starting at `scale`.")
    additive_margin: float = Field(
        0.0,
        ge=0.0,
        lt=1.0,
        description="InfoNCE: margin subtracted from the cosine of the true pair.",
    )
    distill_weight: float = Field(
        0.0,
        ge=0.0,
        description="Weight of a distillation loss that keeps the base encoder's cosines between "
        "the pivot sentences of a batch; 0: off.",
    )
    matryoshka_dims: tuple[int, ...] = Field(
        (),
        description="Matryoshka training: average the loss over vectors truncated to each of "
        "these dimensions and the full vectors.",
    )
    center: bool = Field(
        False,
        description="Subtract the mean vector of the training text from the base encoder's "
        "output before training, which reduces hubs. Use a `scale` near 20 with InfoNCE, because "
        "cosines of unrelated sentences get lower.",
    )
    char_noise: float = Field(
        0.0,
        ge=0.0,
        le=0.5,
        description="Replace three of four non-pivot texts by a copy in which this share of "
        "letters is misspelled, from 0 (off) to 0.5. Helps languages related to the training "
        "languages.",
    )
    steps: int = Field(
        150,
        ge=0,
        le=MAX_STEPS,
        description="Number of optimizer steps; 0 skips training. There are no epochs.",
    )
    batch_size: int = Field(64, ge=1, le=65_536, description="Maximum triplets per batch.")
    batch_tokens: int = Field(
        4096,
        ge=64,
        le=2**24,
        description="Maximum tokens per batch; repeated sentences count once. "
        "Lower it if memory runs out.",
    )
    group_related: int = Field(
        16,
        ge=1,
        le=65_536,
        description="Put up to this many triplets that share a sentence into one batch; "
        "1 disables grouping.",
    )
    mix_languages: bool = Field(
        False,
        description="Mix languages and directions in a batch. "
        "By default a batch has one language and one direction.",
    )
    language_temperature: float = Field(
        1.0,
        ge=1.0,
        description="Sample languages in proportion to size ** (1 / temperature): 1 is "
        "proportional, higher values oversample small languages.",
    )
    max_oversampling: float = Field(
        4.0,
        ge=1.0,
        description="Maximum number of times a triplet is repeated per pass over the data when "
        "small languages are oversampled.",
    )
    weight_by_score: bool = Field(
        False,
        description="Sample a triplet in proportion to the probability that its pair is a "
        "translation. `clean.semantic` measures it; other pairs count as translations.",
    )
    learning_rate: float = Field(
        5e-5,
        gt=0.0,
        description="Peak learning rate of AdamW; after the warmup it falls linearly to 0.",
    )
    warmup_ratio: Share = Field(
        0.1, description="Share of the steps, from 0 to 1, in which the learning rate rises."
    )
    weight_decay: float = Field(
        0.01, ge=0.0, description="Weight decay of AdamW; biases and normalization have none."
    )
    max_grad_norm: float = Field(
        1.0, gt=0.0, description="Clip gradients to this norm in every step."
    )
    dropout: float = Field(
        0.1, ge=0.0, lt=1.0, description="Dropout probability in the encoder during training."
    )
    freeze: tuple[Literal["embeddings", "transformer", "dense", "layernorm"] | int, ...] = Field(
        (),
        description="Weights to keep fixed: `embeddings`, numbers of layers, counted from 0, and "
        "whole modules of the encoder: `transformer`, `dense`, `layernorm`.",
    )
    layerwise_lr_decay: float = Field(
        1.0,
        gt=0.0,
        le=1.0,
        description="Factor of the learning rate from each layer to the one below; 1: the same "
        "rate for all layers.",
    )
    gradient_cache: bool = Field(
        False,
        description="Encode a batch in chunks and cache gradients (GradCache): large batches in "
        "little memory, for one more forward pass.",
    )
    gradient_checkpointing: bool = Field(
        False, description="Recompute activations in the backward pass: less memory, slower."
    )
    validation_share: float = Field(
        0.02,
        ge=0.0,
        le=0.3,
        description="Share of the training sentences, from 0 to 0.3, used for validation: the "
        "weights of the step with the best validation accuracy are kept.",
    )
    evaluate_every: int = Field(
        50, ge=1, le=MAX_STEPS, description="Validate every this many steps."
    )
    remine_every: int | None = Field(
        None,
        ge=1,
        le=MAX_STEPS,
        description="Mine negatives again with the current weights every this many steps; "
        "null: never.",
    )
    early_stopping_patience: int | None = Field(
        None,
        ge=1,
        le=MAX_STEPS,
        description="Stop after this many validations without improvement; null: never.",
    )
    average_with_base: AveragingShare | Literal["auto"] | None = Field(
        None,
        description="Publish a weighted mean of the trained weights and those of the base encoder, "
        "which keeps more of what the base knows. A number from 0 to below 1 is the share of the "
        "base; `auto` chooses it on the validation pairs; null: publish the trained weights.",
    )
    lora_rank: int | None = Field(
        None,
        ge=1,
        le=4096,
        description="Train LoRA adapters of this rank only; they are merged into the weights at "
        "the end. Needs `peft`. null: train all weights.",
    )
    tensorboard: bool = Field(
        False, description="Also write the training curves for TensorBoard. Needs `tensorboard`."
    )
    precision: Literal["auto", "bf16", "fp32"] = Field(
        "auto", description="Precision of training; `auto` is bf16 where the hardware supports it."
    )

    workers: int = Field(
        1,
        ge=1,
        le=4096,
        description="Number of processes that share every batch, one for each GPU. They train what "
        "one process does: on this machine, or with `runner.kind: ray` on those of the cluster.",
    )
    gpus_per_worker: int = Field(
        0,
        ge=0,
        le=64,
        description="With `runner.kind: ray`: GPUs of each training process. Above 0, training "
        "runs where the cluster has them, also with one worker.",
    )
    sharding: Literal["none", "fsdp"] = Field(
        "none",
        description="`fsdp` divides weights, gradients and optimizer states among the `workers`, "
        "for encoders that one GPU cannot train: slower, the same result. `none`: each has all.",
    )

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        problems = [KeyProblem((key,), message) for key, message in _contradictions(self).items()]
        if problems:
            raise InconsistentError(*problems)
        return self


def _contradictions(train: Train) -> dict[str, str]:
    """What contradicts another setting, by the key to change."""
    messages = {}
    without_negatives = train.in_batch_negatives == "none" and train.explicit_negatives < 1
    if without_negatives and train.loss != "infonce":
        messages["explicit_negatives"] = (
            f"{train.explicit_negatives:g} with in_batch_negatives: none leaves some triplets "
            "without a negative: set explicit_negatives: 1, or in_batch_negatives: hardest"
        )
    if train.center and train.distill_weight:
        messages["distill_weight"] = (
            "distillation keeps the base encoder's cosines and center changes them: "
            "use one of the two"
        )
    if train.lora_rank and train.learn_scale:
        messages["learn_scale"] = (
            "lora_rank trains adapters only, so the scale cannot be learned: "
            "set learn_scale: false and choose a scale"
        )
    if train.remine_every and train.steps > MAX_PARTS * train.remine_every:
        messages["remine_every"] = (
            f"{train.steps:,} steps would mine negatives more than {MAX_PARTS:,} times: "
            "use a larger interval"
        )
    if train.average_with_base == "auto" and not train.validation_share:
        messages["average_with_base"] = (
            "auto chooses on the validation pairs, and validation_share: 0 keeps none: "
            "set validation_share: 0.02, or a number such as average_with_base: 0.3"
        )
    if train.sharding != "none" and train.workers == 1:
        messages["sharding"] = (
            f"{train.sharding} divides the weights among processes, and there is one: "
            "set workers to the number of GPUs, or sharding: none"
        )
    if train.margin >= 2.0:
        messages["margin"] = (
            f"no triplet can reach a margin of {train.margin:g}: {train.distance} distances of "
            "unit vectors range from 0 to 2. Use a value between 0.05 and 0.5"
        )
    return messages
