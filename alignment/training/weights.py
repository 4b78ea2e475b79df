"""Which of a model's weights are trained, and at which rate."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, cast

import torch

from alignment.encoder.dropout import ByteDropout
from alignment.errors import ConfigError

LOG_SCALE = "log_scale"


def own_memory(model: torch.nn.Module) -> None:
    """Copy the weights out of the mapped file, so that the rows that were left out are not held in memory."""
    for parameter in model.parameters():
        parameter.data = parameter.data.clone()


def freeze(model: torch.nn.Module, parts: Sequence[str | int]) -> None:
    """Leave the embeddings, or layers by their number, as they are.

    Raises:
        ConfigError: if the model has no such layer.
    """
    depth = 1 + max((_depth(name) for name, _ in model.named_parameters()), default=-1)
    if unknown := [part for part in parts if isinstance(part, int) and not 0 <= part < depth]:
        raise ConfigError(
            f"the encoder has layers 0 to {depth - 1}, got {unknown[0]}", where="train.freeze"
        )
    frozen = {-1 if part == "embeddings" else part for part in parts}
    for name, weight in model.named_parameters():
        if _depth(name) in frozen:
            weight.requires_grad_(False)


def layer_groups(
    model: torch.nn.Module, decay: float, rate: float, weight_decay: float
) -> list[dict[str, Any]]:
    """Parameters by depth and kind, each with its rate: `rate * decay ** (layers above it)`.

    Biases and normalization weights do not decay.
    """
    named = [(name, weight) for name, weight in model.named_parameters() if weight.requires_grad]
    top = max(_depth(name) for name, _ in named)
    groups: dict[tuple[int, bool], list[torch.Tensor]] = defaultdict(list)
    for name, weight in named:
        groups[top if name == LOG_SCALE else _depth(name), weight.ndim > 1].append(weight)
    return [
        {
            "params": weights,
            "lr": rate * decay ** (top - depth),
            "weight_decay": weight_decay if matrix else 0.0,
        }
        for (depth, matrix), weights in sorted(groups.items(), key=lambda item: item[0])
    ]


def _depth(name: str) -> int:
    """The layer that a parameter belongs to, -1 for the embeddings."""
    found = re.search(r"\blayers?\.(\d+)\.", name)
    return int(found.group(1)) if found else -1


def adapted(model: torch.nn.Module, rank: int) -> Any:
    """The model with low-rank adapters at its matrices (LoRA, Hu et al. 2022); all else is frozen.

    Raises:
        ConfigError: if peft is not there.
    """
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError:
        raise ConfigError(
            "train.lora_rank needs the package peft",
            where="train.lora_rank",
            hint="pip install 'alignment[lora]', or leave the key out.",
        ) from None
    settings = LoraConfig(
        r=rank, lora_alpha=2 * rank, lora_dropout=0.0, target_modules="all-linear"
    )
    return get_peft_model(cast("Any", model), settings)


def set_dropout(model: torch.nn.Module, probability: float, *, bytewise: bool) -> None:
    """One probability for every dropout; `bytewise` draws a byte a value, which is faster on a processor."""
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, torch.nn.Dropout):
                setattr(module, name, (ByteDropout if bytewise else torch.nn.Dropout)(probability))
