"""A quantizer that destroys a graph, for tests of what the gate does about it."""

from __future__ import annotations

from pathlib import Path


def quantize_badly(source: Path, target: Path) -> None:
    """Every matrix has one value everywhere, so all texts get nearly the same vector."""
    import numpy as np
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(source)
    for weights in graph.graph.initializer:
        values = numpy_helper.to_array(weights)
        if values.ndim == 2 and values.dtype == np.float32:
            weights.CopyFrom(numpy_helper.from_array(values * 0 + 1, weights.name))
    onnx.save(graph, target)
