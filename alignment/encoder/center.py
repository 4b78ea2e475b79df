"""Centering: the vectors of text lie around 0 and no longer in one corner of the space.

Vectors of a contrastive encoder share a large common part (e5's unrelated sentences have a cosine of 0.7), and some sentences
are near to everything because of it. Taking the mean off is the first step of "all but the top" (Mu and Viswanath 2018). The
last layer of a BERT ends in a bias, which takes the shift in: the model stays a plain one, and search needs to know nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from alignment.encoder.encoder import Encoder
from alignment.errors import ConfigError

TOLERANCE = 1e-3  # of the mean's length, that centering may leave


def center(encoder: Encoder, sides: Sequence[Sequence[str]]) -> None:
    """Shift the model's last bias, in place, so that the pooled vectors of `sides` have the mean 0; each side counts as much.

    Raises:
        ConfigError: if the model does not end in a normalization with a bias; it stays as it is then.
        Corrupt: if the model gives NaN or infinite values.
    """
    before = _mean(encoder, sides)
    bias = _last_bias(encoder.model)
    if bias is not None:
        with torch.no_grad():
            bias.sub_(before)
        if _mean(encoder, sides).norm() <= TOLERANCE * before.norm():
            encoder.forget()
            return
        with torch.no_grad():
            bias.add_(before)
    raise ConfigError(
        "this encoder cannot be centerd: its last layer does not end in a normalization with a bias",
        where="train.center",
        hint="Leave the key out.",
    )


def _last_bias(model: torch.nn.Module) -> torch.Tensor | None:
    """That of the last layer normalization, if there is one."""
    found = [module for module in model.modules() if isinstance(module, torch.nn.LayerNorm)]
    return found[-1].bias if found else None


def _mean(encoder: Encoder, sides: Sequence[Sequence[str]]) -> torch.Tensor:
    """Mean pooled vector (dim,) of all sides that have text; not normalized."""
    means = [encoder.pooled(texts).mean(axis=0) for texts in sides if texts]
    return torch.from_numpy(np.mean(means, axis=0)).to(encoder.model.device)
