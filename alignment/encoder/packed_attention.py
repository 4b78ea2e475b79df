"""Attention over packed sentences: block-diagonal, one small product per length of sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import torch
from transformers import AttentionInterface

from alignment import compat
from alignment.encoder.dropout import apply_keep_mask, draw_keep_mask

ATTENTION = "alignment_packed"


class Run(NamedTuple):
    """Sentences of one length, one after the other."""

    sentences: int
    length: int

    @property
    def tokens(self) -> int:
        """Number of tokens of all its sentences."""
        return self.sentences * self.length


class Layout:
    """Where the sentences of a pack are in its row, and in which order attention reads them.

    The row is ordered by token and then head. Attention reads blocks, ordered by run, sentence,
    head and token, so that each head of a sentence is one matrix.
    """

    def __init__(self, runs: tuple[Run, ...]) -> None:
        self.runs = runs
        self.num_weights = sum(run.tokens * run.length for run in runs)
        """Attention weights per head."""
        self._orders: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}  # by number of heads

    def boundaries(self, device: torch.device) -> torch.Tensor:
        """Where each sentence begins in the row, and where the last one ends (sentences + 1,)."""
        lengths = [0]
        for run in self.runs:
            lengths += [run.length] * run.sentences
        return torch.tensor(lengths, device=device).cumsum(0)

    def to_blocks(self, x: torch.Tensor) -> torch.Tensor:
        """Reorder a row (tokens, heads, dim) to blocks (tokens * heads, dim)."""
        _, heads, dim = x.shape
        return x.reshape(-1, dim).index_select(0, self._order(heads)[0])

    def to_row(self, blocks: torch.Tensor, heads: int) -> torch.Tensor:
        """Reorder blocks (tokens * heads, dim) to a row (tokens, heads, dim)."""
        return blocks.index_select(0, self._order(heads)[1]).view(-1, heads, blocks.shape[1])

    def split_blocks(self, blocks: torch.Tensor, heads: int) -> list[torch.Tensor]:
        """Views of `blocks`, one (sentences * heads, length, dim) per run."""
        dim = blocks.shape[1]
        views = []
        sizes = [run.tokens * heads for run in self.runs]
        for part, run in zip(blocks.split(sizes), self.runs, strict=True):
            views.append(part.view(-1, run.length, dim))
        return views

    def split_weights(self, weights: torch.Tensor, heads: int) -> list[torch.Tensor]:
        """Views of flat attention weights, one (sentences * heads, length, length) per run."""
        views = []
        sizes = [run.tokens * run.length * heads for run in self.runs]
        for part, run in zip(weights.split(sizes), self.runs, strict=True):
            views.append(part.view(-1, run.length, run.length))
        return views

    def _order(self, heads: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Row index of each block, and block index of each row entry, both (tokens * heads,)."""
        if heads not in self._orders:
            tokens = [run.tokens for run in self.runs]
            entries = torch.arange(sum(tokens) * heads).view(-1, heads)
            parts = []
            for part, run in zip(entries.split(tokens), self.runs, strict=True):
                parts.append(part.view(*run, heads).transpose(1, 2).flatten())
            order = torch.cat(parts)
            self._orders[heads] = (order, torch.argsort(order))
        return self._orders[heads]


def register_attention() -> None:
    """Tell transformers about `ATTENTION`; a second call changes nothing.

    After it, `model.set_attn_implementation(ATTENTION)` works.
    """
    AttentionInterface.register(ATTENTION, attention)


def attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,  # noqa: ARG001 - part of the interface
    scaling: float | None = None,
    dropout: float = 0.0,
    packed_layout: Layout | None = None,
    sliding_window: int | None = None,
    **_: object,
) -> tuple[torch.Tensor, None]:
    """Transformers' attention interface for packed rows.

    Args:
        module: The attention layer; it drops weights in training mode only.
        query: Float tensor (1, heads, tokens, dim).
        key: The same shape.
        value: The same shape.
        attention_mask: Not used; packed rows have no padding.
        scaling: Factor of the scores; 1 / sqrt(dim) by default.
        dropout: Probability with which an attention weight is dropped.
        packed_layout: Where the sentences are, as `forward.pool` passes it.
        sliding_window: Must be None.

    Returns:
        The attended values (1, tokens, heads, dim), and None for the weights.

    Raises:
        ValueError: if the model is called with padded rows.
        NotImplementedError: if the layer has a sliding window.
    """
    if packed_layout is None:  # transformers makes no mask for an attention that it does not know
        raise ValueError("this model was prepared for packed rows, got padded ones")
    if sliding_window is not None:
        raise NotImplementedError("attention within a sliding window")
    if scaling is None:
        scaling = query.shape[-1] ** -0.5
    if not module.training:
        dropout = 0.0
    q, k, v = (x[0].transpose(0, 1) for x in (query, key, value))  # (tokens, heads, dim)
    # Without autocast: conversions back and forth cost more than these small products.
    with torch.autocast("cpu", enabled=False):
        row: torch.Tensor = _BlockDiagonal.apply(  # type: ignore[no-untyped-call]
            q, k, v, packed_layout, scaling, dropout
        )
    return row[None], None


