"""The summary of a run, from its artifacts and its verdict."""

from __future__ import annotations

import datetime
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import fmean
from typing import Any

from alignment.config import Config
from alignment.pipeline.corpora import language_corpora
from alignment.pipeline.data import TrainingData
from alignment.pipeline.fit import TrainingRun
from alignment.pipeline.results import language_results, means, trial_record
from alignment.registry import Version
from alignment.report.onnx import OnnxResults
from alignment.report.summary import (
    Averaging,
    AveragingPoint,
    CorpusCheck,
    CorpusUse,
    Deployment,
    Digests,
    Rows,
    SemanticFilter,
    StageRecord,
    Summary,
    Training,
)
from alignment.stages.average import read_averaging
from alignment.stages.check import read_alignment
from alignment.stages.clean import CleanCounts
from alignment.stages.pull import PullCounts
from alignment.stages.semantic import SemanticCounts, read_semantic
from alignment.stages.train import TrainCounts
from alignment.stages.triplets import TripletsCounts
from alignment.types import Approved, Artifact, Verdict

NO_ONNX: Mapping[str, Any] = {}


@dataclass(frozen=True)
class RunClock:
    """When a run started."""

    started: datetime.datetime = field(default_factory=lambda: datetime.datetime.now(datetime.UTC))
    _monotonic: float = field(default_factory=time.monotonic)

    def seconds(self) -> float:
        """Since the start."""
        return round(time.monotonic() - self._monotonic, 3)

    def run_name(self) -> str:
        """The start with a random suffix, so that names sort by time and do not collide."""
        return f"{self.started:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:4]}"


def build_summary(
    config: Config,
    clock: RunClock,
    data: TrainingData,
    training: TrainingRun,
    verdict: Verdict,
    evaluation: Sequence[Artifact],
    *,
    version: Version | None,
    champion: Version | None,
    waiting: bool = False,
    overrides: Sequence[str] = (),
    history: Sequence[Deployment] = (),
    digests: Digests | None = None,
    onnx: Mapping[str, Any] = NO_ONNX,
) -> Summary:
    """The run in numbers.

    Args:
        config: The configuration of the run.
        clock: Its start.
        data: The artifacts of the stages before training.
        training: The artifacts of the training.
        verdict: What the gate decided.
        evaluation: The artifacts of `evaluate` and `gate`.
        version: The published version, if any.
        champion: The deployed version after the run, if any.
        waiting: Whether the version waits for a person.
        overrides: Each time that somebody overruled the gate.
        history: The deployments so far.
        digests: Of what was compared.
        onnx: What the gate says of the candidate's ONNX graphs; empty if there are none.
    """
    results = language_results(verdict, config.trained, data.holdout.files)
    records = stage_records([*data.artifacts(), *training.artifacts, *evaluation])
    counts = TrainCounts.of(training.trained)
    return Summary(
        name=config.name,
        run=clock.run_name(),
        started=clock.started.isoformat(timespec="seconds"),
        seconds=clock.seconds(),
        verdict="approved" if isinstance(verdict, Approved) else "rejected",
        reference=verdict.reference,
        trial=trial_record(verdict),
        version=version.name if version else None,
        champion=champion.name if champion else None,
        waiting=waiting,
        overrides=list(overrides),
        mean=means(results),
        languages=results,
        rows={code: _rows(code, data, counts) for code in config.trained},
        corpora=corpora_used(data.pulled, config),
        alignment={code: corpus_checks(artifact) for code, artifact in data.checked.items()},
        semantic={
            code: SemanticFilter.model_validate(read_semantic(artifact))
            for code, artifact in data.semantic.filtered.items()
        },
        pivot=config.pivot,
        onnx=OnnxResults.model_validate(onnx) if onnx else None,
        history=list(history),
        digests=digests or Digests(),
        training=Training(
            steps=counts.steps, triplets=counts.triplets, seconds=training.trained.seconds
        ),
        averaging=averaging_of(training.averaged) if training.averaged else None,
        stages=records,
        seconds_per_stage=seconds_per_stage(records),
    )


def averaging_of(averaged: Artifact) -> Averaging:
    """The share of the base encoder, and the accuracies that it was chosen by."""
    record = read_averaging(averaged)
    base: Mapping[str, float] = record["curve"][-1]["accuracy"] if record["curve"] else {}
    curve = []
    for point in record["curve"]:
        accuracy: Mapping[str, float] = point["accuracy"]
        below = sum(accuracy[code] < base[code] for code in base)
        mean = fmean(accuracy.values())
        curve.append(AveragingPoint(share=point["share"], accuracy=mean, below_base=below))
    return Averaging(
        share=record["share"],
        chosen=bool(curve),
        pairs=sum(record["pairs"].values()),
        languages=len(record["pairs"]),
        curve=curve,
    )


def corpora_used(pulled: Mapping[str, Artifact], config: Config) -> list[CorpusUse]:
    """Every corpus with its pairs over all languages."""
    pairs: dict[str, int] = {}
    for artifact in pulled.values():
        for name, count in PullCounts.of(artifact).by_corpus.items():
            pairs[name] = pairs.get(name, 0) + count
    corpora = {corpus.display_name: corpus for corpus in language_corpora(config)}
    uses = []
    for name, total in pairs.items():
        corpus = corpora[name]
        version = corpus.version or ""
        uses.append(CorpusUse(name=name, version=version, license=corpus.license, pairs=total))
    return uses


def corpus_checks(checked: Artifact) -> dict[str, CorpusCheck]:
    """The alignment check of each corpus of one language."""
    return {
        corpus: CorpusCheck.model_validate(asdict(result))
        for corpus, result in read_alignment(checked).items()
    }


def stage_records(artifacts: Sequence[Artifact]) -> list[StageRecord]:
    """Every artifact once, in the order of the stages."""
    distinct = {artifact.key: artifact for artifact in artifacts}
    return [
        StageRecord(
            stage=artifact.stage,
            label=artifact.label,
            key=artifact.key,
            reused=artifact.reused,
            seconds=artifact.seconds,
            counts=dict(artifact.counts),
            digest=artifact.digest,
        )
        for artifact in distinct.values()
    ]


def seconds_per_stage(records: Sequence[StageRecord]) -> dict[str, float]:
    """The seconds of all artifacts of each stage."""
    total: dict[str, float] = {}
    for record in records:
        total[record.stage] = round(total.get(record.stage, 0.0) + record.seconds, 3)
    return total


def _rows(code: str, data: TrainingData, trained: TrainCounts) -> Rows:
    cleaned: CleanCounts | SemanticCounts = CleanCounts.of(data.cleaned[code])
    if code in data.semantic.filtered:
        cleaned = SemanticCounts.of(data.semantic.filtered[code])
    pulled = PullCounts.of(data.pulled[code])
    return Rows(
        pulled=pulled.pairs,
        kept=cleaned.kept,
        dropped=cleaned.dropped,
        skipped=pulled.skipped_by_reason(),
        triplets=TripletsCounts.of(data.triplets).triplets_by_language[code],
        triplets_seen=trained.triplets_by_language.get(code, 0),
    )
