"""Which weights of a model are trained, and its dropout."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from alignment.encoder.dropout import ByteDropout
from alignment.errors import ConfigError
from alignment.extras import require

if TYPE_CHECKING:
    from peft import PeftMixedModel, PeftModel
    from transformers import PreTrainedModel

LOG_SCALE = "log_scale"  # the parameter that holds the logarithm of InfoNCE's learned scale
EMBEDDINGS = -1  # in place of a layer's number


def copy_out_of_mmap(model: torch.nn.Module) -> None:
    """Copy the weights out of the mapped file, which holds the whole vocabulary in memory."""
    for parameter in model.parameters():
        parameter.data = parameter.data.clone()


def freeze(model: torch.nn.Module, parts: Sequence[str | int]) -> None:
    """Exclude `"embeddings"`, and layers by their number from 0, from training.

    Raises:
        ConfigError: if the model has no such layer, or nothing is left to train.
    """
    numbers = [layer_number(name) for name, _ in model.named_parameters()]
    depth = 1 + max(numbers, default=EMBEDDINGS)
    unknown = [part for part in parts if isinstance(part, int) and not 0 <= part < depth]
    if unknown:
        raise ConfigError(
            f"the encoder has layers 0 to {depth - 1}, got {unknown[0]}", where="train.freeze"
        )
    frozen = set(parts)
    if "embeddings" in frozen:
        frozen.add(EMBEDDINGS)
    for name, weight in model.named_parameters():
        if layer_number(name) in frozen:
            weight.requires_grad_(False)
    if not any(weight.requires_grad for weight in model.parameters()):
        raise ConfigError(
            "nothing is left to train: every part of the encoder is frozen",
            where="train.freeze",
            hint="Remove a layer from the list.",
        )


def add_lora(model: PreTrainedModel, rank: int) -> PeftModel | PeftMixedModel:
    """The model with low-rank adapters at its matrices (LoRA, Hu et al. 2022); the rest is frozen.

    Raises:
        ConfigError: if the package peft is not installed.
    """
    require("peft", "lora", "train.lora_rank")
    from peft import LoraConfig, get_peft_model

    settings = LoraConfig(
        r=rank, lora_alpha=2 * rank, lora_dropout=0.0, target_modules="all-linear"
    )
    return get_peft_model(model, settings)


def set_dropout(model: torch.nn.Module, probability: float, *, bytewise: bool) -> None:
    """Set the probability of every dropout layer.

    `bytewise` draws one random byte per value, which is faster on a CPU.
    """
    kind = ByteDropout if bytewise else torch.nn.Dropout
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, torch.nn.Dropout):
                setattr(module, name, kind(probability))


def layer_number(parameter_name: str) -> int:
    """The layer that a parameter belongs to, from 0; `EMBEDDINGS` if it is in no layer."""
    match = re.search(r"\blayers?\.(\d+)\.", parameter_name)
    return int(match.group(1)) if match else EMBEDDINGS
