"""Which weights of a model are trained, and its dropout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from alignment.encoder.dropout import ByteDropout
from alignment.errors import ConfigError
from alignment.extras import require
from alignment.training.parts import EMBEDDINGS, Parts

if TYPE_CHECKING:
    from peft import PeftMixedModel, PeftModel
    from sentence_transformers import SentenceTransformer
    from transformers import PreTrainedModel

LOG_SCALE = "log_scale"  # the parameter that holds the logarithm of InfoNCE's learned scale
DROPOUT = "dropout"  # in the name of an attribute


def copy_out_of_mmap(model: torch.nn.Module) -> None:
    """Copy the weights out of the mapped file, which holds the whole vocabulary in memory."""
    for parameter in model.parameters():
        parameter.data = parameter.data.clone()


def freeze(container: SentenceTransformer, chosen: Sequence[str | int], parts: Parts) -> None:
    """Exclude parts of an encoder from training, adapters included.

    Args:
        container: All modules of the encoder.
        chosen: `"embeddings"`, layers by their number from 0, and modules of the container by the
            name of their class in lower case: `"transformer"`, `"dense"`, `"layernorm"`.
        parts: Where the embeddings and the layers are.

    Raises:
        ConfigError: if the encoder has no such part, or nothing is left to train.
    """
    _check_chosen(container, chosen, parts)
    frozen = {part for part in chosen if isinstance(part, int)}
    if "embeddings" in chosen:
        frozen.add(EMBEDDINGS)
    part_of = parts.of_weights(container)
    for name, weight in container.named_parameters():
        if part_of[name] in frozen:
            weight.requires_grad_(False)
    for module in container:
        if _name_of(module) in chosen:
            module.requires_grad_(False)
    if not any(weight.requires_grad for weight in container.parameters()):
        raise ConfigError(
            "nothing is left to train: every part of the encoder is frozen",
            where="train.freeze",
            hint="Remove a part from the list.",
        )


def _check_chosen(
    container: SentenceTransformer, chosen: Sequence[str | int], parts: Parts
) -> None:
    names = {_name_of(module) for module in container if list(module.parameters())}
    names.add("embeddings")
    for part in chosen:
        if isinstance(part, int) and not 0 <= part < parts.depth:
            raise ConfigError(
                f"the encoder has layers 0 to {parts.depth - 1}, got {part}", where="train.freeze"
            )
        if isinstance(part, str) and part not in names:
            raise ConfigError(
                f"the encoder has no weights of the name {part!r}",
                where="train.freeze",
                hint=f"It has {', '.join(sorted(names))} and layers by number.",
            )


def _name_of(module: torch.nn.Module) -> str:
    return type(module).__name__.lower()


def add_lora(model: PreTrainedModel, rank: int) -> PeftModel | PeftMixedModel:
    """The model with low-rank adapters at its matrices (LoRA, Hu et al. 2022); the rest is frozen.

    Raises:
        ConfigError: if the package peft is not installed.
    """
    require("peft", "lora", "train.lora_rank")
    from peft import LoraConfig, get_peft_model

    settings = LoraConfig(
        r=rank, lora_alpha=2 * rank, lora_dropout=0.0, target_modules="all-linear"
    )
    return get_peft_model(model, settings)


def set_dropout(model: torch.nn.Module, probability: float, *, bytewise: bool) -> None:
    """Set the probability of every dropout, whether it is a module or a number.

    Where a model whose own probability is 0 has no dropout module (ModernBERT), it gets one.

    Args:
        model: Changed in place.
        probability: From 0 to 1.
        bytewise: Draw one random byte per value, which is faster on a CPU. Attention that holds its
            dropout as a number (T5, Llama) stays as it is unless its rows are packed.
    """
    kind = ByteDropout if bytewise else torch.nn.Dropout
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if _is_dropout(name, child):
                setattr(module, name, kind(probability))
        for name, value in list(vars(module).items()):
            if DROPOUT in name and type(value) in (float, int):
                setattr(module, name, probability)


def _is_dropout(name: str, module: torch.nn.Module) -> bool:
    if isinstance(module, torch.nn.Dropout):
        return True
    return isinstance(module, torch.nn.Identity) and name.endswith(("drop", DROPOUT))
