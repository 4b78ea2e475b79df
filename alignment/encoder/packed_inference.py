"""Attention over packed sentences without gradients: a few sentences at a time, in the cache."""

from __future__ import annotations

import torch

from alignment.encoder.packed_layout import Heads, Layout
from alignment.encoder.packed_scores import Options, exponentials, scale

_TOKENS = 512  # at a time: what attention makes of them stays in a core's cache
# From here on torch's fused kernel is at least as fast, and needs no memory for the scores.
_FUSED_LENGTH = 48


def attend(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, layout: Layout, options: Options
) -> torch.Tensor:
    """softmax(Q K^T) V within each sentence, computed in float32.

    Args:
        q: (tokens, heads, dim)
        k: (tokens, keys, dim)
        v: (tokens, keys, dim of values)
        layout: Where the sentences are.
        options: Of the layer.

    Returns:
        (tokens, heads, dim of values), in the type of `v`.
    """
    row = torch.empty(len(q), q.shape[1], v.shape[-1], dtype=v.dtype)
    keys = Heads(options.heads.keys)
    start = 0
    for run in layout.runs:
        at_once = max(1, _TOKENS // run.length)
        for first in range(0, run.sentences, at_once):
            sentences = min(at_once, run.sentences - first)
            part = slice(start, start + sentences * run.length)
            start = part.stop
            queries = _blocks(q[part], run.length, options.heads)
            parts = (
                queries,
                _blocks(k[part], run.length, keys),
                _blocks(v[part], run.length, keys),
            )
            if run.length >= _FUSED_LENGTH and options.softcap is None:
                blocks = _fused(*parts, layout, options)
            else:
                blocks = _attended(*parts, layout, options)
            view = row[part].view(sentences, run.length, *options.heads, -1)
            view.copy_(blocks.transpose(1, 2))
    return row


def _blocks(x: torch.Tensor, length: int, heads: Heads) -> torch.Tensor:
    """A row (tokens, heads, dim) as float32 (sentences, keys, length, groups, dim)."""
    dim = x.shape[-1]
    by_token = x.unflatten(0, (-1, length)).unflatten(2, tuple(heads))
    shape = (len(by_token), heads.keys, length, heads.groups, dim)
    return torch.empty(shape).copy_(by_token.transpose(1, 2))


def _attended(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, layout: Layout, options: Options
) -> torch.Tensor:
    """Of blocks, by plain products: (sentences, keys, length, groups, dim)."""
    length, groups = q.shape[2:4]
    queries, keys, values = (x.flatten(0, 1).flatten(1, 2) for x in (q, k, v))
    scores = torch.bmm(queries, keys.transpose(1, 2))
    scale(scores, options)
    mask = layout.mask(options.allowed, length, groups)
    sums = exponentials(scores, [scores], [mask], shift=False)
    blocks = torch.bmm(scores, values).view(-1, v.shape[-1]).div_(sums)
    return blocks.view(*q.shape[:-1], v.shape[-1])


def _fused(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, layout: Layout, options: Options
) -> torch.Tensor:
    """The same by torch's fused kernel."""
    length, groups = q.shape[2:4]
    allowed = options.allowed
    mask = None
    if allowed.window is not None and allowed.window < length:
        mask = layout.mask(allowed, length, 1)
    # A key for each query: (sentences, heads, length, dim)
    queries = q.transpose(2, 3).flatten(1, 2)
    keys = k.squeeze(3).repeat_interleave(groups, dim=1)
    values = v.squeeze(3).repeat_interleave(groups, dim=1)
    attended: torch.Tensor = torch.nn.functional.scaled_dot_product_attention(
        queries,
        keys,
        values,
        attn_mask=mask,
        is_causal=allowed.causal and mask is None,
        scale=options.scaling,
    )
    blocks: torch.Tensor = attended.unflatten(1, (-1, groups)).transpose(2, 3)
    return blocks
