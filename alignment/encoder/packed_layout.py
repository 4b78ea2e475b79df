"""Where the sentences of a packed row are, and which of its tokens see each other."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch


class Run(NamedTuple):
    """Sentences of one length, one after the other."""

    sentences: int
    length: int

    @property
    def tokens(self) -> int:
        """Number of tokens of all its sentences."""
        return self.sentences * self.length


class Heads(NamedTuple):
    """Number of heads of a tensor; in grouped-query attention several queries share a key."""

    keys: int
    groups: int = 1
    """Heads per key: 1 for keys and values."""


class Allowed(NamedTuple):
    """Which tokens of its sentence a token attends to."""

    causal: bool = False
    """Only itself and those before it."""
    window: int | None = None
    """Only those that are fewer than this many tokens away."""

    def mask(self, length: int) -> torch.Tensor | None:
        """Scores to add (length, length): 0 or minus infinity; None if nothing is masked."""
        if (not self.causal or length == 1) and (self.window is None or self.window >= length):
            return None
        distance = torch.arange(length)[:, None] - torch.arange(length)
        forbidden = torch.zeros(length, length, dtype=torch.bool)
        if self.causal:
            forbidden |= distance < 0
        if self.window is not None:
            forbidden |= distance.abs() >= self.window
        return torch.zeros(length, length).masked_fill_(forbidden, -math.inf)


class Layout:
    """Where the sentences of a pack are in its row, and in which order attention reads them.

    The row is ordered by token and then head. Attention reads blocks, ordered by run, sentence,
    key's head, token and query's head, so that each key's head of a sentence is one matrix.
    """

    def __init__(self, runs: tuple[Run, ...]) -> None:
        self.runs = runs
        self.num_weights = sum(run.tokens * run.length for run in runs)
        """Attention weights per head."""
        self._orders: dict[Heads, tuple[torch.Tensor, torch.Tensor]] = {}
        self._masks: dict[tuple[Allowed, int, int], torch.Tensor | None] = {}

    def boundaries(self, device: torch.device) -> torch.Tensor:
        """Where each sentence begins in the row, and where the last one ends (sentences + 1,)."""
        lengths = [0]
        for run in self.runs:
            lengths += [run.length] * run.sentences
        return torch.tensor(lengths, device=device).cumsum(0)

    def mask(self, allowed: Allowed, length: int, groups: int) -> torch.Tensor | None:
        """Scores to add to a block's, (length * groups, length); None where nothing is masked."""
        key = (allowed, length, groups)
        if key not in self._masks:
            mask = allowed.mask(length)
            self._masks[key] = None if mask is None else mask.repeat_interleave(groups, dim=0)
        return self._masks[key]

    def masks(self, allowed: Allowed, groups: int) -> list[torch.Tensor | None]:
        """`mask` of each run."""
        return [self.mask(allowed, run.length, groups) for run in self.runs]

    def to_blocks(self, x: torch.Tensor, heads: Heads) -> torch.Tensor:
        """Reorder a row (tokens, heads, dim) to blocks (tokens * heads, dim)."""
        return x.reshape(-1, x.shape[-1]).index_select(0, self._order(heads)[0])

    def to_row(self, blocks: torch.Tensor, heads: Heads) -> torch.Tensor:
        """Reorder blocks (tokens * heads, dim) to a row (tokens, heads, dim)."""
        row = blocks.index_select(0, self._order(heads)[1])
        return row.view(-1, heads.keys * heads.groups, blocks.shape[1])

    def split_blocks(self, blocks: torch.Tensor, heads: Heads) -> list[torch.Tensor]:
        """Views of `blocks`, one (sentences * keys, length * groups, dim) per run."""
        dim = blocks.shape[1]
        views = []
        sizes = [run.tokens * heads.keys * heads.groups for run in self.runs]
        for part, run in zip(blocks.split(sizes), self.runs, strict=True):
            views.append(part.view(-1, run.length * heads.groups, dim))
        return views

    def split_weights(self, weights: torch.Tensor, heads: Heads) -> list[torch.Tensor]:
        """Views of flat attention weights, (sentences * keys, length * groups, length) per run."""
        views = []
        sizes = [run.tokens * run.length * heads.keys * heads.groups for run in self.runs]
        for part, run in zip(weights.split(sizes), self.runs, strict=True):
            views.append(part.view(-1, run.length * heads.groups, run.length))
        return views

    def _order(self, heads: Heads) -> tuple[torch.Tensor, torch.Tensor]:
        """Row index of each block, and block index of each row entry, both (tokens * heads,)."""
        if heads not in self._orders:
            tokens = [run.tokens for run in self.runs]
            entries = torch.arange(sum(tokens) * heads.keys * heads.groups)
            by_token = entries.view(-1, heads.keys * heads.groups)
            parts = []
            for part, run in zip(by_token.split(tokens), self.runs, strict=True):
                parts.append(part.view(*run, *heads).transpose(1, 2).flatten())
            order = torch.cat(parts)
            inverse = torch.empty_like(order)
            inverse[order] = torch.arange(len(order))
            self._orders[heads] = (order, inverse)
        return self._orders[heads]
