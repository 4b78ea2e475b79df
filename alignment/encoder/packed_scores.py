"""From scores to exponentials, for attention over packed sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch

from alignment.encoder.packed_layout import Allowed, Heads

# exp(-60) is far from float32's smallest number, so that one maximum serves all rows.
_SAFE_RANGE = 60.0


class Options(NamedTuple):
    """What distinguishes one layer's attention from another's."""

    heads: Heads
    allowed: Allowed
    scaling: float
    softcap: float | None
    dropout: float


def scale(scores: torch.Tensor, options: Options) -> torch.Tensor | None:
    """Scale scores in place, and limit them; returns the tanh that did so."""
    if options.softcap is None:
        scores.mul_(options.scaling)
        return None
    squashed = torch.tanh(scores * (options.scaling / options.softcap))
    torch.mul(squashed, options.softcap, out=scores)
    return squashed


def exponentials(
    scores: torch.Tensor, parts: Sequence[torch.Tensor], masks: Sequence[torch.Tensor | None]
) -> torch.Tensor:
    """Replace scores by multiples of their exponentials; returns the rows' sums (rows, 1).

    torch's softmax takes ten times as long if rows have fewer than 16 values.

    Args:
        scores: All scores, flat.
        parts: Views of them, (blocks, rows, length) each.
        masks: What is added to each block of a part, (rows, length).
    """
    lowest, highest = torch.aminmax(scores)
    one_maximum = bool(highest - lowest < _SAFE_RANGE)
    if one_maximum:
        scores.sub_(highest)
    for part, mask in zip(parts, masks, strict=True):
        if mask is not None:
            part.add_(mask)
        if not one_maximum:
            part.sub_(part.amax(dim=-1, keepdim=True))
    scores.exp_()
    sums = []
    for part in parts:
        length = part.shape[-1]
        sums.append(torch.mv(part.view(-1, length), torch.ones(length)))
    return torch.cat(sums)[:, None]
