"""What is only seen once an encoder is loaded, and refused by name then."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from alignment.encoder.container import transformer_of
from alignment.encoder.files import MODULES
from alignment.encoder.old_versions import check_version
from alignment.errors import ConfigError, Corrupt

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_LAST_DIGITS = 1e-6  # of the largest value: outputs that differ by less are equal


def check_pooling_is_free(path: Path) -> None:
    """Check that a pooling may be chosen: the directory must not have one of its own.

    Raises:
        ConfigError: if it has.
    """
    if (path / MODULES).is_file():
        raise ConfigError(
            "the encoder has a pooling of its own, in its modules.json",
            where="encoder.pooling",
            hint="Leave the key out. To change the pooling, edit 1_Pooling/config.json.",
        )


def check_loaded(container: SentenceTransformer, path: Path, *, pooling_chosen: bool) -> None:
    """Check the container of a directory, which is in eval mode.

    Raises:
        ConfigError: if it is a language model and no pooling is chosen.
        Corrupt: if it is something that this project cannot treat rightly.
    """
    from sentence_transformers.base.modules import Transformer

    if not isinstance(container[0], Transformer):
        raise Corrupt(
            f"the first module is {type(container[0]).__name__}, code that comes with the model",
            where=str(path / MODULES),
            hint="Only sentence-transformers' own Transformer is supported as the first module.",
        )
    _check_no_decoder(container, path)
    check_version(transformer_of(container), path)
    if container.tokenizer.pad_token_id is None:
        raise Corrupt(
            "the tokenizer has no padding token",
            where=str(path / "tokenizer_config.json"),
            hint='Set "pad_token" there, usually to the end-of-text token, which is '
            f"{container.tokenizer.eos_token!r}.",
        )
    if not (path / MODULES).is_file() and not pooling_chosen and _reads_one_way(container):
        raise ConfigError(
            f"{type(transformer_of(container)).__name__} is a language model, in which a token "
            "sees only those before it, and no file says how its vectors become one",
            where=str(path),
            hint="Set encoder.pooling (in Python the argument `pooling`), usually lasttoken, or "
            "use an encoder that comes with modules.json of sentence-transformers.",
        )


def _check_no_decoder(container: SentenceTransformer, path: Path) -> None:
    model = transformer_of(container)
    if model.config.is_encoder_decoder and getattr(model, "decoder", None) is not None:
        raise Corrupt(
            f"{type(model).__name__} is an encoder and a decoder, and the encoder cannot be "
            "loaded alone",
            where=str(path),
            hint="Use a model whose encoder can be, such as T5 or mT5.",
        )


def _reads_one_way(container: SentenceTransformer) -> bool:
    """Whether the vector of a token does not depend on the tokens after it."""
    model = transformer_of(container)
    rows = torch.arange(1, 5).repeat(2, 1) % model.config.vocab_size
    rows[1, -1] = 0
    with torch.no_grad():
        ones = torch.ones_like(rows)
        states = model(input_ids=rows.to(model.device), attention_mask=ones.to(model.device))
    first = states.last_hidden_state[:, 0].float()
    difference = (first[0] - first[1]).abs().max()
    return bool(difference <= _LAST_DIGITS * first.abs().max())
