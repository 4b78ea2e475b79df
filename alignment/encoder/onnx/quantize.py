"""8-bit weights for an exported graph, by ONNX Runtime's dynamic quantization."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import Any

from alignment.encoder.onnx.files import EXTRA_PURPOSE, LARGEST_FILE
from alignment.extras import require


def quantize_graph(source: Path, target: Path) -> None:
    """Write the graph with int8 weights: a scale for each column of a matrix.

    Activations are quantized while the graph runs, by their range in the batch, so a vector depends
    a little on the texts that are encoded with it. Weights have 7 bits: with 8, processors without
    VNNI instructions add up products that overflow, and the accuracy would depend on the machine.

    Args:
        source: `model.onnx`.
        target: The file to write.
    """
    size = sum(file.stat().st_size for file in source.parent.glob(f"{source.name}*"))
    quantization: Any = require("onnxruntime.quantization", "onnx", EXTRA_PURPOSE)
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.ERROR)  # it advises a preparation that changes nothing here
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            quantization.quantize_dynamic(
                str(source),
                str(target),
                weight_type=quantization.QuantType.QInt8,
                per_channel=True,
                reduce_range=True,
                use_external_data_format=size > 2 * LARGEST_FILE,
            )
    finally:
        logger.setLevel(level)
