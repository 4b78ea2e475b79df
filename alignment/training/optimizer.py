"""The learning rate: over the steps, and over the layers."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import torch

from alignment.training.parts import Parts


def learning_rate_factor(step: int, *, total: int, warmup_ratio: float) -> float:
    """Factor in [0, 1] of the learning rate: a linear rise from 0, then a linear fall to 0.

    `step` counts from 0 to `total`; `warmup_ratio` of all steps are the rise.
    """
    warmup = math.ceil(warmup_ratio * total)
    if step < warmup:
        return step / warmup
    return max(0.0, (total - step) / max(1, total - warmup))


def layerwise_adamw(
    model: torch.nn.Module, parts: Parts, *, rate: float, decay: float, weight_decay: float
) -> torch.optim.AdamW:
    """AdamW with a learning rate per layer, see `layer_groups`."""
    return torch.optim.AdamW(layer_groups(model, parts, decay, rate, weight_decay), lr=rate)


def layer_groups(
    model: torch.nn.Module, parts: Parts, decay: float, rate: float, weight_decay: float
) -> list[dict[str, Any]]:
    """Trained parameters by layer, as torch's optimizers take them.

    The learning rate of a layer is `rate * decay ** (number of layers above it)`. What follows the
    last layer (its normalization, Dense modules, a learned scale) has the full rate, as that layer
    has. Biases and normalization weights get no weight decay.
    """
    top = parts.depth - 1
    part_of = parts.of_weights(model)
    layers: dict[str, int] = {}
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            layers[name] = min(part_of[name], top)
    parameters: dict[tuple[int, bool], list[torch.Tensor]] = defaultdict(list)
    for name, layer in layers.items():
        weight = model.get_parameter(name)
        is_matrix = weight.ndim > 1
        parameters[layer, is_matrix].append(weight)
    groups: list[dict[str, Any]] = []
    for layer, is_matrix in sorted(parameters):
        groups.append(
            {
                "params": parameters[layer, is_matrix],
                "lr": rate * decay ** (top - layer),
                "weight_decay": weight_decay if is_matrix else 0.0,
            }
        )
    return groups
