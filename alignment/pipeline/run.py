"""The whole pipeline, wired once for every runner."""

from __future__ import annotations

import functools
import logging
from dataclasses import dataclass
from pathlib import Path

from alignment import layout
from alignment.config import Config
from alignment.encoder.cache import clear_encoders
from alignment.pipeline.attempts import contest
from alignment.pipeline.data import TrainingData, prepare
from alignment.pipeline.deliver import deliver
from alignment.pipeline.fit import TrainingRun, fit
from alignment.pipeline.history import RunRecord
from alignment.pipeline.plan import warn_before_run
from alignment.pipeline.record import write_record
from alignment.pipeline.reference import Reference, choose_reference
from alignment.pipeline.runner import LocalRunner, Runner, guarded
from alignment.pipeline.summary import RunClock, build_summary, corpora_used
from alignment.pipeline.workspace import Workspace
from alignment.registry import Version
from alignment.registry.history import override_lines
from alignment.report.summary import Summary
from alignment.stages.encoder import EncoderCounts
from alignment.stages.evaluate import evaluate
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
    registry = workspace.registry(config.name)
    champion = registry.champion()
    data = prepare(config, workspace, runner)
    clear_encoders()
    training = fit(config, workspace, runner, data, on_step=on_step)
    reference = choose_reference(data.encoder, champion, training.trained, registry)
    comparison = _compare(config, workspace, runner, data, training, reference)
    version = None
    if isinstance(comparison.verdict, Approved):
        call = functools.partial(
            publish,
            registry,
            training.trained,
            comparison.verdict,
            config,
            corpora_used(data.pulled, config),
            expected=champion.digest if champion else None,
            reference=reference.to_manifest(),
            base=EncoderCounts.of(data.encoder).base,
        )
        version = runner.run("publish", call)
    summary = build_summary(
        config,
        clock,
        data,
        training,
        comparison.verdict,
        comparison.artifacts,
        version=version,
        champion=registry.champion(),
        overrides=override_lines(registry.history()),
    )
    page = runner.run(
        "report", lambda: report(workspace.store, summary, training.triplets, training.trained)
    )
    directory = write_record(workspace, config, summary, page)
    summary = deliver(config, workspace, registry, runner, RunRecord(directory, summary))
    return Outcome(comparison.verdict, version, summary, directory)


@dataclass(frozen=True)
class _Comparison:
    """The candidate against the reference."""

    verdict: Verdict
    artifacts: list[Artifact]
    """Of `evaluate`, for both encoders, and of `gate`."""


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
                trust_remote_code=config.encoder.runs_code,
            )
            for code in config.measured
        }
        return runner.map(stage, calls)

    candidate = training.trained.directory(layout.MODEL)
    after = evaluated("evaluate candidate", candidate)
    before = evaluated("evaluate reference", reference.encoder)
    registry = workspace.registry(config.name)
    attempts = contest(registry, reference, candidate, after, data.holdout)
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
    )
    artifact = runner.run("gate", call)
    verdict = read_verdict(artifact)
    attempts.record(verdict)
    if not config.gate.sequential:
        logger.warning(
            "gate.sequential is false: a model that is trained again and again until it passes is "
            "not held to more than the first one, so a worse one will pass sooner or later."
        )
    return _Comparison(verdict, [*after.values(), *before.values(), artifact])
