"""Whether a model's sentences can be packed: tried at load time, and off if the vectors differ."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, cycle, islice
from typing import TYPE_CHECKING

import torch
from sentence_transformers.base.modules import Dense
from sentence_transformers.sentence_transformer.modules import (
    Dropout,
    LayerNorm,
    Normalize,
    Pooling,
)

from alignment import compat
from alignment.encoder.container import transformer_of
from alignment.encoder.forward import embed
from alignment.encoder.packed_attention import ATTENTION, register_attention
from alignment.encoder.packing import pack
from alignment.encoder.padding import pad

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from transformers import PreTrainedModel

logger = logging.getLogger(__name__)

# Between a sentence's unit vectors, padded and packed. In bf16 they are rounded differently.
TOLERANCE = {torch.float32: 5e-4, torch.bfloat16: 0.1}
# Modules that read a sentence's vector only, or its tokens one after the other in a row.
_PACKABLE = (Pooling, Dense, Normalize, LayerNorm, Dropout)


def use_packing(container: SentenceTransformer, rows: Sequence[Sequence[int]], pad_id: int) -> bool:
    """Prepare the model for packed rows, for good, if `can_pack`."""
    if not can_pack(container, rows, pad_id):
        return False
    transformer_of(container).set_attn_implementation(ATTENTION)
    return True


def can_pack(container: SentenceTransformer, rows: Sequence[Sequence[int]], pad_id: int) -> bool:
    """Whether packed rows give the same vectors as padded ones; if not, a message says why.

    Attention that depends on more than a sentence's positions (relative buckets) gives other
    vectors or fails. The model stays as it is.

    Args:
        container: In training or in eval mode.
        rows: Token ids to try, short ones and a long one. One that is longer than the model's
            sliding windows is added, if its limit of tokens is.
        pad_id: Fills the rows where they are padded.
    """
    modes = {module: module.training for module in container.modules()}
    container.eval()
    tried = sorted([*rows, *_beyond_windows(container, rows)], key=len)
    try:
        problem = _problem(container, tried, pad_id)
    finally:
        for module, training in modes.items():
            module.training = training
    if problem:
        logger.info(
            "sentences are padded, which takes more time: this model's cannot be packed: %s",
            problem,
        )
    return not problem


@contextmanager
def packed_attention(model: PreTrainedModel) -> Iterator[None]:
    """The model takes packed rows inside, and what it took before outside."""
    register_attention()
    original = compat.attention_implementation(model)
    model.set_attn_implementation(ATTENTION)
    try:
        yield
    finally:
        model.set_attn_implementation(original)


def _problem(container: SentenceTransformer, rows: Sequence[Sequence[int]], pad_id: int) -> str:
    """Why sentences cannot be packed; "" if they can be."""
    others = [type(module).__name__ for module in list(container)[1:] if not _is_packable(module)]
    if others:
        return f"it has a module {others[0]}"
    model = transformer_of(container)
    try:
        with torch.no_grad():
            padded = embed(container, pad(rows, pad_id))
            with packed_attention(model):
                packed = embed(container, pack(rows))
    except (TypeError, ValueError, AttributeError, IndexError, RuntimeError) as error:
        return str(error) or type(error).__name__
    largest = float((packed - padded).norm(dim=1).max())
    tolerance = TOLERANCE.get(model.dtype, TOLERANCE[torch.float32])
    return f"their vectors differ by {largest:.1e}" if largest > tolerance else ""


def _beyond_windows(
    container: SentenceTransformer, rows: Sequence[Sequence[int]]
) -> list[list[int]]:
    """A row of which some tokens do not see each other; none if no window is that short."""
    windows = list(_windows(transformer_of(container)))
    if not windows:
        return []
    limit = container.max_seq_length
    length = max(windows) * 3 // 2 + 1
    if limit is not None:
        length = min(length, limit)
    if length <= min(windows) or length <= max(map(len, rows)):
        return []
    return [list(islice(cycle(chain.from_iterable(rows)), length))]


def _windows(model: torch.nn.Module) -> Iterator[int]:
    """Sizes of the sliding windows of the model's layers."""
    for part in (model.config, *model.modules()):
        window = getattr(part, "sliding_window", None)
        if isinstance(window, int):
            yield window


def _is_packable(module: torch.nn.Module) -> bool:
    return isinstance(module, _PACKABLE)
