"""Packed batches: sentences one after the other in one row, so that no padding is computed.

Everything but attention works token by token and sees one long row, which makes the most of matrix
products. Attention is block-diagonal (`packed_attention`): the sentences are sorted by length, and
those of one length are one small product.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain, groupby

import numpy as np
import torch

from alignment.encoder.packed_layout import Layout, Run


@dataclass(frozen=True)
class Packed:
    """Sentences in one row."""

    ids: torch.Tensor
    """(1, tokens)"""
    positions: torch.Tensor
    """(1, tokens), from 0 in each sentence."""
    layout: Layout
    filler: int = 0
    """Number of sentences at the start that are of no use but to fill the row."""

    def to(self, device: torch.device) -> Packed:
        """The same batch on a device."""
        return replace(self, ids=self.ids.to(device), positions=self.positions.to(device))


def pack(rows: Sequence[Sequence[int]], multiple: int = 1) -> Packed:
    """Put rows of token ids, which are sorted by length, one after the other.

    >>> packed = pack([[5], [6], [7, 8]])
    >>> packed.ids.tolist(), packed.positions.tolist()
    ([[5, 6, 7, 8]], [[0, 0, 0, 1]])
    >>> packed.layout.runs
    (Run(sentences=2, length=1), Run(sentences=1, length=2))

    oneDNN compiles a kernel for each new number of tokens, which takes 2 ms per shape of weights.
    Sentences of one token are put first to make it a `multiple`.

    >>> packed = pack([[7, 8]], multiple=4)
    >>> packed.ids.tolist(), packed.filler
    ([[7, 7, 7, 8]], 2)
    """
    filler = -sum(map(len, rows)) % multiple
    rows = [rows[0][:1]] * filler + list(rows)
    lengths = [len(row) for row in rows]
    runs = [Run(len(list(equal)), length) for length, equal in groupby(lengths)]
    total = sum(lengths)
    # torch.tensor takes 20 times as long for a list of numbers.
    ids = np.fromiter(chain.from_iterable(rows), np.int64, total)
    ends = np.cumsum(lengths)
    positions = np.arange(total) - np.repeat(ends - lengths, lengths)
    return Packed(
        torch.from_numpy(ids)[None],
        torch.from_numpy(positions)[None],
        Layout(tuple(runs)),
        filler,
    )


def packs(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Indices sorted by length, in as few packs as the budget allows, all of about the same size.

    A pack has at most `budget` tokens plus one sentence. The size is even because a small last pack
    would make poor use of matrix products.

    >>> list(packs([4, 2, 3, 3], budget=6))
    [[1, 2, 3], [0]]
    """
    order = sorted(range(len(lengths)), key=lambda i: lengths[i])
    total = sum(lengths)
    share = total / max(1, math.ceil(total / budget))
    starts = accumulate((lengths[i] for i in order), initial=0)
    placed = zip(order, starts, strict=False)
    for _, members in groupby(placed, key=lambda item: int(item[1] / share)):
        yield [index for index, _ in members]


def first_position(model: torch.nn.Module) -> int:
    """Number of a sentence's first position. RoBERTa's begin after the padding token's id."""
    table = getattr(getattr(model, "embeddings", None), "position_embeddings", None)
    padding = getattr(table, "padding_idx", None)
    return 0 if padding is None else int(padding) + 1
