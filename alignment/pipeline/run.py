"""The whole path, wired once: who runs the stages (this process, or Prefect) is the runner's business."""

from __future__ import annotations

import datetime
import functools
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alignment.config import Config, Triplets
from alignment.corpora import check_licenses
from alignment.encoder.cache import clear_encoders
from alignment.pipeline.corpora import corpus_uses, described, every_corpus
from alignment.pipeline.record import distinct, seconds_per_stage, write_record
from alignment.pipeline.reference import choose_reference
from alignment.pipeline.runner import Runner
from alignment.pipeline.workspace import Workspace
from alignment.registry import Version
from alignment.report.summary import Summary
from alignment.stages import report as reporting
from alignment.stages.clean import clean
from alignment.stages.encoder import base_encoder
from alignment.stages.evaluate import evaluate
from alignment.stages.gate import gate, read_verdict
from alignment.stages.holdout import holdout
from alignment.stages.mine import mine
from alignment.stages.publish import publish
from alignment.stages.pull import pull
from alignment.stages.train import Part, parts, train
from alignment.stages.triplets import check_prebuilt, triplets
from alignment.types import Approved, Artifact, Input, Verdict


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    verdict: Verdict
    version: Version | None
    summary: Summary
    directory: Path
    """`summary.json` and `report.html` of this run."""


def run_pipeline(
    config: Config,
    workspace: Workspace,
    runner: Runner,
    watch: Callable[[dict[str, Any]], None] | None = None,
) -> Outcome:
    """Run every stage, or find its artifact; `watch` gets each training step's figures.

    Raises:
        AlignmentError: from the stage that failed, or if another run of the model is in progress.
    """
    with workspace.exclusive(config.name):
        return _run(config, workspace, runner, watch)


def _run(
    config: Config,
    workspace: Workspace,
    runner: Runner,
    watch: Callable[[dict[str, Any]], None] | None,
) -> Outcome:
    started, clock = datetime.datetime.now(datetime.UTC), time.monotonic()
    registry = workspace.registry(config.name)
    champion = registry.champion()
    data = prepare(config, workspace, runner)
    clear_encoders()
    made = fit(config, workspace, runner, data, watch=watch)
    trained = made[-1]
    against = choose_reference(data.encoder, champion, trained, registry)
    candidate = _evaluate(
        config, workspace, runner, data.holdout, trained.directory("model"), "evaluate candidate"
    )
    reference = _evaluate(
        config, workspace, runner, data.holdout, against.encoder, "evaluate reference"
    )
    rules = {code: config.settings(code).gate for code in config.measured}
    judged = runner.run(
        "gate", lambda: gate(workspace.store, candidate, reference, rules, against=against.name)
    )
    verdict = read_verdict(judged)
    corpora = reporting.corpora_used(data.pulled, described(config))
    version = None
    if isinstance(verdict, Approved):
        expected = champion.digest if champion else None
        version = runner.run(
            "publish",
            lambda: publish(
                registry,
                trained,
                verdict,
                config,
                corpora,
                expected=expected,
                reference=against.described(),
            ),
        )
    deployed = registry.champion()
    results = reporting.language_results(verdict, config.trained)
    artifacts = [*data.artifacts(), *made, *candidate.values(), *reference.values(), judged]
    records = reporting.stage_records(distinct(artifacts))
    summary = Summary.model_validate(
        {
            "name": config.name,
            "run": f"{started:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:4]}",
            "started": started.isoformat(timespec="seconds"),
            "seconds": round(time.monotonic() - clock, 3),
            "verdict": reporting.verdict_word(verdict),
            "reference": against.name,
            "version": version.name if version else None,
            "champion": deployed.name if deployed else None,
            "mean": reporting.means(results),
            "languages": results,
            "rows": {
                code: reporting.rows(data.pulled[code], data.cleaned[code], data.triplets, trained)
                for code in config.trained
            },
            "corpora": corpora,
            "training": reporting.training(trained),
            "stages": records,
            "seconds_per_stage": seconds_per_stage(records),
        }
    )
    again = [artifact for artifact in made if artifact.stage == "triplets"]
    firsts = [first for first, _ in parts(config.train.steps, config.train.remine_every)]
    built = dict(
        zip(firsts, [data.triplets, *again], strict=False)
    )  # an early stop leaves parts out
    page = runner.run("report", lambda: reporting.report(workspace.store, summary, built, trained))
    return Outcome(verdict, version, summary, write_record(workspace, config, summary, page))


@dataclass(frozen=True)
class Cleaned:
    """What the first three stages give, by language."""

    pulled: dict[str, Artifact]
    holdout: Artifact
    cleaned: dict[str, Artifact]


