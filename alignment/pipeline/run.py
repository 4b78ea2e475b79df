"""The whole pipeline, wired once for every runner."""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from alignment import layout
from alignment.config import Config
from alignment.encoder.cache import clear_encoders
from alignment.pipeline.approval import is_waiting
from alignment.pipeline.attempts import contest
from alignment.pipeline.champions import last_deployments
from alignment.pipeline.data import TrainingData, prepare
from alignment.pipeline.deliver import deliver
from alignment.pipeline.fit import TrainingRun, fit
from alignment.pipeline.further import check_retrieval_suites, measure_further
from alignment.pipeline.further_results import with_further_results
from alignment.pipeline.history import RunRecord
from alignment.pipeline.onnx import (
    accepted_graphs,
    check_base,
    check_extra,
    onnx_record,
    with_onnx,
)
from alignment.pipeline.plan import warn_before_run
from alignment.pipeline.record import write_record
from alignment.pipeline.reference import Reference, choose_reference
from alignment.pipeline.runner import LocalRunner, Runner, guarded
from alignment.pipeline.summary import RunClock, build_summary, corpora_used
from alignment.pipeline.workspace import Workspace
from alignment.registry import Registry, Version
from alignment.registry.history import override_lines
from alignment.report.summary import Digests, Summary
from alignment.stages.encoder import EncoderCounts
from alignment.stages.evaluate import evaluate
from alignment.stages.further import FurtherArtifacts, Measured
from alignment.stages.gate import gate, read_verdict
from alignment.stages.publish import publish
from alignment.stages.report import report
from alignment.types import Approved, Artifact, Input, StepCallback, Verdict

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """The result of a run."""

    verdict: Verdict
    version: Version | None
    """The published version, if the gate approved."""
    summary: Summary
    directory: Path
    """Holds `summary.json`, `config.json` and `report.html` of this run."""

    @property
    def waiting(self) -> bool:
        """Whether the version waits for a person, because `gate.approval` is `manual`."""
        return self.summary.waiting


def run_pipeline(
    config: Config,
    workspace: Workspace,
    runner: Runner | None = None,
    on_step: StepCallback | None = None,
) -> Outcome:
    """Run every stage, or reuse its artifact.

    `runner` is a `LocalRunner` unless another one is given. `on_step` is called after each training
    step with its metrics.

    Raises:
        AlignmentError: from the stage that failed, or if another run of the model is in progress.
    """
    with workspace.exclusive(config.name):
        guard = guarded(runner or LocalRunner(), workspace.root)
        return _run(config, workspace, guard, on_step)


def _run(
    config: Config, workspace: Workspace, runner: Runner, on_step: StepCallback | None
) -> Outcome:
    clock = RunClock()
    warn_before_run(config, workspace)
    check_retrieval_suites(config, workspace)
    check_extra(config)
    registry = workspace.registry_of(config)
    champion = registry.champion()
    data = prepare(config, workspace, runner, for_gate=True)
    check_base(config, workspace, data.encoder)
    clear_encoders()
    training = fit(config, workspace, runner, data, on_step=on_step)
    reference = choose_reference(data.encoder, champion, training.candidate, registry)
    comparison = _compare(config, workspace, runner, data, training, reference)
    version = _publish(config, runner, registry, champion, data, training, reference, comparison)
    summary = build_summary(
        config,
        clock,
        data,
        training,
        comparison.verdict,
        comparison.artifacts,
        version=version,
        champion=registry.champion(),
        waiting=is_waiting(config, registry, version),
        overrides=override_lines(registry.history()),
        history=last_deployments(registry),
        digests=Digests(
            candidate=training.candidate.directory(layout.MODEL).digest,
            reference=reference.encoder.digest,
        ),
        onnx=onnx_record(comparison.verdict, comparison.graphs),
    )
    summary = with_further_results(summary, *comparison.measured)
    call_report = functools.partial(
        report,
        workspace.store,
        summary,
        training.triplets,
        training.trained,
        candidate=comparison.after,
        reference=comparison.before,
    )
    page = runner.run("report", call_report)
    directory = write_record(workspace, config, summary, page)
    summary = deliver(config, workspace, registry, runner, RunRecord(directory, summary))
    return Outcome(comparison.verdict, version, summary, directory)


