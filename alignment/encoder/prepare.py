"""From an encoder as its source gives it to the directory that everything else works with."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from alignment.encoder.directory import load_encoder, save_encoder
from alignment.encoder.encoder import Encoder
from alignment.encoder.limits import choose_max_tokens
from alignment.encoder.packing_probe import use_packing
from alignment.encoder.probe import check_same_vectors, probe, probe_vectors, round_weights
from alignment.encoder.prompts import (
    Prompts,
    choose_prompts,
    chosen_prompts,
    warn_of_unused_prompts,
)
from alignment.encoder.samples import SAMPLES
from alignment.encoder.vocabulary import reduce_vocabulary
from alignment.encoder.vocabulary_check import check_vocabulary
from alignment.encoder.weights_files import FloatType

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wanted:
    """What the configuration says about an encoder; None is as the encoder has it."""

    prompts: Prompts | None
    max_tokens: int | None
    dtype: FloatType


def prepare(
    load: Callable[[], Encoder],
    wanted: Wanted,
    out: Path,
    *,
    where: str,
    check: Callable[[Encoder], None],
    from_files: bool,
    trust_remote_code: bool = False,
) -> int:
    """Probe the encoder, and save it with the wanted prompts, length limit and type.

    Args:
        load: Gives the encoder on the CPU.
        wanted: The configuration.
        out: The directory to write.
        where: The encoder's place in messages.
        check: Called with the encoder once it has passed the probe.
        from_files: Load the encoder a second time, which must give the same.
        trust_remote_code: Run Python code that comes with the encoder.

    Returns:
        The number of its weights.

    Raises:
        ConfigError: if the configuration does not fit the encoder.
        Corrupt: if the encoder is damaged or not supported.
    """
    encoder = _settled(load(), wanted, where, warn=True)
    vectors = probe(encoder, where)
    check(encoder)
    if from_files:
        del encoder
        encoder = _settled(load(), wanted, where, warn=False)
        check_same_vectors(vectors, probe_vectors(encoder, where), "of two loads differ", where)
    num_weights = sum(weight.numel() for weight in encoder.container.parameters())
    save_encoder(out, encoder, dtype=getattr(torch, wanted.dtype))
    del encoder
    saved = load_encoder(out, device="cpu", trust_remote_code=trust_remote_code)
    check_same_vectors(vectors, probe(saved, where), "change when the model is saved", where)
    _try_shortcuts(saved)
    return num_weights


def _settled(encoder: Encoder, wanted: Wanted, where: str, *, warn: bool) -> Encoder:
    """The encoder with the wanted prompts, length limit and precision."""
    container = encoder.container
    if wanted.prompts is None and warn:
        warn_of_unused_prompts(container)
    choose_prompts(container, wanted.prompts or chosen_prompts(container))
    choose_max_tokens(container, wanted.max_tokens, warn=warn)
    check_vocabulary(encoder, where, warn=warn)
    round_weights(encoder, wanted.dtype)
    return encoder


def _try_shortcuts(encoder: Encoder) -> None:
    """Try what training does to be faster; what does not work is logged with its cost.

    The encoder cannot be used afterwards.
    """
    rows = encoder.tokenize(list(SAMPLES))
    used = {token for row in rows for token in row}
    pad_id = int(encoder.tokenizer.pad_token_id)
    reduction = reduce_vocabulary(encoder.container, used, pad_id, rows)
    use_packing(encoder.container, [reduction.reduced(row) for row in rows], reduction.pad_id)
