"""Attention over packed sentences: block-diagonal, one small product per length of sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from transformers import AttentionInterface

from alignment.encoder.dropout import apply_keep_mask, draw_keep_mask
from alignment.encoder.packed_inference import attend
from alignment.encoder.packed_layout import Allowed, Heads, Layout
from alignment.encoder.packed_scores import Options, exponentials, scale

ATTENTION = "alignment_packed"
# Arguments of layers that do not change what a token attends to.
_WITHOUT_EFFECT = {"cache_position", "deterministic", "position_ids", "return_dict"}


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
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    packed_layout: Layout | None = None,
    sliding_window: int | None = None,
    softcap: float | None = None,
    is_causal: bool | None = None,
    **others: object,
) -> tuple[torch.Tensor, None]:
    """Transformers' attention interface for packed rows.

    Args:
        module: The attention layer; it drops weights in training mode only.
        query: Float tensor (1, heads, tokens, dim).
        key: The same shape, or fewer heads, each for as many queries that follow each other.
        value: The shape of `key`, but that the last dimension may differ.
        attention_mask: Must be None; packed rows have no padding.
        scaling: Factor of the scores; 1 / sqrt(dim) by default.
        dropout: Probability with which an attention weight is dropped.
        packed_layout: Where the sentences are, as `forward.pool` passes it.
        sliding_window: A token sees those that are fewer than this many tokens away.
        softcap: Scores are limited to this size by tanh.
        is_causal: Whether a token sees only those before it; by default the layer's own.
        others: Anything else that a layer asks for.

    Returns:
        The attended values (1, tokens, heads, dim), and None for the weights.

    Raises:
        ValueError: if the model is called with padded rows.
        NotImplementedError: if the layer needs what is not done here.
    """
    if packed_layout is None:  # transformers makes no mask for an attention that it does not know
        raise ValueError("this model was prepared for packed rows, got padded ones")
    _refuse_unknown(attention_mask, others)
    if is_causal is None:
        is_causal = _is_causal(module)
    if not module.training:
        dropout = 0.0
    heads = Heads(key.shape[1], query.shape[1] // key.shape[1])
    options = Options(
        heads,
        Allowed(is_causal, sliding_window),
        query.shape[-1] ** -0.5 if scaling is None else scaling,
        softcap,
        dropout,
    )
    q, k, v = (x[0].transpose(0, 1) for x in (query, key, value))  # (tokens, heads, dim)
    # Without autocast: conversions back and forth cost more than these small products.
    with torch.autocast("cpu", enabled=False):
        if not dropout and not torch.is_grad_enabled():
            return attend(q, k, v, packed_layout, options)[None], None
        row: torch.Tensor = _BlockDiagonal.apply(  # type: ignore[no-untyped-call]
            q, k, v, packed_layout, options
        )
    return row[None], None


def _refuse_unknown(attention_mask: torch.Tensor | None, others: dict[str, object]) -> None:
    """Raise NotImplementedError for an argument that would change what is attended to."""
    if attention_mask is not None:
        raise NotImplementedError("attention with a mask of the model's making")
    for name, value in others.items():
        if name not in _WITHOUT_EFFECT and value is not None and value is not False:
            raise NotImplementedError(f"attention with {name}")


def _is_causal(module: torch.nn.Module) -> bool:
    """Whether the layer is a decoder's; transformers lets a configuration say that none is."""
    config = getattr(module, "config", None)
    if getattr(config, "is_causal", True) is False:
        return False
    return bool(getattr(module, "is_causal", False))


