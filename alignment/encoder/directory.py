"""Encoder directories: load one, save one.

A directory of ours holds a transformers model, its tokenizer and `encoder.json` with the prefix,
the pooling and the length limit, so that vectors do not depend on what a caller passes. Directories
of sentence-transformers are read as well, and can read ours.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alignment.encoder.device import (
    BF16_EMULATED_WARNING,
    DTYPES,
    Precision,
    fastest_device,
    has_bf16,
    limit_onednn_caches,
)
from alignment.encoder.encoder import Encoder, Settings
from alignment.encoder.export import write_sentence_transformers_files
from alignment.encoder.padding import Pooling
from alignment.errors import Corrupt, Missing

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

logger = logging.getLogger(__name__)

SETTINGS = "encoder.json"
_SUPPORTED_MODULES = {"Transformer", "Pooling", "Normalize"}  # of sentence-transformers


def load_encoder(
    path: str | Path, *, device: str | None = None, precision: Precision = "fp32"
) -> Encoder:
    """Load an encoder from its directory; nothing else needs to be known about it.

    Prefix, pooling and length limit come from `encoder.json`, or from the files of
    sentence-transformers if there is none. Only safetensors are read, and no code of the model's
    is run.

    Examples:
        >>> import tempfile
        >>> from alignment.config import ScratchEncoder
        >>> from alignment.encoder.scratch import scratch_encoder
        >>> sizes = ScratchEncoder(
        ...     source="scratch", vocab_size=100, hidden_size=32, num_layers=1, num_heads=2
        ... )
        >>> model, tokenizer = scratch_encoder(["good morning", "bore da"], sizes, seed=1)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_encoder(Path(folder), model, tokenizer, Settings(max_tokens=64))
        ...     encoder = load_encoder(folder)
        >>> encoder.settings.max_tokens
        64
        >>> encoder.encode(["good morning", "bore da"]).shape
        (2, 32)

    Args:
        path: Directory with config.json, model.safetensors and the tokenizer's files.
        device: "cpu", "cuda" or another torch device; by default the GPU if there is one.
        precision: Of the weights and activations. In bf16 the cosine to the fp32 vector is above
            0.9999 for nearly every text (the lowest of 2,000 was 0.998). A CPU that
            emulates bf16 is many times slower with it; you get a warning. Pooling is in fp32.

    Raises:
        Missing: if the directory does not exist or is not an encoder.
        Corrupt: if transformers cannot read it.
    """
    from transformers import AutoModel, AutoTokenizer

    path = Path(path)
    _check_is_encoder(path)
    device = device or fastest_device()
    if precision == "bf16" and not has_bf16(device):
        logger.warning("%s", BF16_EMULATED_WARNING)
    limit_onednn_caches()
    _quiet_transformers()
    try:
        tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
        model = AutoModel.from_pretrained(
            path, local_files_only=True, use_safetensors=True, dtype=DTYPES[precision]
        )
        settings = read_settings(path)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        reason = str(error).partition("\n")[0]
        raise Corrupt(f"the encoder cannot be loaded: {reason}", where=str(path)) from error
    return Encoder(model.eval().to(device), tokenizer, settings)


def save_encoder(
    path: Path, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, settings: Settings
) -> None:
    """Write a directory that `load_encoder`, transformers and sentence-transformers read.

    Weights are saved as safetensors. Files that are already there are overwritten.
    """
    _quiet_transformers()
    model.save_pretrained(path, safe_serialization=True)
    tokenizer.save_pretrained(path)
    (path / SETTINGS).write_text(json.dumps(asdict(settings), indent=2) + "\n")
    write_sentence_transformers_files(
        path, settings.prefix, settings.max_tokens, settings.pooling, model.config.hidden_size
    )


def read_settings(path: Path) -> Settings:
    """Settings of an encoder directory: `encoder.json`, else what sentence-transformers saved.

    A model that neither of them saved has no prefix, mean pooling and the length limit of its
    tokenizer and its positions.
    """
    if (path / SETTINGS).is_file():
        return Settings(**_read_json(path / SETTINGS))
    _warn_of_unsupported_modules(path)
    return Settings(prefix=_prefix(path), max_tokens=_max_tokens(path), pooling=_pooling(path))


def _prefix(path: Path) -> str:
    """The default prompt."""
    config = _read_json(path / "config_sentence_transformers.json")
    name = config.get("default_prompt_name")
    return str(config.get("prompts", {}).get(name) or "")


def _max_tokens(path: Path) -> int:
    limits = (
        _read_json(path / "sentence_bert_config.json").get("max_seq_length"),
        _read_json(path / "tokenizer_config.json").get("model_max_length"),
        _read_json(path / "config.json").get("max_position_embeddings"),
    )
    return min((int(limit) for limit in limits if limit), default=Settings.max_tokens)


def _pooling(path: Path) -> Pooling:
    config = _read_json(path / "1_Pooling" / "config.json")
    mode = config.get("pooling_mode")  # sentence-transformers 6
    if mode == "cls" or config.get("pooling_mode_cls_token"):
        return "cls"
    if mode not in (None, "mean") or not config.get("pooling_mode_mean_tokens", True):
        logger.warning(
            "%s: its pooling is not supported (mean and cls are); mean pooling is used instead",
            path,
        )
    return "mean"


def _warn_of_unsupported_modules(path: Path) -> None:
    """Warn of modules after the pooling, such as Dense, which we do not run."""
    if not (path / "modules.json").is_file():
        return
    modules = json.loads((path / "modules.json").read_text(encoding="utf-8"))
    names = {module["type"].rpartition(".")[2] for module in modules}
    unsupported = sorted(names - _SUPPORTED_MODULES)
    if unsupported:
        logger.warning(
            "%s: unsupported modules are ignored: %s. "
            "Its vectors differ from those of sentence-transformers",
            path,
            ", ".join(unsupported),
        )


def _read_json(path: Path) -> dict[str, Any]:
    """The object of a JSON file; empty if there is no file."""
    if not path.is_file():
        return {}
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _check_is_encoder(path: Path) -> None:
    if not path.is_dir():
        raise Missing(
            "there is no such encoder directory",
            where=str(path),
            hint="Give a local directory. Download a model of the Hugging Face Hub first, "
            "for example with `hf download`.",
        )
    if not (path / "config.json").is_file():
        raise Missing(
            "not an encoder directory: there is no config.json",
            where=str(path),
            hint="It needs config.json, model.safetensors and the tokenizer's files.",
        )


def _quiet_transformers() -> None:
    """Hide progress bars, and reports of a missing pooler, which we do not use."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
