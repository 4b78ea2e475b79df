"""Packed sequences: the sentences of a batch one behind the other, so that nothing is computed on padding.

All but attention works token by token and sees one long row, of which the matrix products make the most.
Attention is block-diagonal: sentences lie sorted by length, and those of one length are one small product.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import Any, NamedTuple

import torch
from transformers import AttentionInterface, PreTrainedModel

from alignment.encoder.dropout import mask, masked
from alignment.encoder.encoder import Pooling, embed, pad
from alignment.encoder.vocabulary import embedding_matrix

logger = logging.getLogger(__name__)

ATTENTION = "alignment_packed"
TOLERANCE = (
    1e-4  # between the unit vectors of a sentence that stands alone and of one that is packed
)


class Run(NamedTuple):
    """Sentences of one length, one behind the other."""

    sentences: int
    length: int

    @property
    def tokens(self) -> int:
        """How many places it takes."""
        return self.sentences * self.length


class Layout:
    """How the sentences of a pack lie in its row, and how attention sees them: by run, sentence, head and place."""

    def __init__(self, runs: tuple[Run, ...]) -> None:
        self.runs = runs
        self.weights = sum(run.tokens * run.length for run in runs)
        """Attention weights of one head."""
        self._orders: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}

    def blocks(self, x: torch.Tensor) -> torch.Tensor:
        """(tokens, heads, dim) in the order that attention sees: (tokens * heads, dim)."""
        _, heads, dim = x.shape
        return x.reshape(-1, dim).index_select(0, self._order(heads)[0])

    def row(self, blocks: torch.Tensor, heads: int) -> torch.Tensor:
        """The other way round."""
        return blocks.index_select(0, self._order(heads)[1]).view(-1, heads, blocks.shape[1])

    def runs_of(self, blocks: torch.Tensor, heads: int) -> list[torch.Tensor]:
        """Each run's part of `blocks`, (sentences * heads, length, dim)."""
        parts = blocks.split([run.tokens * heads for run in self.runs])
        return [
            part.view(-1, run.length, blocks.shape[1])
            for part, run in zip(parts, self.runs, strict=True)
        ]

    def weights_of(self, flat: torch.Tensor, heads: int) -> list[torch.Tensor]:
        """Each run's part of all attention weights, (sentences * heads, length, length)."""
        parts = flat.split([run.tokens * run.length * heads for run in self.runs])
        return [
            part.view(-1, run.length, run.length)
            for part, run in zip(parts, self.runs, strict=True)
        ]

    def _order(self, heads: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Of each block its place in the row, and of each place its block."""
        if heads not in self._orders:
            places = torch.arange(sum(run.tokens for run in self.runs) * heads).view(-1, heads)
            parts = zip(places.split([run.tokens for run in self.runs]), self.runs, strict=True)
            order = torch.cat(
                [part.view(*run, heads).transpose(1, 2).flatten() for part, run in parts]
            )
            self._orders[heads] = order, torch.argsort(order)
        return self._orders[heads]


@dataclass(frozen=True)
class Packed:
    """Sentences in one row."""

    ids: torch.Tensor
    """(1, tokens)"""
    positions: torch.Tensor
    """(1, tokens), from 0 in each sentence."""
    layout: Layout


def pack(rows: Sequence[Sequence[int]]) -> Packed:
    """Token ids of sentences that are sorted by length, in that order."""
    lengths = [len(row) for row in rows]
    runs = tuple(Run(len(list(equal)), length) for length, equal in groupby(lengths))
    ids = torch.tensor([[token for row in rows for token in row]])
    positions = torch.cat([torch.arange(length) for length in lengths])[None]
    return Packed(ids, positions, Layout(runs))


def packs(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Indices sorted by length, in as few packs as the budget allows, all about as large.

    A pack has at most `budget` tokens and one sentence more; a small rest would waste the matrix products.
    """
    order = sorted(range(len(lengths)), key=lambda i: lengths[i])
    share = sum(lengths) / max(1, math.ceil(sum(lengths) / budget))
    starts = accumulate((lengths[i] for i in order), initial=0)
    for _, chosen in groupby(zip(order, starts, strict=False), key=lambda at: int(at[1] / share)):
        yield [i for i, _ in chosen]


def embed_packed(model: torch.nn.Module, packed: Packed, pooling: Pooling = "mean") -> torch.Tensor:
    """Pooled unit vectors (sentences, dim) in float32, in the order of the pack. See `encoder.embed`."""
    positions = packed.positions + _first_position(model)
    out = model(input_ids=packed.ids, position_ids=positions, packed_layout=packed.layout)
    hidden = out.last_hidden_state[0].float()  # (tokens, dim)
    runs = packed.layout.runs
    sentences = (
        part.view(*run, -1)
        for part, run in zip(hidden.split([run.tokens for run in runs]), runs, strict=True)
    )
    pooled = torch.cat([x[:, 0] if pooling == "cls" else x.mean(1) for x in sentences])
    return torch.nn.functional.normalize(pooled, dim=-1)


def use_packing(model: PreTrainedModel, pooling: Pooling = "mean") -> bool:
    """Prepare the model for packed rows, if they give the same vectors as padded ones; else leave it as it is.

    A model whose attention depends on more than its own places (a sliding window, relative buckets) says so
    by a difference, or cannot be called so at all.
    """
    before, training = model.config._attn_implementation, model.training
    padding = _padding(model)
    tokens = [token for token in range(min(len(embedding_matrix(model)), 8)) if token != padding]
    rows = [tokens[:2], tokens[-2:], tokens]
    model.eval()
    try:
        with torch.no_grad():
            padded = embed(model, *pad(rows, padding), pooling)
            model.set_attn_implementation(ATTENTION)
            difference = float((embed_packed(model, pack(rows), pooling) - padded).abs().max())
        reason = f"their vectors differ by {difference:.1e}" if difference > TOLERANCE else ""
    except (TypeError, ValueError, NotImplementedError, AttributeError, RuntimeError) as error:
        reason = str(error)
    finally:
        model.train(training)
    if reason:
        logger.info("this model's sentences cannot be packed and are padded: %s", reason)
        model.set_attn_implementation(before)
    return not reason


def _padding(model: PreTrainedModel) -> int:
    return int(getattr(model.get_input_embeddings(), "padding_idx", None) or 0)


def _first_position(model: torch.nn.Module) -> int:
    """RoBERTa's positions begin behind the padding token's."""
    table = getattr(getattr(model, "embeddings", None), "position_embeddings", None)
    padding = getattr(table, "padding_idx", None)
    return 0 if padding is None else int(padding) + 1


def attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    packed_layout: Layout | None = None,
    sliding_window: int | None = None,
    **_: object,
) -> tuple[torch.Tensor, None]:
    """Transformers' attention interface for packed rows: query, key, value (1, heads, tokens, dim).

    Returns (1, tokens, heads, dim).

    Raises:
        ValueError: if the model is called with padded rows.
        NotImplementedError: if the layer looks at a window only.
    """
    if packed_layout is None:  # transformers makes no mask for an attention that it does not know
        raise ValueError("this model was prepared for packed rows: embed with `embed_packed`")
    if sliding_window is not None:
        raise NotImplementedError("attention within a window")
    scaling = query.shape[-1] ** -0.5 if scaling is None else scaling
    dropout = dropout if module.training else 0.0
    q, k, v = (x[0].transpose(0, 1) for x in (query, key, value))  # (tokens, heads, dim)
    with torch.autocast(
        "cpu", enabled=False
    ):  # small products: converting them back and forth costs more
        found: torch.Tensor = _BlockDiagonal.apply(q, k, v, packed_layout, scaling, dropout)  # type: ignore[no-untyped-call]
    return found[None], None


