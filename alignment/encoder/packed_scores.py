"""From scores to exponentials, for attention over packed sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch

from alignment.encoder.packed_layout import Allowed, Heads

# exp(-60) is far from float32's smallest number, so that one maximum serves all rows.
_SAFE_RANGE = 60.0
# A sum of products with exp(70) is below float32's largest number, so that no maximum is needed.
_SAFE_SIZE = 70.0


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
    scores: torch.Tensor,
    parts: Sequence[torch.Tensor],
    masks: Sequence[torch.Tensor | None],
    *,
    shift: bool = True,
) -> torch.Tensor:
    """Replace scores by multiples of their exponentials; returns the rows' sums (rows, 1).

    torch's softmax takes ten times as long if rows have fewer than 16 values. A maximum that is
    subtracted from all rows is rounded differently in every batch; without it, a text's vector is
    the same in all of them, bit for bit.

    Args:
        scores: All scores, flat.
        parts: Views of them, (blocks, rows, length) each.
        masks: What is added to each block of a part, (rows, length).
        shift: Subtract the maximum of all scores. If the scores are too far apart for that, or
            too large to leave it out, each row's own maximum is subtracted.
    """
    lowest, highest = torch.aminmax(scores)
    if shift:
        is_safe = bool(highest - lowest < _SAFE_RANGE)
    else:
        is_safe = bool(torch.maximum(-lowest, highest) < _SAFE_SIZE)
    if shift and is_safe:
        scores.sub_(highest)
    for part, mask in zip(parts, masks, strict=True):
        if mask is not None:
            part.add_(mask)
        if not is_safe:
            part.sub_(part.amax(dim=-1, keepdim=True))
    scores.exp_()
    sums = []
    for part in parts:
        rows = part.view(-1, part.shape[-1])
        if shift:  # quicker, but on AMD's processors a row's sum depends on the number of rows
            sums.append(torch.mv(rows, torch.ones(rows.shape[1])))
        else:
            sums.append(rows.sum(-1))
    return torch.cat(sums)[:, None]
