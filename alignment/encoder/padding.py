"""Padded batches: sentences of similar length in one rectangle, and the vectors of its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import torch

Pooling = Literal["mean", "cls"]


class Padded(NamedTuple):
    """Sentences of one batch, filled up with padding; both tensors are (n, longest), int64."""

    ids: torch.Tensor
    attention_mask: torch.Tensor
    """1 at a token, 0 at padding."""


def pad(rows: Sequence[Sequence[int]], pad_id: int) -> Padded:
    """Fill rows of token ids up to the longest of them."""
    longest = max(map(len, rows))
    ids = torch.full((len(rows), longest), pad_id)
    attention_mask = torch.zeros((len(rows), longest), dtype=torch.long)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row)
        attention_mask[i, : len(row)] = 1
    return Padded(ids, attention_mask)


def batches_of_similar_length(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Indices in batches of at most `budget` padded tokens (at least one text), longest first."""
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    start = 0
    while start < len(order):
        longest = lengths[order[start]]
        size = max(1, budget // max(longest, 1))
        yield order[start : start + size]
        start += size


def embed(
    model: torch.nn.Module,
    ids: torch.Tensor,
    attention_mask: torch.Tensor,
    pooling: Pooling = "mean",
) -> torch.Tensor:
    """Pooled float32 unit vectors (n, dim) of a padded batch, `ids` and mask (n, length)."""
    return torch.nn.functional.normalize(pool(model, ids, attention_mask, pooling), dim=-1)


def pool(
    model: torch.nn.Module,
    ids: torch.Tensor,
    attention_mask: torch.Tensor,
    pooling: Pooling = "mean",
) -> torch.Tensor:
    """Pooled float32 vectors (n, dim) of a padded batch, not normalized."""
    output = model(input_ids=ids, attention_mask=attention_mask)
    hidden: torch.Tensor = output.last_hidden_state.float()  # (n, length, dim)
    if pooling == "cls":
        return hidden[:, 0]
    weights = attention_mask.unsqueeze(-1).float()
    return (hidden * weights).sum(1) / weights.sum(1).clamp(min=1.0)
