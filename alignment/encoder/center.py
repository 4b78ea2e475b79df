"""Centering: shift the vectors so that their mean is 0.

Vectors of a contrastive encoder share a large common part (e5's unrelated sentences have a cosine
of 0.7), which puts some sentences near everything. Subtracting the mean is the first step of "all
but the top" (Mu and Viswanath 2018). The last layer of a BERT ends in a bias, or a Dense module
does, which absorbs the shift: the architecture stays the same, and search does not need to know
about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from alignment.encoder.encoder import Encoder
from alignment.encoder.prompts import Side
from alignment.errors import ConfigError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

TOLERANCE = 1e-3  # length of the mean that may remain, relative to the one before


def center(encoder: Encoder, sides: Mapping[Side, Sequence[str]]) -> None:
    """Shift the model's last bias, in place, so that the pooled vectors of `sides` have mean 0.

    Each side has the same weight, however many texts it holds; empty sides are skipped.

    Args:
        encoder: Its model is changed, and its cached vectors are dropped.
        sides: Samples of the sources and of the targets.

    Raises:
        ConfigError: if the last layer does not end in a bias; the model is left unchanged.
        Corrupt: if the model gives NaN or infinite values.
    """
    mean = _mean(encoder, sides)
    bias = _last_bias(encoder.container)
    if bias is not None:
        with torch.no_grad():
            bias.sub_(mean)
        if _mean(encoder, sides).norm() <= TOLERANCE * mean.norm():
            encoder.clear_cache()
            return
        with torch.no_grad():
            bias.add_(mean)
    raise ConfigError(
        "this encoder cannot be centered: its last layer does not end in a bias",
        where="train.center",
        hint="Leave the key out.",
    )


def _last_bias(container: SentenceTransformer) -> torch.Tensor | None:
    """Bias (dim,) of the last layer normalization or Dense module, if there is one."""
    from sentence_transformers.base.modules import Dense

    bias = None
    for module in container.modules():
        if isinstance(module, torch.nn.LayerNorm):
            bias = module.bias
        if isinstance(module, Dense):
            bias = module.linear.bias
    return bias


def _mean(encoder: Encoder, sides: Mapping[Side, Sequence[str]]) -> torch.Tensor:
    """Mean pooled vector (dim,) of the sides that have text, before the normalization."""
    means = []
    for side, texts in sides.items():
        if texts:
            means.append(encoder.pool(texts, side=side).mean(axis=0))
    return torch.from_numpy(np.mean(means, axis=0)).to(encoder.model.device)