class _BlockDiagonal(torch.autograd.Function):
    """softmax(Q K^T) V within each sentence, in float32.

    It is one function because autograd would make a gradient of the whole row for each slice. What
    can be done to all runs at once is done so: a pack has about twenty runs, and calls cost more
    than the small products. The softmax is divided by its sums after the product with V, which has
    longer rows: torch's own is ten times slower if a sentence has fewer than 16 tokens.
    """

    @staticmethod
    def forward(
        ctx: Any,
        q: torch.Tensor,
        k: torch.Tensor,
        v: torch.Tensor,
        layout: Layout,
        options: Options,
    ) -> torch.Tensor:
        heads = options.heads
        blocks = _to_blocks(layout, (q, k, v), heads)
        queries, keys, values = _float_parts(layout, blocks, heads)
        scores = torch.empty(layout.num_weights * heads.keys * heads.groups)
        score_parts = layout.split_weights(scores, heads)
        _bmm(queries, _transposed(keys), score_parts)
        squashed = scale(scores, options)
        sums = exponentials(scores, score_parts, layout.masks(options.allowed, heads.groups))
        keep_mask = draw_keep_mask(scores.shape, options.dropout) if options.dropout else None
        dropped = _dropped(scores, keep_mask, options.dropout)
        attended = torch.empty(len(blocks[0]), v.shape[-1])
        _bmm(layout.split_weights(dropped, heads), values, layout.split_blocks(attended, heads))
        row = layout.to_row(attended.div_(sums).to(v.dtype), heads)
        ctx.save_for_backward(*blocks, scores, sums, row, squashed, keep_mask)
        ctx.arguments = layout, options
        return row

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        layout, options = ctx.arguments
        heads = options.heads
        # Read once: under gradient checkpointing each access computes them again.
        *blocks, exponentials, sums, row, squashed, keep_mask = ctx.saved_tensors
        queries, keys, values = _float_parts(layout, blocks, heads)
        upstream = layout.to_blocks(gradient, heads).float().div_(sums)
        upstream_parts = layout.split_blocks(upstream, heads)
        gradients = [torch.empty(x.shape) for x in blocks]
        q_parts, k_parts, v_parts = _split(layout, gradients, heads)

        dropped = _dropped(exponentials, keep_mask, options.dropout)
        _bmm(_transposed(layout.split_weights(dropped, heads)), upstream_parts, v_parts)

        # With the weights p = exponentials / sums and the gradient g of what was attended: the
        # scores' gradient is p * (g V^T - sum(g * attended)), the sum over the head's dimension.
        score_gradient = torch.empty_like(exponentials)
        _bmm(upstream_parts, _transposed(values), layout.split_weights(score_gradient, heads))
        score_gradient = _dropped(score_gradient, keep_mask, options.dropout)
        score_parts = layout.split_weights(score_gradient, heads)
        means = (gradient.float() * row.float()).sum(dim=-1, keepdim=True)
        mean_blocks = layout.to_blocks(means, heads).div_(sums)
        for part, mean in zip(score_parts, layout.split_blocks(mean_blocks, heads), strict=True):
            part.sub_(mean)
        score_gradient.mul_(exponentials)
        if squashed is not None:
            score_gradient.mul_(1 - squashed * squashed)
        _bmm(score_parts, keys, q_parts)
        _bmm(_transposed(score_parts), queries, k_parts)

        gradients[0].mul_(options.scaling)
        gradients[1].mul_(options.scaling)
        rows = []
        for block_gradient, block, each in zip(gradients, blocks, _each(heads), strict=True):
            rows.append(layout.to_row(block_gradient.to(block.dtype), each))
        return *rows, None, None


def _each(heads: Heads) -> tuple[Heads, Heads, Heads]:
    """The heads of queries, keys and values."""
    return heads, Heads(heads.keys), Heads(heads.keys)


def _to_blocks(layout: Layout, rows: Sequence[torch.Tensor], heads: Heads) -> list[torch.Tensor]:
    """Queries, keys and values as blocks."""
    return [layout.to_blocks(x, each) for x, each in zip(rows, _each(heads), strict=True)]


def _split(
    layout: Layout, blocks: Sequence[torch.Tensor], heads: Heads
) -> list[list[torch.Tensor]]:
    """Blocks of queries, keys and values, split by run."""
    return [layout.split_blocks(x, each) for x, each in zip(blocks, _each(heads), strict=True)]


def _float_parts(
    layout: Layout, blocks: Sequence[torch.Tensor], heads: Heads
) -> list[list[torch.Tensor]]:
    """The same in float32."""
    return _split(layout, [x.float() for x in blocks], heads)


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
