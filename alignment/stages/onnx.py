"""onnx: an encoder as ONNX graphs, in float32 and in 8 bits, or the reason why there is none."""

from __future__ import annotations

import importlib.metadata
import logging
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from alignment import layout
from alignment.config import OnnxFiles
from alignment.encoder.cache import cached_encoder
from alignment.encoder.onnx.files import MODEL, TOKENIZER, NotExportable, Precision, require_extra
from alignment.files import remove
from alignment.store import Store
from alignment.types import Artifact, Counts, ExportRule, Input

if TYPE_CHECKING:
    from alignment.encoder.encoder import Encoder

REVISION = 1
FOLDERS: Mapping[ExportRule, str] = {"onnx": layout.ONNX, "onnx_int8": layout.ONNX_INT8}
PRECISIONS: Mapping[ExportRule, Precision] = {"onnx": "fp32", "onnx_int8": "int8"}
"""Of the weights, by the name of the rule that judges the graph."""
EXPORTER = ("onnx", "onnxruntime", "onnxscript", "torch")
"""Packages that write the graphs."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class OnnxCounts(Counts):
    """The graphs that were made, and how near their vectors are to those of torch."""

    lowest_cosine: float | None
    """Of the float32 graph, over sample texts; None if there is none."""
    bytes: dict[str, int] = field(default_factory=dict)
    """Size of each graph with its weights, by the name of its directory."""
    problem: str = ""
    """Why there is none; empty if there is."""


def wanted_graphs(settings: OnnxFiles) -> list[ExportRule]:
    """The graphs that the configuration asks for."""
    return ["onnx", "onnx_int8"] if settings.int8 else ["onnx"]


def onnx(store: Store, encoder: Input, settings: OnnxFiles) -> Artifact:
    """`onnx/` and `onnx-int8/`: directories for ONNX Runtime, verified against torch.

    A graph that cannot be made, or that gives other vectors, is a result and not an error: the gate
    says what it means for the version.

    Args:
        store: Where the artifact goes.
        encoder: A directory, identified by its content.
        settings: Which graphs.

    Raises:
        ConfigError: if the encoder has a layout that cannot be exported, or the extra is missing.
    """

    def work(out: Path) -> OnnxCounts:
        from alignment.encoder.onnx.export import graph_bytes

        model = cached_encoder(encoder.path)
        plain = out / layout.ONNX
        plain.mkdir()
        try:
            lowest = _exported(encoder, plain, model)
        except NotExportable as error:
            logger.warning("onnx: %s", error.message)
            remove(plain)
            return OnnxCounts(None, problem=error.message)
        if settings.int8:
            _quantized(encoder, plain, out / layout.ONNX_INT8, model, lowest)
        folders = [FOLDERS[rule] for rule in wanted_graphs(settings)]
        sizes = {folder: graph_bytes(out / folder) for folder in folders}
        logger.info("onnx: lowest cosine to the vectors of torch %.7f", lowest)
        return OnnxCounts(lowest, sizes)

    require_extra()
    # Another release of the exporter may write another graph, or one where this has failed.
    exporter = {name: importlib.metadata.version(name) for name in EXPORTER}
    return store.build(
        "onnx",
        work,
        revision=REVISION,
        config={**settings.model_dump(), "exporter": exporter},
        inputs={"encoder": encoder},
    )


def check_exportable(store: Store, encoder: Input) -> Artifact:
    """An artifact without files, which says that the layout of an encoder can be exported.

    Loading the encoder takes seconds, and a run that reuses everything should not take them.

    Raises:
        ConfigError: if the layout cannot be exported, by name.
    """

    def work(_: Path) -> Counts:
        from alignment.encoder.onnx import graph

        graph.check_exportable(encoder.path)
        return Counts()

    return store.build("exportable", work, revision=1, config={}, inputs={"encoder": encoder})


def _exported(encoder: Input, target: Path, model: Encoder) -> float:
    from alignment.encoder.onnx.export import describe_export, export_encoder

    lowest = export_encoder(encoder.path, target, model)
    describe_export(target, model, "fp32", lowest, _facts(encoder))
    return lowest


def _quantized(encoder: Input, source: Path, target: Path, model: Encoder, lowest: float) -> None:
    from alignment.encoder.onnx.export import describe_export
    from alignment.encoder.onnx.quantize import quantize_graph

    target.mkdir()
    quantize_graph(source / MODEL, target / MODEL)
    shutil.copy(source / TOKENIZER, target / TOKENIZER)
    describe_export(target, model, "int8", lowest, _facts(encoder))


def _facts(encoder: Input) -> dict[str, object]:
    return {"model": {"digest": encoder.digest}}
