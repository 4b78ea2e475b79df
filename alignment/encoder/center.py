"""Centering: shift the vectors so that their mean is 0.

Vectors of a contrastive encoder share a large common part (e5's unrelated sentences have a cosine
of 0.7), which puts some sentences near everything. Subtracting the mean is the first step of "all
but the top" (Mu and Viswanath 2018). The last layer of a BERT ends in a bias, which absorbs the
shift: the architecture stays the same, and search does not need to know about it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from alignment.encoder.encoder import Encoder
from alignment.errors import ConfigError

TOLERANCE = 1e-3  # length of the mean that may remain, relative to the one before


def center(encoder: Encoder, sides: Sequence[Sequence[str]]) -> None:
    """Shift the model's last bias, in place, so that the pooled vectors of `sides` have mean 0.

    Each side has the same weight, however many texts it holds; empty sides are skipped.

    Args:
        encoder: Its model is changed, and its cached vectors are dropped.
        sides: Samples of text, such as the sources and the targets.

    Raises:
        ConfigError: if the model does not end in a normalization with a bias; it is left unchanged.
        Corrupt: if the model gives NaN or infinite values.
    """
    mean = _mean(encoder, sides)
    bias = _last_bias(encoder.model)
    if bias is not None:
        with torch.no_grad():
            bias.sub_(mean)
        if _mean(encoder, sides).norm() <= TOLERANCE * mean.norm():
            encoder.clear_cache()
            return
        with torch.no_grad():
            bias.add_(mean)
    raise ConfigError(
        "this encoder cannot be centered: its last layer is not a normalization with a bias",
        where="train.center",
        hint="Leave the key out.",
    )


def _last_bias(model: torch.nn.Module) -> torch.Tensor | None:
    """Bias (dim,) of the last layer normalization, if there is one."""
    bias = None
    for module in model.modules():
        if isinstance(module, torch.nn.LayerNorm):
            bias = module.bias
    return bias


def _mean(encoder: Encoder, sides: Sequence[Sequence[str]]) -> torch.Tensor:
    """Mean pooled vector (dim,) of the sides that have text, before the normalization."""
    means = [encoder.pool(texts).mean(axis=0) for texts in sides if texts]
    return torch.from_numpy(np.mean(means, axis=0)).to(encoder.model.device)
