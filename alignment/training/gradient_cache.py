"""The gradient of a batch that is too large for memory, one chunk at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple, cast

import torch

from alignment.encoder.forward import Batch
from alignment.training.losses import Loss


def backward_by_chunk(
    chunks: Sequence[Batch],
    embed: Callable[[Batch], torch.Tensor],
    objective: Callable[[torch.Tensor], Loss],
    autocast: Callable[[], AbstractContextManager[object]],
    without_exchange: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> Loss:
    """Accumulate the gradient of the batch's loss while only one chunk's activations are held.

    First all chunks are embedded without a graph, then the loss gives the gradient at the vectors,
    then each chunk is embedded again and takes its part of that (GradCache, Gao et al. 2021).
    Dropout is the same both times because the random generators are set back.

    Args:
        chunks: The sentences of the batch.
        embed: Unit vectors (sentences, dim) of one chunk.
        objective: The loss of all vectors, in the order of the chunks.
        autocast: The context that `embed` runs in.
        without_exchange: The context of all chunks but the last, in which processes do not exchange
            gradients. They may have different numbers of chunks, and would wait for ever.

    Raises:
        TrainingError: from `objective`, if training cannot go on.
    """
    states: list[_RandomState] = []
    parts: list[torch.Tensor] = []
    with torch.no_grad(), autocast():
        for chunk in chunks:
            states.append(_RandomState.current())
            parts.append(embed(chunk))
    vectors = torch.cat(parts).requires_grad_()
    loss = objective(vectors)
    loss.value.backward()
    gradients = cast("torch.Tensor", vectors.grad).split([len(part) for part in parts])
    final_state = _RandomState.current()
    for i, (chunk, state, gradient) in enumerate(zip(chunks, states, gradients, strict=True), 1):
        state.restore()
        exchange = nullcontext if i == len(chunks) else without_exchange
        with exchange():
            with autocast():
                again = embed(chunk)
            again.backward(gradient)
    final_state.restore()
    return loss


class _RandomState(NamedTuple):
    """States of the generators that dropout draws from."""

    cpu: torch.Tensor
    gpu: torch.Tensor | None
    """Of the current GPU."""

    @classmethod
    def current(cls) -> _RandomState:
        if not torch.cuda.is_available():
            return cls(torch.get_rng_state(), None)
        return cls(torch.get_rng_state(), torch.cuda.get_rng_state())

    def restore(self) -> None:
        torch.set_rng_state(self.cpu)
        if self.gpu is not None:
            torch.cuda.set_rng_state(self.gpu)
