"""The files of an export, which the exporting and the reading code agree on. No torch."""

from __future__ import annotations

from typing import Literal

MODEL = "model.onnx"
TOKENIZER = "tokenizer.json"
INPUT_IDS = "input_ids"
ATTENTION_MASK = "attention_mask"
OUTPUT = "sentence_embedding"

Precision = Literal["fp32", "int8"]
EXTRA_PURPOSE = "ONNX"
"""What needs the extra, in the message if it is not installed."""
