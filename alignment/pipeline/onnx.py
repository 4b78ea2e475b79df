"""The candidate as ONNX graphs: made after training, measured, and judged by the gate."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

from alignment import layout
from alignment.config import Config
from alignment.encoder.cache import clear_encoders
from alignment.encoder.onnx.files import require_extra
from alignment.encoder.onnx.runtime import cached_onnx_encoder
from alignment.errors import ConfigError
from alignment.pipeline.runner import Runner
from alignment.pipeline.workspace import Workspace
from alignment.stages.evaluate_onnx import evaluate_onnx
from alignment.stages.further import FurtherArtifacts
from alignment.stages.onnx import (
    FOLDERS,
    PRECISIONS,
    OnnxCounts,
    check_exportable,
    onnx,
    wanted_graphs,
)
from alignment.types import Artifact, ExportRule, Input, Verdict


def check_extra(config: Config) -> None:
    """Refuse to begin without the packages that the configuration needs.

    Raises:
        ConfigError: with the command that installs them.
    """
    if config.publish.onnx is not None:
        require_extra()


def check_base(config: Config, workspace: Workspace, encoder: Artifact) -> None:
    """Refuse a base encoder that cannot be exported, before hours of training.

    Raises:
        ConfigError: if the configuration asks for ONNX, and the encoder's layout has none.
    """
    if config.publish.onnx is None:
        return
    try:
        check_exportable(workspace.store, encoder.directory(layout.MODEL))
    except ConfigError as error:
        raise ConfigError(
            f"the encoder cannot be published as ONNX: {error.message}",
            where="publish.onnx",
            hint="Remove publish.onnx, or choose another encoder.",
        ) from error


def with_onnx(
    config: Config,
    workspace: Workspace,
    runner: Runner,
    holdout: Artifact,
    candidate: Input,
    further: FurtherArtifacts,
) -> FurtherArtifacts:
    """`further` with the candidate's graphs and their accuracy, if the configuration asks for them.

    Args:
        config: The whole configuration.
        workspace: Where artifacts are kept.
        runner: Runs the stages.
        holdout: The suites.
        candidate: The encoder's directory.
        further: What else was measured of the candidate.

    Raises:
        AlignmentError: from the stage that failed.
    """
    settings = config.publish.onnx
    if settings is None:
        return further
    made = runner.run("onnx", functools.partial(onnx, workspace.store, candidate, settings))
    if OnnxCounts.of(made).problem:
        return dataclasses.replace(further, onnx=made)
    clear_encoders()
    graphs = {rule: made.directory(FOLDERS[rule]) for rule in wanted_graphs(settings)}
    calls = {}
    for code in config.measured:
        calls[code] = functools.partial(evaluate_onnx, workspace.store, code, holdout, graphs)
    measured = runner.map("evaluate onnx", calls)
    cached_onnx_encoder.cache_clear()
    return dataclasses.replace(further, onnx=made, onnx_measured=measured)


def accepted_graphs(verdict: Verdict, made: Artifact | None) -> dict[str, Input]:
    """The directories of the graphs that no language refuses, by their name in the version."""
    if made is None or OnnxCounts.of(made).problem:
        return {}
    accepted = {}
    for rule, folder in FOLDERS.items():
        refused = any(finding.refuses(rule) for finding in verdict.findings)
        if folder in OnnxCounts.of(made).bytes and not refused:
            accepted[folder] = made.directory(folder)
    return accepted


def onnx_record(verdict: Verdict, made: Artifact | None) -> dict[str, Any]:
    """What a manifest and a report say about the graphs; empty if none was asked for."""
    if made is None:
        return {}
    counts = OnnxCounts.of(made)
    accepted = accepted_graphs(verdict, made)
    graphs = {}
    for rule, folder in FOLDERS.items():
        languages = _by_language(verdict, rule)
        if languages:
            graphs[folder] = {
                "precision": PRECISIONS[rule],
                "accepted": folder in accepted,
                "bytes": counts.bytes.get(folder, 0),
                "languages": languages,
            }
    return {"lowest_cosine": counts.lowest_cosine, "problem": counts.problem, "graphs": graphs}


def _by_language(verdict: Verdict, rule: ExportRule) -> dict[str, dict[str, Mapping[str, Any]]]:
    """By language and suite: accuracy in torch and of the graph, and what the gate says of it."""
    languages: dict[str, dict[str, Mapping[str, Any]]] = {}
    for finding in verdict.findings:
        for result in finding.rules:
            if result.name == rule:
                languages.setdefault(finding.language, {})[finding.suite] = {
                    "torch": result.numbers["torch"],
                    "onnx": result.numbers.get("onnx"),
                    "refused": finding.refuses(rule),
                    "reason": result.reason,
                }
    return languages
