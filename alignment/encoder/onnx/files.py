"""The files of an export, which the exporting and the reading code agree on. No torch."""

from __future__ import annotations

from typing import Literal

from alignment.errors import AlignmentError
from alignment.extras import require

KIND = "alignment ONNX export"
"""Of the manifest."""
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


class NotExportable(AlignmentError):
    """torch cannot export the encoder, or the graph does not give its vectors."""


def require_extra() -> None:
    """Refuse to go on without the packages of the extra `onnx`.

    Raises:
        ConfigError: with the command that installs them.
    """
    for module in ("onnx", "onnxruntime", "onnxscript"):
        require(module, "onnx", EXTRA_PURPOSE)
