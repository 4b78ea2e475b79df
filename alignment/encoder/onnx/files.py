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
LARGEST_FILE = 1_900_000_000
"""Bytes of a graph with its weights, which cannot have 2 GiB; more go into a second file."""
