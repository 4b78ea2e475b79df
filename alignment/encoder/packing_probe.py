"""Whether a model's sentences can be packed: tried at load time, and off if the vectors differ."""

from __future__ import annotations

import logging
from collections.abc import Sequence
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

logger = logging.getLogger(__name__)

TOLERANCE = 1e-4  # between a sentence's unit vectors, padded and packed
# Modules that read a sentence's vector only, or its tokens one after the other in a row.
_PACKABLE = (Pooling, Dense, Normalize, LayerNorm, Dropout)


def use_packing(container: SentenceTransformer, rows: Sequence[Sequence[int]], pad_id: int) -> bool:
    """Prepare the model for packed rows if they give the same vectors as padded ones.

    Returns False, and leaves the model as it was, if they do not: attention that depends on more
    than a sentence's positions (relative buckets) gives other vectors or fails.

    Args:
        container: In training or in eval mode.
        rows: Token ids to try; short ones and a long one.
        pad_id: Fills the rows where they are padded.
    """
    model = transformer_of(container)
    original = compat.attention_implementation(model)
    was_training = model.training
    container.eval()
    try:
        problem = _problem(container, sorted(rows, key=len), pad_id)
    finally:
        container.train(was_training)
    if problem:
        logger.info("sentences are padded, this model's cannot be packed: %s", problem)
        model.set_attn_implementation(original)
    return not problem


def _problem(container: SentenceTransformer, rows: Sequence[Sequence[int]], pad_id: int) -> str:
    """Why sentences cannot be packed; "" if they can be, and then the model has the attention."""
    others = [type(module).__name__ for module in list(container)[1:] if not _is_packable(module)]
    if others:
        return f"it has a module {others[0]}"
    register_attention()
    try:
        with torch.no_grad():
            padded = embed(container, pad(rows, pad_id))
            transformer_of(container).set_attn_implementation(ATTENTION)
            packed = embed(container, pack(rows))
    except (TypeError, ValueError, NotImplementedError, AttributeError, RuntimeError) as error:
        return str(error) or type(error).__name__
    difference = float((packed - padded).abs().max())
    return f"their vectors differ by {difference:.1e}" if difference > TOLERANCE else ""


def _is_packable(module: torch.nn.Module) -> bool:
    return isinstance(module, _PACKABLE)
