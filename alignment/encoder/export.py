"""The files beside a transformers model that make `SentenceTransformer(path)` give the same vectors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_MODULES = "sentence_transformers.models"


def write_sentence_transformers_files(
    path: Path, prefix: str, max_tokens: int, pooling: str, dim: int
) -> None:
    """modules.json and the settings of its three modules: transformer, pooling, L2 normalization.

    The prefix becomes the default prompt, and it counts in the mean as it does in ours.
    """
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    _write(
        path / "modules.json",
        [
            {"idx": i, "name": str(i), "path": place, "type": f"{_MODULES}.{kind}"}
            for i, (place, kind) in enumerate(modules)
        ],
    )
    _write(
        path / "sentence_bert_config.json", {"max_seq_length": max_tokens, "do_lower_case": False}
    )
    _write(
        path / "1_Pooling" / "config.json",
        {
            "word_embedding_dimension": dim,
            "pooling_mode_cls_token": pooling == "cls",
            "pooling_mode_mean_tokens": pooling == "mean",
            "pooling_mode_max_tokens": False,
            "pooling_mode_mean_sqrt_len_tokens": False,
            "include_prompt": True,
        },
    )
    (path / "2_Normalize").mkdir(exist_ok=True)
    prompts = {"prompts": {"text": prefix}, "default_prompt_name": "text"} if prefix else {}
    _write(path / "config_sentence_transformers.json", {**prompts, "similarity_fn_name": "cosine"})


def _write(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