class _BlockDiagonal(torch.autograd.Function):
    """softmax(Q K^T) V within each sentence, in float32.

    It is one function because autograd would make a gradient of the whole row for each slice. What
    can be done to all runs at once is done so: a pack has about twenty runs, and calls cost more
    than the small products.
    """

    @staticmethod
    def forward(
        ctx: Any,
        q: torch.Tensor,
        k: torch.Tensor,
        v: torch.Tensor,
        layout: Layout,
        scaling: float,
        dropout: float,
    ) -> torch.Tensor:
        heads = q.shape[1]
        blocks = [layout.to_blocks(x) for x in (q, k, v)]
        queries, keys, values = _float_parts(layout, blocks, heads)
        scores = torch.empty(layout.num_weights * heads)
        score_parts = layout.split_weights(scores, heads)
        _bmm(queries, _transposed(keys), score_parts)
        weights = torch.empty_like(scores.mul_(scaling))
        for part, out in zip(score_parts, layout.split_weights(weights, heads), strict=True):
            torch.softmax(part, dim=-1, out=out)
        keep_mask = draw_keep_mask(weights.shape, dropout) if dropout else None
        dropped = _dropped(weights, keep_mask, dropout)
        attended = torch.empty(blocks[2].shape)
        _bmm(layout.split_weights(dropped, heads), values, layout.split_blocks(attended, heads))
        ctx.save_for_backward(*blocks, weights, keep_mask)
        ctx.arguments = layout, heads, scaling, dropout
        return layout.to_row(attended.to(v.dtype), heads)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        layout, heads, scaling, dropout = ctx.arguments
        # Read once: under gradient checkpointing each access computes them again.
        *blocks, weights, keep_mask = ctx.saved_tensors
        queries, keys, values = _float_parts(layout, blocks, heads)
        upstream = layout.split_blocks(layout.to_blocks(gradient).float(), heads)
        q_gradient, k_gradient, v_gradient = (torch.empty(x.shape) for x in blocks)

        dropped = layout.split_weights(_dropped(weights, keep_mask, dropout), heads)
        _bmm(_transposed(dropped), upstream, layout.split_blocks(v_gradient, heads))

        weight_gradient = torch.empty_like(weights)
        _bmm(upstream, _transposed(values), layout.split_weights(weight_gradient, heads))
        weight_gradient = _dropped(weight_gradient, keep_mask, dropout)
        score_gradients = []
        for part, output in zip(
            layout.split_weights(weight_gradient, heads),
            layout.split_weights(weights, heads),
            strict=True,
        ):
            score_gradients.append(compat.softmax_backward(part, output))
        _bmm(score_gradients, keys, layout.split_blocks(q_gradient, heads))
        _bmm(_transposed(score_gradients), queries, layout.split_blocks(k_gradient, heads))

        rows = []
        scaled = (q_gradient.mul_(scaling), k_gradient.mul_(scaling), v_gradient)
        for block_gradient, block in zip(scaled, blocks, strict=True):
            rows.append(layout.to_row(block_gradient.to(block.dtype), heads))
        return *rows, None, None, None


def _float_parts(
    layout: Layout, blocks: Sequence[torch.Tensor], heads: int
) -> list[list[torch.Tensor]]:
    """Each tensor of blocks in float32, split by run."""
    return [layout.split_blocks(x.float(), heads) for x in blocks]


def _bmm(
    lefts: Iterable[torch.Tensor], rights: Iterable[torch.Tensor], outs: Iterable[torch.Tensor]
) -> None:
    """Write each run's batched product of left and right into its `out`."""
    for left, right, out in zip(lefts, rights, outs, strict=True):
        torch.bmm(left, right, out=out)


def _transposed(parts: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    return [part.transpose(1, 2) for part in parts]


def _dropped(
    values: torch.Tensor, keep_mask: torch.Tensor | None, probability: float
) -> torch.Tensor:
    if keep_mask is None:
        return values
    return apply_keep_mask(values, keep_mask, probability)
