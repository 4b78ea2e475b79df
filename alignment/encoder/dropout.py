"""Dropout that draws eight decisions from one random number: drawing one each took a seventh of a training step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch


class ByteDropout(torch.nn.Dropout):
    """Dropout that draws a byte a value: the probability is rounded to a 256th."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Zero a share of the values, and scale the others up."""
        return drop(x, self.p if self.training else 0.0)


def drop(x: torch.Tensor, probability: float) -> torch.Tensor:
    """`ByteDropout` as a function."""
    dropped: torch.Tensor = _Drop.apply(x, probability) if probability else x  # type: ignore[no-untyped-call]
    return dropped


def mask(shape: Sequence[int], probability: float) -> torch.Tensor:
    """Bytes, 1 where a value stays and 0 where it goes."""
    numel = torch.Size(shape).numel()
    words = torch.empty(-(-numel // 8), dtype=torch.int64).random_(
        torch.iinfo(torch.int64).min, None
    )
    goes = (
        _threshold(probability) - 1
    )  # bytes up to this one; clamping is ten times as fast as comparing
    return words.view(torch.uint8)[:numel].clamp_(goes, goes + 1).sub_(goes).view(shape)


def masked(x: torch.Tensor, kept: torch.Tensor, probability: float) -> torch.Tensor:
    """The values that stay, scaled so that the mean stays as it is. `kept` is a `mask`."""
    return (x * kept.to(x.dtype)).mul_(
        256 / (256 - _threshold(probability))
    )  # mixed types multiply slowly


class _Drop(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, probability: float) -> torch.Tensor:
        kept = mask(x.shape, probability)
        ctx.save_for_backward(kept)
        ctx.probability = probability
        return masked(x, kept, probability)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        (kept,) = ctx.saved_tensors
        return masked(gradient, kept, ctx.probability), None


def _threshold(probability: float) -> int:
    return min(255, max(1, round(256 * probability)))
