"""The model card: `README.md` of a published version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alignment.report.model_index import model_index
from alignment.report.onnx import OnnxResults
from alignment.report.summary import CorpusUse
from alignment.report.templating import render_markdown, trusted
from alignment.types import Finding, Override

NO_SUITES: Mapping[str, str] = {}


def render_card(
    *,
    name: str,
    origin: str,
    reference: str,
    findings: Sequence[Finding],
    corpora: Sequence[CorpusUse],
    training: Mapping[str, Any],
    encoder: Mapping[str, Any],
    names: Mapping[str, str],
    override: Override | None = None,
    onnx: OnnxResults | None = None,
    suites: Mapping[str, str] = NO_SUITES,
) -> str:
    """What the model is, how to use it, how it was measured, and what it was trained on.

    Args:
        name: Name of the model in the registry.
        origin: What it was trained from: "fine-tuned from ...".
        reference: Name of the encoder that it was compared with.
        findings: The gate's findings.
        corpora: The corpora with their licenses.
        training: The section `train` of the configuration.
        encoder: Its `prompts` (source, target), `pooling`, `modules`, `dtype`, `max_tokens`, and
            whether it needs `trust_remote_code`.
        names: Names of the languages by code, the pivot first.
        override: Who deployed it although the gate refused it, and why.
        onnx: Its ONNX graphs, if they were asked for.
        suites: sha256 of the pairs of each suite, by `language/suite`.
    """
    pivot = next(iter(names))
    return render_markdown(
        "model_card.md.j2",
        name=name,
        origin=origin,
        reference=reference,
        findings=findings,
        corpora=corpora,
        training=training,
        encoder=encoder,
        names=names,
        override=override,
        onnx=onnx,
        model_index=trusted(model_index(name, pivot, findings, suites)),
    )
