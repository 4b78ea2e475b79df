"""An encoder as a directory for ONNX Runtime, whose vectors were compared with those of torch."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from alignment.encoder.onnx.files import KIND, MODEL, TOKENIZER, NotExportable, Precision
from alignment.encoder.onnx.graph import export_graph
from alignment.encoder.onnx.runtime import OnnxEncoder
from alignment.encoder.samples import SAMPLES
from alignment.manifests import describe_files, write_manifest
from alignment.provenance import package_versions

if TYPE_CHECKING:
    from alignment.encoder.encoder import Encoder

LOWEST_COSINE = 0.99999
"""Between vectors of torch and of the exported graph in float32."""
WHERE = "the export to ONNX"


def export_encoder(source: Path, target: Path, encoder: Encoder) -> float:
    """Write `model.onnx`, `tokenizer.json` and the prompts of an encoder; verify the vectors.

    Args:
        source: The encoder's directory.
        target: A directory that exists.
        encoder: The same encoder in torch.

    Returns:
        The lowest cosine between vectors of torch and of the graph, over sample texts.

    Raises:
        ConfigError: if the encoder has a layout that cannot be exported, or the extra is missing.
        NotExportable: if torch cannot export it, or the graph gives other vectors.
    """
    export_graph(source, target)
    write_prompts(target, encoder)
    return verify(encoder, OnnxEncoder(target))


def write_prompts(directory: Path, encoder: Encoder) -> None:
    """Record the prompts, which the runtime puts before the texts."""
    write_manifest(directory, {"kind": KIND, "prompts": encoder.prompts._asdict()})


def describe_export(
    directory: Path,
    encoder: Encoder,
    precision: Precision,
    lowest_cosine: float,
    facts: Mapping[str, Any],
) -> None:
    """Write the manifest of a finished export, with `facts` such as the model and its scores."""
    versions = dict(package_versions())
    for name in ("onnx", "onnxruntime", "onnxscript"):
        versions[name] = importlib.metadata.version(name)
    files = sorted(file.name for file in directory.glob(f"{MODEL}*"))
    content = {
        "kind": KIND,
        "format": 1,
        "precision": precision,
        "dim": encoder.dim,
        "max_tokens": encoder.max_tokens,
        "prompts": encoder.prompts._asdict(),
        "lowest_cosine": lowest_cosine,
        "files": describe_files(directory, [*files, TOKENIZER]),
        "versions": versions,
        **facts,
    }
    write_manifest(directory, content)


def graph_bytes(directory: Path) -> int:
    """Size of the graph with its weights."""
    return sum(file.stat().st_size for file in directory.glob(f"{MODEL}*"))


def verify(encoder: Encoder, exported: OnnxEncoder) -> float:
    """The lowest cosine of the vectors of torch and of float32 ONNX, over sample texts.

    Raises:
        NotExportable: if the tokens differ, or a cosine is below `LOWEST_COSINE`.
    """
    long = " ".join(SAMPLES * 40)
    texts = [*SAMPLES, "", "  spaces  around\tand\nlines ", "x", long]
    lowest = 1.0
    for side in ("source", "target"):
        prompt = encoder.prompts.of(side)
        for text, ids in zip(texts, encoder.tokenize(texts, side=side), strict=True):
            if exported.token_ids(prompt + text) != ids:
                raise _differs(f"the exported tokenizer splits {text[:40]!r} otherwise")
        x = encoder.encode(texts, side=side, check=False)
        y = exported.encode(texts, side=side)
        cosines = np.einsum("nd,nd->n", x, y)
        lowest = min(lowest, float(cosines.min()))
        if not float(cosines.min()) >= LOWEST_COSINE:  # or NaN
            text = texts[int(cosines.argmin())]
            raise _differs(
                f"the graph gives another vector for {text[:40]!r}: its cosine to torch's is "
                f"{float(cosines.min()):.6f}, expected at least {LOWEST_COSINE}"
            )
    return lowest


def _differs(message: str) -> NotExportable:
    return NotExportable(
        message,
        where=WHERE,
        hint="Nothing was written. Use the model with torch, or try other versions of torch and "
        "onnxscript.",
    )
