"""Packed sequences: the sentences of a batch one behind the other, so that nothing is computed on padding.

All but attention works token by token and sees one long row, of which the matrix products make the most.
Attention is block-diagonal: sentences lie sorted by length, and those of one length are one small product.
Dropout draws eight decisions from one random number, since drawing took a seventh of a training step.
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

from alignment.encoder.encoder import Pooling, embed, pad
from alignment.encoder.vocabulary import embedding_matrix

logger = logging.getLogger(__name__)

ATTENTION = "alignment_packed"
TOLERANCE = 1e-4  # between the unit vectors of a sentence that stands alone and of one that is packed


class Run(NamedTuple):
    """Sentences of one length, one behind the other."""

    sentences: int
    length: int

    @property
    def tokens(self) -> int:
        """How many places it takes."""
        return self.sentences * self.length


@dataclass(frozen=True)
class Packed:
    """Sentences in one row."""

    ids: torch.Tensor
    """(1, tokens)"""
    positions: torch.Tensor
    """(1, tokens), from 0 in each sentence."""
    runs: tuple[Run, ...]


def pack(rows: Sequence[Sequence[int]]) -> Packed:
    """Token ids of sentences that are sorted by length, in that order."""
    lengths = [len(row) for row in rows]
    runs = tuple(Run(len(list(equal)), length) for length, equal in groupby(lengths))
    ids = torch.tensor([[token for row in rows for token in row]])
    positions = torch.cat([torch.arange(length) for length in lengths])[None]
    return Packed(ids, positions, runs)


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
    out = model(input_ids=packed.ids, position_ids=positions, packed_runs=packed.runs)
    hidden = out.last_hidden_state[0].float()  # (tokens, dim)
    sentences = (
        part.view(*run, -1) for part, run in zip(hidden.split([run.tokens for run in packed.runs]), packed.runs, strict=True)
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
    attention_mask: torch.Tensor | None,  # noqa: ARG001 - transformers' interface
    scaling: float | None = None,
    dropout: float = 0.0,
    packed_runs: tuple[Run, ...] | None = None,
    sliding_window: int | None = None,
    **_: object,
) -> tuple[torch.Tensor, None]:
    """Transformers' attention interface for packed rows: query, key, value (1, heads, tokens, dim).

    Returns (1, tokens, heads, dim).

    Raises:
        ValueError: if the model is called with padded rows.
        NotImplementedError: if the layer looks at a window only.
    """
    if packed_runs is None:  # transformers makes no mask for an attention that it does not know
        raise ValueError("this model was prepared for packed rows: embed with `embed_packed`")
    if sliding_window is not None:
        raise NotImplementedError("attention within a window")
    scaling = query.shape[-1] ** -0.5 if scaling is None else scaling
    dropout = dropout if module.training else 0.0
    q, k, v = (x[0].transpose(0, 1) for x in (query, key, value))  # (tokens, heads, dim)
    with torch.autocast("cpu", enabled=False):  # small products: converting them back and forth costs more
        found: torch.Tensor = _BlockDiagonal.apply(q, k, v, packed_runs, scaling, dropout)  # type: ignore[no-untyped-call]
    return found[None], None


class _BlockDiagonal(torch.autograd.Function):
    """softmax(Q K^T) V within each sentence, in float32.

    As one function, because autograd would make a gradient of the whole row for each of its slices.
    """

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401
        q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, runs: tuple[Run, ...], scaling: float, dropout: float,
    ) -> torch.Tensor:  # fmt: skip
        out = torch.empty(q.shape, dtype=v.dtype)
        kept: list[torch.Tensor] = []
        for run, start in _places(runs):
            queries, keys, values = (_heads(x, run, start) for x in (q, k, v))
            weights = torch.softmax(torch.bmm(queries, keys.transpose(1, 2)).mul_(scaling), dim=-1)
            kept.append(weights)
            if dropout:
                mask = _mask(weights.shape, dropout)
                kept.append(mask)
                weights = (weights * mask).mul_(_scale(dropout))
            _put(out, torch.bmm(weights, values), run, start)
        ctx.save_for_backward(q, k, v, *kept)
        ctx.of = runs, scaling, dropout
        return out

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:  # noqa: ANN401
        q, k, v, *kept = ctx.saved_tensors
        runs, scaling, dropout = ctx.of
        to_q, to_k, to_v = (torch.empty(x.shape, dtype=x.dtype) for x in (q, k, v))
        saved = iter(kept)
        for run, start in _places(runs):
            queries, keys, values, given = (_heads(x, run, start) for x in (q, k, v, gradient))
            weights = next(saved)
            dropped = weights
            to_weights = torch.bmm(given, values.transpose(1, 2))
            if dropout:
                mask = next(saved)
                dropped = (weights * mask).mul_(_scale(dropout))
                to_weights.mul_(mask).mul_(_scale(dropout))
            _put(to_v, torch.bmm(dropped.transpose(1, 2), given), run, start)
            to_scores = torch._softmax_backward_data(to_weights, weights, -1, torch.float32).mul_(scaling)
            _put(to_q, torch.bmm(to_scores, keys), run, start)
            _put(to_k, torch.bmm(to_scores.transpose(1, 2), queries), run, start)
        return to_q, to_k, to_v, None, None, None


def _places(runs: Sequence[Run]) -> Iterator[tuple[Run, int]]:
    start = 0
    for run in runs:
        yield run, start
        start += run.tokens


def _heads(x: torch.Tensor, run: Run, start: int) -> torch.Tensor:
    """A run's part of (tokens, heads, dim) as (sentences * heads, length, dim) in float32."""
    _, heads, dim = x.shape
    part = x[start : start + run.tokens].view(run.sentences, run.length, heads, dim).transpose(1, 2)
    return part.to(torch.float32, memory_format=torch.contiguous_format).reshape(-1, run.length, dim)


def _put(out: torch.Tensor, part: torch.Tensor, run: Run, start: int) -> None:
    """The other way round."""
    _, heads, dim = out.shape
    place = out[start : start + run.tokens].view(run.sentences, run.length, heads, dim)
    place.copy_(part.view(run.sentences, heads, run.length, dim).transpose(1, 2))


class ByteDropout(torch.nn.Dropout):
    """Dropout that draws a byte a value: the probability is rounded to a 256th."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Zero a share of the values, and scale the others up."""
        return drop(x, self.p if self.training else 0.0)


def drop(x: torch.Tensor, probability: float) -> torch.Tensor:
    """`ByteDropout` as a function."""
    dropped: torch.Tensor = _Drop.apply(x, probability) if probability else x  # type: ignore[no-untyped-call]
    return dropped


class _Drop(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, probability: float) -> torch.Tensor:  # noqa: ANN401
        mask = _mask(x.shape, probability)
        ctx.save_for_backward(mask)
        ctx.scale = _scale(probability)
        return (x * mask).mul_(ctx.scale)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:  # noqa: ANN401
        (mask,) = ctx.saved_tensors
        return (gradient * mask).mul_(ctx.scale), None


def _mask(shape: Sequence[int], probability: float) -> torch.Tensor:
    """True where a value stays."""
    numel = torch.Size(shape).numel()
    words = torch.empty(-(-numel // 8), dtype=torch.int64).random_(torch.iinfo(torch.int64).min, None)
    return (words.view(torch.uint8)[:numel] >= _threshold(probability)).view(shape)


def _threshold(probability: float) -> int:
    return min(255, max(1, round(256 * probability)))


def _scale(probability: float) -> float:
    """So that the mean stays as it is."""
    return 256 / (256 - _threshold(probability))


AttentionInterface.register(ATTENTION, attention)
