"""Deciding again from the stored outcomes of a run, without a model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from alignment.config import Config
from alignment.config.keys import KeyPath
from alignment.config.overrides import apply_override
from alignment.config.problems import first_problem, validation_problems
from alignment.errors import ConfigError, Corrupt, Missing
from alignment.gate import Earlier, decide
from alignment.manifests import MANIFEST
from alignment.pipeline.history import RunRecord, find_run
from alignment.pipeline.onnx import onnx_record
from alignment.pipeline.record_files import read_record_file
from alignment.pipeline.results import language_results, trial_record
from alignment.pipeline.workspace import Workspace
from alignment.report.onnx import OnnxResults
from alignment.report.summary import Summary
from alignment.stages.further import FurtherArtifacts, Measured
from alignment.stages.gate import paired_outcomes, read_leaked, read_verdict
from alignment.store import read_artifact_manifest
from alignment.types import Approved, Artifact, Finding, Verdict


@dataclass(frozen=True)
class Replay:
    """The decision of a run, and the one that other rules make of the same outcomes."""

    recorded: Verdict
    verdict: Verdict
    summary: Summary
    """Of the run, with the new decision."""

    def changed(self) -> list[tuple[Finding, Finding]]:
        """Findings that passed and do not any more, or the other way round: before, after."""
        after = {(one.language, one.suite): one for one in self.verdict.findings}
        pairs = [(one, after[one.language, one.suite]) for one in self.recorded.findings]
        return [(before, now) for before, now in pairs if before.passed != now.passed]


def replay(workspace: Workspace, run: str, overrides: Sequence[str] = ()) -> Replay:
    """Decide again about the run whose name starts with `run`; nothing is stored or deployed.

    The outcomes, the reference and the number of the attempt are those of the run. The rules are
    those of its configuration with the `overrides`, which may change `gate` only.

    Raises:
        Missing: if there is no such run, or its artifacts were deleted.
        Corrupt: if they are damaged.
        ConfigError: with every problem of the overrides.
    """
    record = find_run(workspace.with_all_runs(), run)
    return replay_with(workspace, record, recorded_config(record, overrides))


def replay_with(workspace: Workspace, record: RunRecord, config: Config) -> Replay:
    """Decide again about a run by the rules of a configuration; nothing is stored or deployed.

    A language that the configuration no longer has is judged by the rules of the run.

    Raises:
        Missing: if the artifacts of the run were deleted.
        Corrupt: if they are damaged.
    """
    artifact = _gate_artifact(workspace, record)
    manifest = read_artifact_manifest(artifact.path)
    candidate = _inputs(workspace, manifest, "candidate:")
    reference = _inputs(workspace, manifest, "reference:")
    asked = _asked(artifact, manifest)
    recorded = recorded_config(record)
    rules = {}
    for code in candidate:
        source = config if code in config.measured else recorded
        rules[code] = source.settings(code).gate
    after = FurtherArtifacts.of(_inputs(workspace, manifest, "further:candidate:"))
    before = FurtherArtifacts.of(_inputs(workspace, manifest, "further:reference:"))
    outcomes = paired_outcomes(
        Measured(candidate, after), Measured(reference, before), read_leaked(artifact), rules
    )
    verdict = decide(
        outcomes,
        rules,
        asked.against,
        Earlier(asked.attempt, frozenset(asked.refused)),
    )
    summary = _with_verdict(record.summary, verdict, config, onnx_record(verdict, after.onnx))
    return Replay(read_verdict(artifact), verdict, summary)


class _Asked(BaseModel):
    """What a gate got besides its rules, as the manifest of its artifact says."""

    against: str
    attempt: int = 1
    refused: tuple[tuple[str, str], ...] = ()
    """Languages and suites."""


def _asked(artifact: Artifact, manifest: Mapping[str, Any]) -> _Asked:
    try:
        return _Asked.model_validate(manifest["config"])
    except ValidationError as error:
        raise Corrupt(
            f"the manifest is damaged: {first_problem(error, 'config')}",
            where=str(artifact.path / MANIFEST),
            hint="`alignment store verify` lists what is damaged; `alignment run` makes it again.",
        ) from error


def recorded_config(record: RunRecord, overrides: Sequence[str] = ()) -> Config:
    """The configuration of a run with changes to its gate.

    Raises:
        ConfigError: with every problem of the overrides.
        Corrupt: if the file is damaged.
    """
    path = record.directory / "config.json"
    values = _read_json(path)
    problems = []
    for override in overrides:
        _check_key(override)
        problems += apply_override(values, override, {})
    if problems:
        raise ConfigError(problems)
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        places: dict[KeyPath, str] = {(): "--set" if overrides else str(path)}
        raise ConfigError(list(validation_problems(error, places))) from None


def _check_key(override: str) -> None:
    """Only what the gate asks can change: everything else would need another run.

    Raises:
        ConfigError: if another key is set.
    """
    parts = override.partition("=")[0].strip().split(".")
    if parts[0] in ("languages", "control"):
        parts = parts[2:]
    if parts[:1] != ["gate"]:
        raise ConfigError(
            "a replay decides again from stored outcomes, so only the gate's settings can change",
            where=f"--set {override}",
            hint="Set gate.KEY or languages.CODE.gate.KEY, or start a run with `alignment run`.",
        )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(read_record_file(path))
    except (OSError, ValueError, RecursionError) as error:
        raise Corrupt(
            f"cannot read the configuration of this run: {error}",
            where=str(path),
            hint="Choose another run; `alignment show` names the last one.",
        ) from error
    if not isinstance(values, dict):
        raise Corrupt("this is not the configuration of a run", where=str(path))
    return values


def _gate_artifact(workspace: Workspace, record: RunRecord) -> Artifact:
    keys = [stage.key for stage in record.summary.stages if stage.stage == "gate"]
    if not keys:
        raise Missing("the run has no decision", where=str(record.directory))
    return recorded_artifact(workspace, keys[-1])


def _inputs(workspace: Workspace, manifest: Mapping[str, Any], prefix: str) -> dict[str, Artifact]:
    """Artifacts of `evaluate` by language."""
    return {
        name.removeprefix(prefix): recorded_artifact(workspace, entry["key"])
        for name, entry in manifest["inputs"].items()
        if name.startswith(prefix)
    }


def recorded_artifact(workspace: Workspace, key: str) -> Artifact:
    """An artifact of a run, after a check of its files.

    Raises:
        Missing: if it was deleted.
        Corrupt: if it is damaged.
    """
    try:
        artifact = workspace.store.get(key)
    except Missing as error:
        raise Missing(
            "an artifact of this run was deleted, so its outcomes are gone",
            where=key,
            hint="`alignment run` with the same configuration measures them again.",
        ) from error
    workspace.store.check(artifact)
    return artifact


def _with_verdict(
    summary: Summary, verdict: Verdict, config: Config, onnx: Mapping[str, Any]
) -> Summary:
    return summary.model_copy(
        update={
            "verdict": "approved" if isinstance(verdict, Approved) else "rejected",
            "languages": language_results(verdict, config.trained),
            "trial": trial_record(verdict),
            "onnx": OnnxResults.model_validate(onnx) if onnx else None,
        }
    )
