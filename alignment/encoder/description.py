"""What an encoder's directory says about itself, for manifests and model cards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alignment.encoder.files import MODULES, read_json, transformer_folder
from alignment.encoder.prompts import Prompts
from alignment.encoder.weights_files import FloatType, stored_dtype

# Old spelling of sentence-transformers: one key per mode.
_OLD_MODES = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}


@dataclass(frozen=True)
class Description:
    """An encoder's modules and settings."""

    modules: tuple[str, ...]
    """Class names, in their order; empty for a directory of transformers alone."""
    pooling: str
    """Modes of the pooling, joined by "+"; empty if no file says it."""
    prompts: Prompts
    max_tokens: int | None
    dtype: FloatType


def describe(path: Path) -> Description:
    """Describe an encoder's directory from its files; nothing is loaded.

    Raises:
        Corrupt: if a file is damaged.
    """
    modules = read_json(path / MODULES, [])
    names = tuple(str(module["type"]).rpartition(".")[2] for module in modules)
    pooling = ""
    if "Pooling" in names:
        folder = path / modules[names.index("Pooling")]["path"]
        pooling = _pooling(read_json(folder / "config.json", {}))
    tokenizer = read_json(transformer_folder(path) / "tokenizer_config.json", {})
    return Description(
        modules=names,
        pooling=pooling,
        prompts=_prompts(read_json(path / "config_sentence_transformers.json", {})),
        max_tokens=tokenizer.get("model_max_length"),
        dtype=stored_dtype(path),
    )


def _pooling(config: dict[str, Any]) -> str:
    modes = config.get("pooling_mode")
    if modes is None:
        modes = [mode for key, mode in _OLD_MODES.items() if config.get(key)] or ["mean"]
    return modes if isinstance(modes, str) else "+".join(modes)


def _prompts(config: dict[str, Any]) -> Prompts:
    prompts = config.get("prompts") or {}
    default = prompts.get(config.get("default_prompt_name"), "")
    return Prompts(prompts.get("source", default), prompts.get("target", default))
