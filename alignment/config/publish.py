"""`publish`: what a published version has besides the encoder."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from alignment.config.base import Section


class OnnxFiles(Section):
    """Graphs for ONNX Runtime, which a published version has besides the encoder.

    `gate.onnx` says what they must keep of its accuracy.
    """

    int8: bool = Field(
        False,
        description="Also publish a graph with weights in 8 bits, a quarter of the size.",
    )


def _switched(value: Any) -> Any:
    """`true` is the section with its defaults, `false` is none.

    Raises:
        ValueError: if it is neither of them, and no section.
    """
    if value is True:
        return {}
    if value is False:
        return None
    if value is None or isinstance(value, dict | OnnxFiles):
        return value
    raise ValueError(f"expected true, false or keys such as {{int8: true}}, got {value!r}")


SwitchedOnnxFiles = Annotated[
    OnnxFiles | None,
    BeforeValidator(_switched, json_schema_input_type=bool | OnnxFiles | None),
]


class Publish(Section):
    """What a published version has besides the encoder."""

    onnx: SwitchedOnnxFiles = Field(
        None,
        description="Also publish the encoder as an ONNX graph, measured and gated on its own: "
        "true for weights in float32, {int8: true} for 8 bits as well. Needs the extra `onnx`.",
    )
