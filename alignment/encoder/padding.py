"""Padded batches: sentences of similar length in one rectangle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch

PaddingSide = Literal["left", "right"]


@dataclass(frozen=True)
class Padded:
    """Sentences of one batch, filled up with padding; both tensors are (n, longest), int64."""

    ids: torch.Tensor
    attention_mask: torch.Tensor
    """1 at a token, 0 at padding."""

    def to(self, device: torch.device) -> Padded:
        """The same batch on a device."""
        return Padded(self.ids.to(device), self.attention_mask.to(device))


def pad(rows: Sequence[Sequence[int]], pad_id: int, side: PaddingSide = "right") -> Padded:
    """Fill rows of token ids up to the longest of them, on the side that the tokenizer fills.

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
        start = longest - len(row) if side == "left" else 0
        ids[i, start : start + len(row)] = torch.tensor(row)
        attention_mask[i, start : start + len(row)] = 1
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
