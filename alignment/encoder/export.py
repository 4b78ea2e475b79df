"""Files next to a transformers model that make `SentenceTransformer(path)` give our vectors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_PACKAGE = "sentence_transformers.models"
_MODULES = (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize"))


def write_sentence_transformers_files(
    path: Path, prefix: str, max_tokens: int, pooling: str, dim: int
) -> None:
    """Write modules.json and the settings of its three modules: transformer, pooling, L2 norm.

    Args:
        path: The encoder's directory.
        prefix: Becomes the default prompt. Its tokens count in the mean, as they do in ours.
        max_tokens: Length limit, special tokens included.
        pooling: "mean" or "cls".
        dim: Length of a vector.
    """
    _write(path / "modules.json", _modules())
    transformer = {"max_seq_length": max_tokens, "do_lower_case": False}
    _write(path / "sentence_bert_config.json", transformer)
    _write(path / "1_Pooling" / "config.json", _pooling(pooling, dim))
    (path / "2_Normalize").mkdir(exist_ok=True)
    _write(path / "config_sentence_transformers.json", _prompts(prefix))


def _modules() -> list[dict[str, Any]]:
    return [
        {"idx": i, "name": str(i), "path": folder, "type": f"{_PACKAGE}.{kind}"}
        for i, (folder, kind) in enumerate(_MODULES)
    ]


def _pooling(pooling: str, dim: int) -> dict[str, Any]:
    return {
        "word_embedding_dimension": dim,
        "pooling_mode_cls_token": pooling == "cls",
        "pooling_mode_mean_tokens": pooling == "mean",
        "pooling_mode_max_tokens": False,
        "pooling_mode_mean_sqrt_len_tokens": False,
        "include_prompt": True,
    }


def _prompts(prefix: str) -> dict[str, Any]:
    config: dict[str, Any] = {}
    if prefix:
        config = {"prompts": {"text": prefix}, "default_prompt_name": "text"}
    config["similarity_fn_name"] = "cosine"
    return config


def _write(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
