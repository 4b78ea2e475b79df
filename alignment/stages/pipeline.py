"""The whole path, wired once: who runs the stages (this process, or Prefect) is the runner's business."""

from __future__ import annotations

import datetime
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from filelock import FileLock, Timeout

from alignment import memory
from alignment.config import Config, Corpus, Triplets, switched_off
from alignment.corpora import Downloads, Lockfile, check_licences, corpus_name
from alignment.errors import AlignmentError
from alignment.registry import Registry, Version
from alignment.report.summary import Summary
from alignment.stages import report as reporting
from alignment.stages.clean import clean
from alignment.stages.encoder import base_encoder
from alignment.stages.evaluate import evaluate
from alignment.stages.gate import gate, read_verdict
from alignment.stages.holdout import holdout
from alignment.stages.mine import forget_encoders, mine
from alignment.stages.publish import publish
from alignment.stages.pull import pull
from alignment.stages.train import Part, parts, train
from alignment.stages.triplets import check_ready, triplets
from alignment.store import Store, write_json
from alignment.triplets.build import Use
from alignment.types import Approved, Artifact, Input, Verdict

T = TypeVar("T")
BASE = "the base encoder"


class Runner(Protocol):
    """Runs stages: one, or the same one for several languages side by side."""

    def one(self, stage: str, call: Callable[[], T]) -> T:
        """The call's result."""
        ...

    def each(self, stage: str, calls: Mapping[str, Callable[[], T]]) -> dict[str, T]:
        """Each call's result by label. All are tried; then the failures are raised together."""
        ...


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    verdict: Verdict
    version: Version | None
    summary: Summary
    directory: Path
    """`summary.json` and `report.html` of this run."""


@dataclass
class Workspace:
    """Where everything of one team lies: artifacts, downloads, published models, run records."""

    root: Path
    offline: bool = False
    store: Store = field(init=False)

    def __post_init__(self) -> None:
        self.root = self.root.resolve()
        self.store = Store(self.root / "store")

    def downloads(self, config: Config, *, update: bool = False) -> Downloads:
        """What was fetched and will be, held against the configuration's lockfile."""
        return Downloads(self.root / "downloads", Lockfile(config.lock, update=update), self.offline)

    @property
    def runs(self) -> Path:
        """One directory per run, named by its start."""
        return self.root / "runs"

    def registry(self, name: str) -> Registry:
        """The published versions of one model."""
        return Registry(self.root / "registry", name)

    @contextmanager
    def exclusive(self, name: str) -> Iterator[None]:
        """One run of a model at a time; the system lets go of the lock when a process dies.

        Raises:
            AlignmentError: if another run is in progress.
        """
        lock = FileLock(self.store.root / "locks" / f"run-{name}.lock", blocking=False)
        try:
            lock.acquire()
        except Timeout as error:
            raise AlignmentError(
                f"another run of {name!r} is in progress in this workspace", where=str(self.root),
                hint="Wait for it to end, or choose another workspace.",
            ) from error  # fmt: skip
        try:
            yield
        finally:
            lock.release()


def run_pipeline(
    config: Config, workspace: Workspace, runner: Runner, watch: Callable[[dict[str, Any]], None] | None = None
) -> Outcome:
    """Run every stage, or find its artifact; `watch` gets each training step's figures.

    Raises:
        AlignmentError: from the stage that failed, or if another run of the model is in progress.
    """
    with workspace.exclusive(config.name):
        return _run(config, workspace, runner, watch)


