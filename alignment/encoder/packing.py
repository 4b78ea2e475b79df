"""Packed batches: sentences one after the other in one row, so that no padding is computed.

Everything but attention works token by token and sees one long row, which makes the most of matrix
products. Attention is block-diagonal (`packed_attention`): the sentences are sorted by length, and
those of one length are one small product.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, groupby

import torch
from transformers import PreTrainedModel

from alignment import compat
from alignment.encoder.packed_attention import ATTENTION, Layout, Run, register_attention
from alignment.encoder.padding import Pooling, embed, pad
from alignment.encoder.vocabulary import embedding_matrix

logger = logging.getLogger(__name__)

TOLERANCE = 1e-4  # between a sentence's unit vectors, padded and packed


@dataclass(frozen=True)
class Packed:
    """Sentences in one row."""

    ids: torch.Tensor
    """(1, tokens)"""
    positions: torch.Tensor
    """(1, tokens), from 0 in each sentence."""
    layout: Layout


def pack(rows: Sequence[Sequence[int]]) -> Packed:
    """Put rows of token ids, which are sorted by length, one after the other.

    >>> packed = pack([[5], [6], [7, 8]])
    >>> packed.ids.tolist(), packed.positions.tolist()
    ([[5, 6, 7, 8]], [[0, 0, 0, 1]])
    >>> packed.layout.runs
    (Run(sentences=2, length=1), Run(sentences=1, length=2))
    """
    lengths = [len(row) for row in rows]
    runs = [Run(len(list(equal)), length) for length, equal in groupby(lengths)]
    ids = torch.tensor([list(chain.from_iterable(rows))])
    positions = torch.cat([torch.arange(length) for length in lengths])[None]
    return Packed(ids, positions, Layout(tuple(runs)))


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


def embed_packed(model: torch.nn.Module, packed: Packed, pooling: Pooling = "mean") -> torch.Tensor:
    """Pooled float32 unit vectors (sentences, dim), in the order of the pack.

    They equal those of `padding.embed` except for rounding.

    Args:
        model: Prepared by `use_packing`.
        packed: Sentences in one row.
        pooling: The mean of a sentence's tokens, or its first token ("cls").
    """
    positions = packed.positions + _first_position(model)
    output = model(input_ids=packed.ids, position_ids=positions, packed_layout=packed.layout)
    hidden = output.last_hidden_state[0].float()  # (tokens, dim)
    runs = packed.layout.runs
    pooled = []
    for part, run in zip(hidden.split([run.tokens for run in runs]), runs, strict=True):
        tokens = part.view(*run, -1)  # (sentences, length, dim)
        pooled.append(tokens[:, 0] if pooling == "cls" else tokens.mean(1))
    return torch.nn.functional.normalize(torch.cat(pooled), dim=-1)


def use_packing(model: PreTrainedModel, pooling: Pooling = "mean") -> bool:
    """Prepare the model for packed rows if they give the same vectors as padded ones.

    Returns False, and leaves the model as it was, if they do not: attention that depends on more
    than a sentence's positions (a sliding window, relative buckets) gives other vectors or fails.
    """
    original = compat.attention_implementation(model)
    was_training = model.training
    model.eval()
    try:
        problem = _packing_problem(model, pooling)
    finally:
        model.train(was_training)
    if problem:
        logger.info("this model's sentences are padded, they cannot be packed: %s", problem)
        model.set_attn_implementation(original)
    return not problem


def _packing_problem(model: PreTrainedModel, pooling: Pooling) -> str:
    """Why the model cannot be packed; "" if it can be, and then it has the packed attention."""
    padding = _padding_id(model)
    vocab_size = len(embedding_matrix(model))
    tokens = [token for token in range(min(vocab_size, 8)) if token != padding]
    rows = [tokens[:2], tokens[-2:], tokens]
    register_attention()
    try:
        with torch.no_grad():
            padded = embed(model, *pad(rows, padding), pooling)
            model.set_attn_implementation(ATTENTION)
            packed = embed_packed(model, pack(rows), pooling)
    except (TypeError, ValueError, NotImplementedError, AttributeError, RuntimeError) as error:
        return str(error) or type(error).__name__
    difference = float((packed - padded).abs().max())
    return f"their vectors differ by {difference:.1e}" if difference > TOLERANCE else ""


def _padding_id(model: PreTrainedModel) -> int:
    return int(getattr(model.get_input_embeddings(), "padding_idx", None) or 0)


def _first_position(model: torch.nn.Module) -> int:
    """RoBERTa's positions begin after the padding token's."""
    table = getattr(getattr(model, "embeddings", None), "position_embeddings", None)
    padding = getattr(table, "padding_idx", None)
    return 0 if padding is None else int(padding) + 1
