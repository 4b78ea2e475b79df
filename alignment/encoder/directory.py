"""Encoder directories: load one, save one.

A directory is one of sentence-transformers, or of transformers alone. What it gives is what
`SentenceTransformer` gives, with unit vectors.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from alignment.config.encoder import Pooling
from alignment.encoder.container import ensure_unit_vectors, load_container, save_container
from alignment.encoder.device import (
    BF16_EMULATED_WARNING,
    DTYPES,
    Precision,
    fastest_device,
    has_bf16,
    limit_onednn_caches,
)
from alignment.encoder.encoder import Encoder
from alignment.encoder.linear import use_onednn
from alignment.encoder.loaded_check import check_loaded, check_pooling_is_free
from alignment.encoder.published import check_published
from alignment.encoder.refusals import check_directory
from alignment.encoder.tokens import check_token_types

if TYPE_CHECKING:
    import torch

logger = logging.getLogger(__name__)


def load_encoder(
    path: str | Path,
    *,
    device: str | None = None,
    precision: Precision = "fp32",
    pooling: Pooling | None = None,
    trust_remote_code: bool = False,
) -> Encoder:
    """Load an encoder from its directory; nothing else needs to be known about it.

    Modules, prompts, pooling and length limit come from the files of sentence-transformers. Only
    safetensors are read.

    Examples:
        >>> import tempfile
        >>> from alignment.config import ScratchEncoder
        >>> from alignment.encoder.container import new_container
        >>> from alignment.encoder.scratch import scratch_encoder
        >>> sizes = ScratchEncoder(
        ...     source="scratch", vocab_size=100, hidden_size=32, num_layers=1, num_heads=2
        ... )
        >>> model, tokenizer = scratch_encoder(["good morning", "bore da"], sizes, seed=1)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     container = new_container(model, tokenizer, 64, Path(folder, "transformers"))
        ...     save_encoder(Path(folder, "encoder"), Encoder(container))
        ...     encoder = load_encoder(Path(folder, "encoder"))
        >>> encoder.max_tokens
        64
        >>> encoder.encode(["good morning", "bore da"]).shape
        (2, 32)

    Args:
        path: Directory with config.json, model.safetensors and the tokenizer's files.
        device: "cpu", "cuda" or another torch device; by default the GPU if there is one.
        precision: Of the weights and activations. In bf16 the cosine to the fp32 vector is above
            0.9999 for nearly every text (the lowest of 2,000 was 0.998). A CPU that
            emulates bf16 is many times slower with it; you get a warning. Pooling and all that
            follows is in fp32.
        pooling: Of a directory without modules.json: "mean" (the default), "cls", "lasttoken",
            "max", "weightedmean" or "mean_sqrt_len_tokens". Language models need it.
        trust_remote_code: Run Python code that comes with the model. Off, such a model is refused.

    Raises:
        Missing: if the directory does not exist or is not an encoder.
        Corrupt: if it cannot be read, weights are missing, it is another kind of model, or a file
            of a published version has changed.
        ConfigError: if the pooling is needed, or given although the directory has one.
    """
    path = Path(path)
    check_directory(path, trust_remote_code=trust_remote_code)
    check_published(path)
    if pooling is not None:
        check_pooling_is_free(path)
    device = device or fastest_device()
    if precision == "bf16" and not has_bf16(device):
        logger.warning("%s", BF16_EMULATED_WARNING)
    limit_onednn_caches()
    container = load_container(
        path,
        device=device,
        dtype=DTYPES[precision],
        pooling=pooling,
        trust_remote_code=trust_remote_code,
    )
    check_token_types(container, path)
    check_loaded(container, path, pooling_chosen=pooling is not None)
    ensure_unit_vectors(container)
    use_onednn(container)
    return Encoder(container)


def save_encoder(path: Path, encoder: Encoder, dtype: torch.dtype | None = None) -> None:
    """Write a directory that `load_encoder` and sentence-transformers read.

    Weights are saved as safetensors. Files that are already there are overwritten.

    Args:
        path: The directory, which is created.
        encoder: What to save.
        dtype: Convert all its weights to this type first, in place.
    """
    save_container(encoder.container, path, dtype)
