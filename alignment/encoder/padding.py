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
    """Fill rows of token ids up to the longest of them.

    >>> batch = pad([[5, 6, 7], [8]], pad_id=1)
    >>> batch.ids.tolist()
    [[5, 6, 7], [8, 1, 1]]
    >>> batch.attention_mask.tolist()
    [[1, 1, 1], [1, 0, 0]]
    """
    longest = max(map(len, rows))
    ids = torch.full((len(rows), longest), pad_id)
    attention_mask = torch.zeros((len(rows), longest), dtype=torch.long)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row)
        attention_mask[i, : len(row)] = 1
    return Padded(ids, attention_mask)


def batches_of_similar_length(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Group texts of similar length: batches of indices, longest first.

    A batch has at most `budget` tokens, padding included, and at least one text.

    >>> list(batches_of_similar_length([3, 9, 4, 8], budget=18))
    [[1, 3], [2, 0]]
    """
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
    """Pooled float32 unit vectors (n, dim) of a padded batch.

    `ids` and `attention_mask` are (n, length), as `pad` gives them.
    """
    return torch.nn.functional.normalize(pool(model, ids, attention_mask, pooling), dim=-1)


def pool(
    model: torch.nn.Module,
    ids: torch.Tensor,
    attention_mask: torch.Tensor,
    pooling: Pooling = "mean",
) -> torch.Tensor:
    """Pooled float32 vectors (n, dim) of a padded batch, not normalized.

    `ids` and `attention_mask` are (n, length). The mean is over the tokens that are no padding.
    """
    output = model(input_ids=ids, attention_mask=attention_mask)
    hidden: torch.Tensor = output.last_hidden_state.float()  # (n, length, dim)
    if pooling == "cls":
        return hidden[:, 0]
    weights = attention_mask.unsqueeze(-1).float()
    return (hidden * weights).sum(1) / weights.sum(1).clamp(min=1.0)