def _run(config: Config, workspace: Workspace, runner: Runner, watch: Callable[[dict[str, Any]], None] | None) -> Outcome:
    started, clock = datetime.datetime.now(datetime.UTC), time.monotonic()
    registry = workspace.registry(config.name)
    champion = registry.champion()
    data = prepare(config, workspace, runner)
    release_encoders()
    made = fit(config, workspace, runner, data, watch=watch)
    trained = made[-1]
    against = _reference(data.encoder, champion, trained, registry)
    candidate = _evaluate(config, workspace, runner, data.holdout, trained.directory("model"), "evaluate candidate")
    reference = _evaluate(config, workspace, runner, data.holdout, against.encoder, "evaluate reference")
    rules = {code: config.settings(code).gate for code in config.measured}
    judged = runner.one("gate", lambda: gate(workspace.store, candidate, reference, rules, against=against.name))
    verdict = read_verdict(judged)
    corpora = reporting.corpora_used(data.pulled, _described(config))
    version = None
    if isinstance(verdict, Approved):
        expected = champion.digest if champion else None
        version = runner.one(
            "publish",
            lambda: publish(registry, trained, verdict, config, corpora, expected=expected, reference=against.described()),
        )
    deployed = registry.champion()
    results = reporting.language_results(verdict, config.trained)
    artifacts = [*data.artifacts(), *made, *candidate.values(), *reference.values(), judged]
    records = reporting.stage_records(_distinct(artifacts))
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
            "seconds_per_stage": _seconds(records),
        }
    )
    again = [artifact for artifact in made if artifact.stage == "triplets"]
    firsts = [first for first, _ in parts(config.train.steps, config.train.refresh)]
    built = dict(zip(firsts, [data.triplets, *again], strict=False))  # an early stop leaves parts out
    page = runner.one("report", lambda: reporting.report(workspace.store, summary, built, trained))
    return Outcome(verdict, version, summary, _record(workspace, config, summary, page))


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
            *self.pulled.values(), self.holdout, *self.cleaned.values(), self.encoder, *self.mined.values(), self.triplets
        ]  # fmt: skip


def clean_data(config: Config, workspace: Workspace, runner: Runner) -> Cleaned:
    """Pull, holdout and clean: the data stages, which need no encoder."""
    check_licences(every_corpus(config), config.licences)
    check_ready(config.ready)
    store, seed, pivot, downloads = workspace.store, config.seed, config.pivot, workspace.downloads(config)
    settings = {code: config.settings(code) for code in config.measured}
    pulled = runner.each(
        "pull",
        {
            code: _bind(pull, store, code, settings[code].corpora, pivot=pivot, downloads=downloads)
            for code in config.measured
        },
    )
    limits = {code: settings[code].clean for code in config.measured}
    suites = runner.one(
        "holdout",
        lambda: holdout(store, pulled, config.holdout, limits, downloads=downloads, pivot=pivot, seed=seed),
    )
    cleaned = runner.each(
        "clean",
        {
            code: _bind(
                clean, store, code, pulled[code], suites, limits[code], share=config.holdout.share, seed=seed, pivot=pivot
            )
            for code in config.trained
        },
    )
    return Cleaned(pulled, suites, cleaned)


def prepare(config: Config, workspace: Workspace, runner: Runner) -> Data:
    """Every stage before training."""
    data = clean_data(config, workspace, runner)
    call = _bind(
        base_encoder, workspace.store, config.encoder, data.cleaned, downloads=workspace.downloads(config), seed=config.seed
    )
    encoder = runner.one("encoder", call)
    mined, built = _negatives(config, workspace, runner, data, encoder, number=0)
    return Data(data.pulled, data.holdout, data.cleaned, encoder, mined, built)


def _negatives(
    config: Config, workspace: Workspace, runner: Runner, data: Cleaned, encoder: Artifact, *, number: int
) -> tuple[dict[str, Artifact], Artifact]:
    """Candidates by language, and the triplets, with the shares that hold after so many refreshes."""
    store, seed, pivot = workspace.store, config.seed, config.pivot
    own = {code: _at(config.settings(code).triplets, number) for code in config.trained}
    mined = runner.each(
        "mine",
        {
            code: _bind(mine, store, code, data.cleaned[code], encoder, own[code], pivot=pivot, seed=seed)
            for code in config.trained
        },
    )
    built = runner.one(
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
            ready=config.ready,
            holdout=data.holdout,
        ),
    )
    return mined, built


def _at(settings: Triplets, number: int) -> Triplets:
    """The settings after so many refreshes."""
    if not number or not settings.curriculum:
        return settings
    return settings.model_copy(update={"shares": settings.curriculum[min(number, len(settings.curriculum)) - 1]})