@dataclass(frozen=True)
class Data(Cleaned):
    """What training and evaluation need."""

    encoder: Artifact
    mined: dict[str, Artifact]
    triplets: Artifact

    def artifacts(self) -> list[Artifact]:
        """In the order of the stages."""
        return [
            *self.pulled.values(),
            self.holdout,
            *self.cleaned.values(),
            self.encoder,
            *self.mined.values(),
            self.triplets,
        ]


def clean_data(config: Config, workspace: Workspace, runner: Runner) -> Cleaned:
    """Pull, holdout and clean: the data stages, which need no encoder."""
    check_licenses(every_corpus(config), config.licenses)
    check_prebuilt(config.prebuilt_triplets)
    store, seed, pivot, downloads = (
        workspace.store,
        config.seed,
        config.pivot,
        workspace.downloads(config),
    )
    settings = {code: config.settings(code) for code in config.measured}
    pulled = runner.map(
        "pull",
        {
            code: functools.partial(
                pull, store, code, settings[code].corpora, pivot=pivot, downloads=downloads
            )
            for code in config.measured
        },
    )
    limits = {code: settings[code].clean for code in config.measured}
    suites = runner.run(
        "holdout",
        lambda: holdout(
            store, pulled, config.holdout, limits, downloads=downloads, pivot=pivot, seed=seed
        ),
    )
    cleaned = runner.map(
        "clean",
        {
            code: functools.partial(
                clean,
                store,
                code,
                pulled[code],
                suites,
                limits[code],
                share=config.holdout.share,
                seed=seed,
                pivot=pivot,
            )
            for code in config.trained
        },
    )
    return Cleaned(pulled, suites, cleaned)


def prepare(config: Config, workspace: Workspace, runner: Runner) -> Data:
    """Every stage before training."""
    data = clean_data(config, workspace, runner)
    call = functools.partial(
        base_encoder,
        workspace.store,
        config.encoder,
        data.cleaned,
        downloads=workspace.downloads(config),
        seed=config.seed,
    )
    encoder = runner.run("encoder", call)
    mined, built = _negatives(config, workspace, runner, data, encoder, number=0)
    return Data(data.pulled, data.holdout, data.cleaned, encoder, mined, built)


def _negatives(
    config: Config,
    workspace: Workspace,
    runner: Runner,
    data: Cleaned,
    encoder: Artifact,
    *,
    number: int,
) -> tuple[dict[str, Artifact], Artifact]:
    """Candidates by language, and the triplets, with the shares that hold after so many refreshes."""
    store, seed, pivot = workspace.store, config.seed, config.pivot
    own = {code: _at(config.settings(code).triplets, number) for code in config.trained}
    mined = runner.map(
        "mine",
        {
            code: functools.partial(
                mine, store, code, data.cleaned[code], encoder, own[code], pivot=pivot, seed=seed
            )
            for code in config.trained
        },
    )
    built = runner.run(
        "triplets",
        lambda: triplets(
            store,
            data.cleaned,
            mined,
            own,
            uses=corpus_uses(config),
            margin=config.train.margin,
            pivot=pivot,
            seed=seed,
            ready=config.prebuilt_triplets,
            holdout=data.holdout,
        ),
    )
    return mined, built


def _at(settings: Triplets, number: int) -> Triplets:
    """The settings after so many refreshes."""
    if not number or not settings.curriculum:
        return settings
    return settings.model_copy(
        update={"shares": settings.curriculum[min(number, len(settings.curriculum)) - 1]}
    )


def fit(
    config: Config,
    workspace: Workspace,
    runner: Runner,
    data: Data,
    *,
    seed: int | None = None,
    watch: Callable[[dict[str, Any]], None] | None = None,
) -> list[Artifact]:
    """Train, and mine again as often as `train.remine_every` asks; every artifact made, the trained encoder last."""
    made: list[Artifact] = []
    built, before = data.triplets, None
    for number, (first, last) in enumerate(parts(config.train.steps, config.train.remine_every)):
        if before:
            mined, built = _negatives(config, workspace, runner, data, before, number=number)
            clear_encoders()
            made += [*mined.values(), built]
        call = functools.partial(
            train,
            workspace.store,
            built,
            data.encoder,
            config.train,
            pivot=config.pivot,
            seed=config.seed if seed is None else seed,
            watch=watch,
            part=Part(first, last, before),
        )
        before = runner.run("train", call)
        made.append(before)
        if before.counts["steps"] < last:  # stopped early
            break
    return made


def _evaluate(
    config: Config,
    workspace: Workspace,
    runner: Runner,
    suites: Artifact,
    encoder: Input,
    stage: str,
) -> dict[str, Artifact]:
    calls = {
        code: functools.partial(evaluate, workspace.store, code, suites, encoder)
        for code in config.measured
    }
    return runner.map(stage, calls)