@dataclass(frozen=True)
class _Comparison:
    """The candidate against the reference."""

    verdict: Verdict
    after: dict[str, Artifact]
    """Of `evaluate` for the candidate, by language."""
    before: dict[str, Artifact]
    """The same for the reference."""
    further: tuple[FurtherArtifacts, FurtherArtifacts]
    """Of the candidate and the reference, where the configuration asks for them."""
    gate: Artifact
    suites: Mapping[str, str]
    """Digest of each suite, by `language/suite`."""

    @property
    def graphs(self) -> Artifact | None:
        """Of `onnx`, if the configuration asks for it."""
        return self.further[0].onnx

    @property
    def artifacts(self) -> list[Artifact]:
        """Of all measurements, for both encoders, and of `gate`."""
        further = [*self.further[0].by_name().values(), *self.further[1].by_name().values()]
        return [*self.after.values(), *self.before.values(), *further, self.gate]

    @property
    def measured(self) -> tuple[Measured, Measured]:
        """All measurements of the candidate and of the reference."""
        return Measured(self.after, self.further[0]), Measured(self.before, self.further[1])


def _publish(
    config: Config,
    runner: Runner,
    registry: Registry,
    champion: Version | None,
    data: TrainingData,
    training: TrainingRun,
    reference: Reference,
    comparison: _Comparison,
) -> Version | None:
    """The version, if the gate approved; `champion` is what was deployed before the run."""
    verdict = comparison.verdict
    if not isinstance(verdict, Approved):
        return None
    call = functools.partial(
        publish,
        registry,
        training.candidate,
        verdict,
        config,
        corpora_used(data.pulled, config),
        expected=champion.digest if champion else None,
        reference=reference.to_manifest(),
        base=EncoderCounts.of(data.encoder).base,
        data=training.triplets.values(),
        suites=comparison.suites,
        exports=accepted_graphs(verdict, comparison.graphs),
        onnx=onnx_record(verdict, comparison.graphs),
        deploy=config.deploy and config.gate.approval == "auto",
    )
    return runner.run("publish", call)


def _compare(
    config: Config,
    workspace: Workspace,
    runner: Runner,
    data: TrainingData,
    training: TrainingRun,
    reference: Reference,
) -> _Comparison:
    def evaluated(stage: str, encoder: Input) -> dict[str, Artifact]:
        calls = {
            code: functools.partial(
                evaluate,
                workspace.store,
                code,
                data.holdout,
                encoder,
                hard_pool_pivot=config.pivot if config.evaluate.hard_pool else None,
                trust_remote_code=config.encoder.runs_code,
            )
            for code in config.measured
        }
        return runner.map(stage, calls)

    candidate = training.candidate.directory(layout.MODEL)
    after = evaluated("evaluate candidate", candidate)
    further_after = measure_further(config, workspace, runner, data.holdout, candidate, "candidate")
    further_after = with_onnx(config, workspace, runner, data.holdout, candidate, further_after)
    before = evaluated("evaluate reference", reference.encoder)
    further_before = measure_further(
        config, workspace, runner, data.holdout, reference.encoder, "reference"
    )
    registry = workspace.registry_of(config)
    attempts = contest(registry, reference, candidate, after, data.holdout, further_after)
    call = functools.partial(
        gate,
        workspace.store,
        after,
        before,
        {code: config.settings(code).gate for code in config.measured},
        against=reference.name,
        earlier=attempts.earlier(),
        holdout=data.holdout,
        triplets=list(training.triplets.values()),
        further=(further_after, further_before),
    )
    artifact = runner.run("gate", call)
    verdict = read_verdict(artifact)
    attempts.record(verdict)
    if not config.gate.sequential:
        logger.warning(
            "gate.sequential is false: a model that is trained again and again until it passes is "
            "not held to more than the first one, so a worse one will pass sooner or later."
        )
    further = (further_after, further_before)
    return _Comparison(verdict, after, before, further, artifact, attempts.suites)
