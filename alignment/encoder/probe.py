"""The probe of an encoder: it is tried before anything costs time.

What a directory's files say is checked before (`refusals`); this is what only its vectors show.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from alignment.encoder.encoder import Encoder
from alignment.encoder.prompts import Side
from alignment.encoder.samples import SAMPLES
from alignment.encoder.vocabulary import embedding_matrix
from alignment.errors import Corrupt

if TYPE_CHECKING:
    from alignment.encoder.weights_files import FloatType

logger = logging.getLogger(__name__)

TOLERANCE = 1e-4  # between the unit vectors of one text
LONG_TEXT_WORK = 5e11  # operations for the long text: all 512 tokens of XLM-R large
SIDES: tuple[Side, ...] = ("source", "target")

Vectors = Mapping[Side, NDArray[np.float32]]
"""Unit vectors (n, dim) of the probe's texts, with the prompt of each side."""


def probe(encoder: Encoder, where: str) -> Vectors:
    """Encode short texts and a long one, and check what comes out.

    Args:
        encoder: With its prompts and its length limit.
        where: The encoder's place in messages.

    Raises:
        Corrupt: if the model fails, gives NaN, gives other vectors the second time, or others than
            `SentenceTransformer.encode`.
    """
    _check_finite_weights(encoder, where)
    vectors = probe_vectors(encoder, where)
    again = probe_vectors(encoder, where)
    check_same_vectors(again, vectors, "of the same text differ from call to call", where)
    by_container = _for_each_side(encoder, lambda texts, side: _by_container(encoder, texts, side))
    what = "differ from those of SentenceTransformer.encode"
    check_same_vectors(by_container, vectors, what, where)
    return vectors


def probe_vectors(encoder: Encoder, where: str) -> Vectors:
    """The vectors that `probe` compares.

    Raises:
        Corrupt: if the model fails or gives NaN.
    """
    return _for_each_side(encoder, lambda texts, side: _encoded(encoder, texts, side, where))


def _for_each_side(
    encoder: Encoder, encode: Callable[[list[str], Side], NDArray[np.float32]]
) -> Vectors:
    texts = [*SAMPLES, long_text(encoder)]
    vectors: dict[Side, NDArray[np.float32]] = {"source": encode(texts, "source")}
    if encoder.prompts.source == encoder.prompts.target:
        vectors["target"] = vectors["source"]
    else:
        vectors["target"] = encode(texts, "target")
    return vectors


def check_same_vectors(first: Vectors, second: Vectors, what: str, where: str) -> None:
    """Check that two probes gave the same; `what` completes "the vectors ...".

    Raises:
        Corrupt: if they did not.
    """
    for side in SIDES:
        _check_same(first[side], second[side], what, where)


def round_weights(encoder: Encoder, dtype: FloatType) -> None:
    """Round the weights, in place, to what `dtype` can hold; they stay in their own type."""
    if dtype == "float32":
        return
    target: torch.dtype = getattr(torch, dtype)
    with torch.no_grad():
        for weight in encoder.container.parameters():
            weight.copy_(weight.to(target))


def long_text(encoder: Encoder) -> str:
    """Text that reaches the length limit, or as far towards it as the work allows."""
    weights = sum(weight.numel() for weight in encoder.model.parameters())
    weights -= embedding_matrix(encoder.model).numel()
    tokens = min(encoder.max_tokens, int(LONG_TEXT_WORK / (2 * max(weights, 1))))
    piece = " ".join(SAMPLES)
    per_piece = max(1, len(encoder.tokenizer(piece, add_special_tokens=False)["input_ids"]))
    return " ".join([piece] * (tokens // per_piece + 1))


def _encoded(encoder: Encoder, texts: list[str], side: Side, where: str) -> NDArray[np.float32]:
    encoder.clear_cache()
    try:
        return encoder.encode(texts, side=side)
    except Corrupt as error:
        raise Corrupt(error.message, where=where, hint=error.hint) from error
    except (RuntimeError, LookupError, TypeError, ValueError, AttributeError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise Corrupt(
            f"{type(encoder.model).__name__} cannot encode text: {reason}",
            where=where,
            hint=f"Texts up to {encoder.max_tokens} tokens were tried. If only long ones fail, "
            "lower encoder.max_tokens.",
        ) from error
    finally:
        encoder.clear_cache()


def _by_container(encoder: Encoder, texts: list[str], side: Side) -> NDArray[np.float32]:
    """The vectors that sentence-transformers gives."""
    vectors = encoder.container.encode(
        texts, prompt=encoder.prompts.of(side), batch_size=4, show_progress_bar=False
    )
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: NDArray[np.float32] = vectors / np.maximum(lengths, np.finfo(np.float32).tiny)
    return unit


def _check_finite_weights(encoder: Encoder, where: str) -> None:
    for name, weight in encoder.container.named_parameters():
        if not torch.isfinite(weight).all():
            raise Corrupt(
                f"the weights {name} have NaN or infinite values",
                where=where,
                hint="The file is damaged, the training that wrote it diverged, or encoder.dtype "
                "cannot hold its numbers. Fetch the model again or use an earlier version.",
            )


def _check_same(
    first: NDArray[np.float32], second: NDArray[np.float32], what: str, where: str
) -> None:
    difference = float(np.abs(first - second).max())
    if difference > TOLERANCE:
        raise Corrupt(
            f"the vectors {what}, by up to {difference:.1e}",
            where=where,
            hint="What would be trained is not what would be used, so it is refused. "
            "Use another encoder, or report this one.",
        )