class _BlockDiagonal(torch.autograd.Function):
    """softmax(Q K^T) V within each sentence, in float32.

    One function, because autograd would make a gradient of the whole row for each of its slices. What can be done
    to all runs at once is: a pack has twenty of them, and calls cost more than the small products.
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
        given = [layout.blocks(x) for x in (q, k, v)]
        queries, keys, values = (layout.runs_of(x.float(), heads) for x in given)
        scores = torch.empty(layout.weights * heads)
        for a, b, out in zip(queries, keys, layout.weights_of(scores, heads), strict=True):
            torch.bmm(a, b.transpose(1, 2), out=out)
        weights = torch.empty_like(scores.mul_(scaling))
        for run, out in zip(*(layout.weights_of(x, heads) for x in (scores, weights)), strict=True):
            torch.softmax(run, dim=-1, out=out)
        kept = mask(weights.shape, dropout) if dropout else None
        dropped = weights if kept is None else masked(weights, kept, dropout)
        found = torch.empty(given[2].shape)
        for a, b, out in zip(
            layout.weights_of(dropped, heads), values, layout.runs_of(found, heads), strict=True
        ):
            torch.bmm(a, b, out=out)
        ctx.save_for_backward(*given, weights, kept)
        ctx.of = layout, heads, scaling, dropout
        return layout.row(found.to(v.dtype), heads)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        layout, heads, scaling, dropout = ctx.of
        *given, weights, kept = (
            ctx.saved_tensors
        )  # once: checkpointing makes them anew when they are asked for
        queries, keys, values = (layout.runs_of(x.float(), heads) for x in given)
        above = layout.runs_of(layout.blocks(gradient).float(), heads)
        to_q, to_k, to_v = (torch.empty(x.shape) for x in given)
        to_weights = torch.empty_like(weights)
        dropped = weights if kept is None else masked(weights, kept, dropout)
        for a, b, out in zip(above, values, layout.weights_of(to_weights, heads), strict=True):
            torch.bmm(a, b.transpose(1, 2), out=out)
        for a, b, out in zip(
            layout.weights_of(dropped, heads), above, layout.runs_of(to_v, heads), strict=True
        ):
            torch.bmm(a.transpose(1, 2), b, out=out)
        if kept is not None:
            to_weights = masked(to_weights, kept, dropout)
        runs = zip(*(layout.weights_of(x, heads) for x in (to_weights, weights)), strict=True)
        to_scores = [torch._softmax_backward_data(a, b, -1, torch.float32) for a, b in runs]
        for a, b, out in zip(to_scores, keys, layout.runs_of(to_q, heads), strict=True):
            torch.bmm(a, b, out=out)
        for a, b, out in zip(to_scores, queries, layout.runs_of(to_k, heads), strict=True):
            torch.bmm(a.transpose(1, 2), b, out=out)
        scaled = (to_q.mul_(scaling), to_k.mul_(scaling), to_v)
        return (
            *(layout.row(x.to(one.dtype), heads) for x, one in zip(scaled, given, strict=True)),
            None,
            None,
            None,
        )


AttentionInterface.register(ATTENTION, attention)
