"""Deploying the model of a run that the gate refused, because somebody decides so."""

from __future__ import annotations

from alignment.errors import ConfigError, Missing
from alignment.pipeline.attempts import suite_name
from alignment.pipeline.history import find_run
from alignment.pipeline.onnx import accepted_graphs, onnx_record
from alignment.pipeline.replay import recorded_artifact, recorded_config
from alignment.pipeline.workspace import Workspace
from alignment.registry import Override, Version
from alignment.report.summary import Summary
from alignment.stages.encoder import EncoderCounts
from alignment.stages.gate import read_verdict
from alignment.stages.publish import publish_refused
from alignment.store import read_artifact_manifest
from alignment.types import Artifact, Rejected


def deploy_refused(workspace: Workspace, model: str, run: str, override: Override) -> Version:
    """Publish and deploy the candidate of a refused run, whose name starts with `run`.

    Raises:
        Missing: if there is no such run of this model, or its artifacts were deleted.
        ConfigError: if the gate approved it, so that there is nothing to override.
    """
    record = find_run(workspace.with_all_runs(), run)
    summary = record.summary
    if summary.name != model:
        raise Missing(
            f"this is a run of {summary.name!r}, not of {model!r}", where=str(record.directory)
        )
    gate = _artifact(workspace, summary, "gate")
    verdict = read_verdict(gate)
    if not isinstance(verdict, Rejected):
        raise ConfigError(
            "the gate approved this run, so there is nothing to override",
            where=str(record.directory),
            hint=f"Its version is {summary.version}: `alignment registry promote {model} "
            f"{summary.version}` deploys it.",
        )
    config = recorded_config(record)
    graphs = _artifacts(workspace, summary, "onnx")
    made = graphs[-1] if graphs else None
    return publish_refused(
        workspace.registry_of(config),
        _artifact(workspace, summary, "average" if summary.averaging else "train"),
        verdict,
        config,
        summary.corpora,
        override,
        reference={"name": verdict.reference, "digest": _reference_digest(workspace, gate)},
        base=EncoderCounts.of(_artifact(workspace, summary, "encoder")).base,
        data=_artifacts(workspace, summary, "triplets"),
        suites=_suites(summary),
        exports=accepted_graphs(verdict, made),
        onnx=onnx_record(verdict, made),
    )


def _suites(summary: Summary) -> dict[str, str]:
    """Digest of each suite, by `language/suite`; those of runs of earlier releases are unknown."""
    digests = {}
    for code, language in summary.languages.items():
        for suite, result in language.suites.items():
            if result.digest:
                digests[suite_name(code, suite)] = result.digest
    return digests


def _artifact(workspace: Workspace, summary: Summary, stage: str) -> Artifact:
    """The last artifact of a stage in the run."""
    return _artifacts(workspace, summary, stage)[-1]


def _artifacts(workspace: Workspace, summary: Summary, stage: str) -> list[Artifact]:
    """All artifacts of a stage in the run."""
    keys = [record.key for record in summary.stages if record.stage == stage]
    return [recorded_artifact(workspace, key) for key in keys]


def _reference_digest(workspace: Workspace, gate: Artifact) -> str:
    """Digest of the encoder that the candidate was compared with."""
    inputs = read_artifact_manifest(gate.path)["inputs"]
    keys = [entry["key"] for name, entry in inputs.items() if name.startswith("reference:")]
    evaluated = recorded_artifact(workspace, keys[0])
    digest: str = read_artifact_manifest(evaluated.path)["inputs"]["encoder"]["digest"]
    return digest