def fit(
    config: Config, workspace: Workspace, runner: Runner, data: Data, *, seed: int | None = None,
    watch: Callable[[dict[str, Any]], None] | None = None,
) -> list[Artifact]:  # fmt: skip
    """Train, and mine again as often as `train.refresh` asks; every artifact made, the trained encoder last."""
    made: list[Artifact] = []
    built, before = data.triplets, None
    for number, (first, last) in enumerate(parts(config.train.steps, config.train.refresh)):
        if before:
            mined, built = _negatives(config, workspace, runner, data, before, number=number)
            release_encoders()
            made += [*mined.values(), built]
        call = _bind(
            train, workspace.store, built, data.encoder, config.train, pivot=config.pivot,
            seed=config.seed if seed is None else seed, watch=watch, part=Part(first, last, before),
        )  # fmt: skip
        before = runner.one("train", call)
        made.append(before)
        if before.counts["steps"] < last:  # stopped early
            break
    return made


@dataclass(frozen=True)
class Reference:
    """What the candidate is compared with."""

    name: str
    encoder: Input

    def described(self) -> dict[str, str]:
        """For a version's manifest."""
        return {"name": self.name, "digest": self.encoder.digest}


def _reference(encoder: Artifact, champion: Version | None, trained: Artifact, registry: Registry) -> Reference:
    """The deployed version; before the first one, the base encoder.

    When the candidate is the deployed version (a rerun), what that one was compared with: so the
    same question gets the same answer, from the store.
    """
    base = Reference(BASE, encoder.directory("model"))
    if champion is None:
        return base
    if champion.digest != trained.directory("model").digest:
        return Reference(champion.name, champion.input())
    before = champion.manifest.get("compared_with", {})
    version = next(
        (v for v in registry.versions() if v.digest == before.get("digest") and v.name == before.get("name")), None
    )
    return Reference(version.name, version.input()) if version else base


def _evaluate(
    config: Config, workspace: Workspace, runner: Runner, suites: Artifact, encoder: Input, stage: str
) -> dict[str, Artifact]:
    calls = {code: _bind(evaluate, workspace.store, code, suites, encoder) for code in config.measured}
    return runner.each(stage, calls)


def _bind(function: Callable[..., T], *args: Any, **kwargs: Any) -> Callable[[], T]:  # noqa: ANN401 - passes on
    return lambda: function(*args, **kwargs)


def every_corpus(config: Config) -> list[Corpus]:
    """The corpora of all languages and the suites, those that are switched on."""
    own = [corpus for code in config.measured for corpus in config.settings(code).corpora]
    suites = [corpus for corpus in config.holdout.suites.values() if not switched_off(corpus)]
    return list(dict.fromkeys([*own, *suites, *config.ready]))


def corpus_uses(config: Config) -> dict[str, Use]:
    """Weight and direction by name of the corpus, those that differ from the usual."""
    every = {corpus_name(corpus): Use(corpus.weight, corpus.direction) for corpus in every_corpus(config)}
    return {name: use for name, use in every.items() if use != Use()}


def _described(config: Config) -> dict[str, tuple[str, str]]:
    every = [corpus for code in config.measured for corpus in config.settings(code).corpora]
    return {corpus_name(corpus): (corpus.version or "", corpus.licence) for corpus in every}


def _distinct(artifacts: list[Artifact]) -> list[Artifact]:
    return list({artifact.key: artifact for artifact in artifacts}.values())


def _seconds(records: list[Any]) -> dict[str, float]:
    total: dict[str, float] = {}
    for record in records:
        total[record.stage] = round(total.get(record.stage, 0.0) + record.seconds, 3)
    return total


def _record(workspace: Workspace, config: Config, summary: Summary, page: Artifact) -> Path:
    """The run's own directory, whole or absent."""
    final = workspace.runs / summary.run
    temporary = workspace.runs / f".{summary.run}"
    temporary.mkdir(parents=True)
    shutil.copy(page.path / "report.html", temporary / "report.html")
    write_json(temporary / "summary.json", summary.model_dump(mode="json"))
    write_json(temporary / "config.json", config.model_dump(mode="json"))
    os.replace(temporary, final)
    return final


def release_encoders() -> None:
    """Let go of loaded encoders: training needs the memory."""
    forget_encoders()
    memory.release()


def failures(stage: str, found: Mapping[str, Exception]) -> Exception:
    """One error for what several languages met: the only one as it is, or all together."""
    if len(found) == 1:
        return next(iter(found.values()))
    lines = "\n  ".join(f"{label}: {error}" for label, error in found.items())
    combined = AlignmentError(f"{stage} failed for {len(found)} languages:\n  {lines}")
    combined.exit_code = max(getattr(error, "exit_code", 1) for error in found.values())
    return combined
