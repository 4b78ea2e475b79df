"""The plan of a run: expected rows, minutes, disk and memory, and warnings before they are spent.

It reads the configuration, the manifests and records of earlier runs, and the sizes of local files.
It fetches nothing and loads no encoder.
"""

from __future__ import annotations

import importlib.util
import logging
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from alignment import memory
from alignment.config import Config
from alignment.pipeline.plan.costs import (
    COSTS,
    FLOPS_PER_CORE,
    TOKENS_PER_SENTENCE,
    TRIPLETS_PER_PAIR,
    Volumes,
    batch_tokens,
    unit_of,
    work_of,
)
from alignment.pipeline.plan.encoder_shape import EncoderShape, encoder_shape
from alignment.pipeline.plan.rates import Rate, measured_rates
from alignment.pipeline.plan.rows import Expected, ExpectedPairs, kept_shares, total
from alignment.pipeline.plan.training_memory import TrainingMemory, training_memory
from alignment.pipeline.runners import trains_on_cluster
from alignment.pipeline.workspace import Workspace
from alignment.stages.mine import needs_vectors
from alignment.training.columns import MAX_TRIPLETS
from alignment.workers import available_cpus

GIB = 2**30
SIDES = 2  # of a pair
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LanguagePlan:
    """What one language will have."""

    corpora: dict[str, Expected]
    pairs: Expected
    clean_pairs: int
    """Expected after cleaning, by the share that was kept before."""


@dataclass(frozen=True)
class StagePlan:
    """What one stage will take."""

    units: int
    unit: str
    seconds: float | None
    """None if the encoder's size is not known."""
    bytes: int | None
    source: str
    """The run that it was measured in, or `default`."""


@dataclass(frozen=True)
class Plan:
    """What a run will take."""

    languages: dict[str, LanguagePlan]
    stages: dict[str, StagePlan]
    triplets: int
    tokens: int
    """Of the sentences that are trained on, about."""
    batch_tokens: int
    """Of a training step, about."""
    encoder: EncoderShape | None
    memory: TrainingMemory | None
    """Of training; None if the encoder's size is not known."""
    free_memory: int | None
    """Bytes that this process may still take; None if the system does not say."""
    free_disk: int
    """Bytes free where the workspace is."""
    warnings: list[str] = field(default_factory=list)

    @property
    def has_unknown_rows(self) -> bool:
        """Whether a corpus counts as 0 because nothing says how many pairs it has."""
        return any(language.pairs.certainty == "unknown" for language in self.languages.values())

    @property
    def seconds(self) -> float:
        """Of all stages whose time is known."""
        return sum(stage.seconds or 0.0 for stage in self.stages.values())

    @property
    def bytes(self) -> int:
        """Of all stages whose size is known."""
        return sum(stage.bytes or 0 for stage in self.stages.values())


def make_plan(config: Config, workspace: Workspace) -> Plan:
    """Estimate a run as if nothing were reused."""
    languages = _languages(config, workspace)
    shape = encoder_shape(config, workspace)
    volumes = _volumes(config, languages)
    stages = _stages(config, volumes, shape, measured_rates(config, workspace))
    needed = None
    on_cluster = trains_on_cluster(config)
    if shape is not None:
        # The processes of a cluster may be on one machine each; their memory is declared.
        processes = 1 if on_cluster else config.train.workers
        needed = training_memory(shape, config.train, volumes.triplets, processes=processes)
    plan = Plan(
        languages=languages,
        stages=stages,
        triplets=volumes.triplets,
        tokens=SIDES * TOKENS_PER_SENTENCE * volumes.clean_pairs,
        batch_tokens=batch_tokens(config.train),
        encoder=shape,
        memory=needed,
        free_memory=None if on_cluster else memory.available_bytes(),
        free_disk=shutil.disk_usage(_existing(workspace.root)).free,
    )
    plan.warnings.extend([*_resource_warnings(plan), *_unknown_rows(plan)])
    return plan


def warn_before_run(config: Config, workspace: Workspace) -> None:
    """Log a warning if memory or disk will not do. Never fails, fetches nothing."""
    try:
        warnings = _resource_warnings(make_plan(config, workspace))
    except Exception as error:  # an estimate must not stop a run that could succeed
        logger.debug("no plan: %s", error)
        return
    for warning in warnings:
        logger.warning("%s", warning)


def has_gaps(config: Config, workspace: Workspace) -> bool:
    """Whether `warn_before_run` cannot know everything yet. Never fails, fetches nothing.

    A corpus that was never pulled may have any number of pairs, and an encoder that was never
    fetched any size.
    """
    try:
        if encoder_shape(config, workspace) is None:
            return True
        languages = _languages(config, workspace).values()
    except Exception as error:  # as in `warn_before_run`
        logger.debug("no plan: %s", error)
        return False
    return any(language.pairs.certainty == "unknown" for language in languages)


def _languages(config: Config, workspace: Workspace) -> dict[str, LanguagePlan]:
    expected = ExpectedPairs(config, workspace)
    shares = kept_shares(workspace)
    plans = {}
    for code in config.measured:
        corpora = expected.of_language(code)
        pairs = total(list(corpora.values()))
        share = shares.get(code, shares[""]) * (1 - config.holdout.share)
        kept = round(pairs.rows * share) if code in config.trained else 0
        plans[code] = LanguagePlan(corpora, pairs, kept)
    return plans


def _volumes(config: Config, languages: dict[str, LanguagePlan]) -> Volumes:
    suites = config.holdout.max_pairs * (1 if config.holdout.share else 0)
    queries = 0
    for plan in languages.values():
        queries += min(suites, round(plan.pairs.rows * config.holdout.share))
    clean_pairs = sum(plan.clean_pairs for plan in languages.values())
    return Volumes(
        pairs=sum(plan.pairs.rows for plan in languages.values()),
        clean_pairs=clean_pairs,
        triplets=TRIPLETS_PER_PAIR * clean_pairs,
        steps=config.train.steps,
        queries=4 * queries,  # both directions, both encoders
        languages=len(languages),
    )


def _stages(
    config: Config, volumes: Volumes, shape: EncoderShape | None, rates: dict[str, Rate]
) -> dict[str, StagePlan]:
    """Every stage that this version has, and those that earlier runs had besides."""
    stages = {}
    for stage in [*COSTS, *(name for name in rates if name not in COSTS)]:
        if stage not in rates and not _applies(stage, config):
            continue
        if stage in rates:
            unit = unit_of(stage)
            units = volumes.of(unit)
            rate = rates[stage]
            size = None if rate.bytes is None else round(rate.bytes * units)
            stages[stage] = StagePlan(units, unit, rate.seconds * units, size, rate.run)
        else:
            stages[stage] = _by_default(stage, volumes, config, shape)
    return stages


def _by_default(
    stage: str, volumes: Volumes, config: Config, shape: EncoderShape | None
) -> StagePlan:
    work = work_of(stage, volumes, shape, config.train, config.triplets.pool)
    alone = work.seconds(available_cpus())
    seconds = _with_encoder(alone, work.tokens, shape) if work.tokens else alone
    return StagePlan(work.units, work.unit, seconds, work.bytes, "default")


def _with_encoder(seconds: float, tokens: float, shape: EncoderShape | None) -> float | None:
    """Plus the time of a number of tokens: two operations per weight, on this machine's cores."""
    if shape is None or _has_gpu():
        return None
    return seconds + tokens * 2 * shape.layer_parameters / (FLOPS_PER_CORE * available_cpus())


def _applies(stage: str, config: Config) -> bool:
    if stage == "check":
        return config.clean.misaligned != "ignore"
    if stage == "average":
        return bool(config.train.average_with_base)
    if stage in ("onnx", "evaluate_onnx"):
        return config.publish.onnx is not None
    if stage == "embed":
        return _exists(stage) and needs_vectors(config.triplets)
    if stage == "semantic":
        return _exists(stage) and getattr(config.clean, "semantic", None) is not None
    return _exists(stage)


def _exists(stage: str) -> bool:
    """Whether this version has the stage."""
    return importlib.util.find_spec(f"alignment.stages.{stage}") is not None


def _has_gpu() -> bool:
    return Path("/dev/nvidia0").exists()


def _existing(path: Path) -> Path:
    """The directory, or its nearest parent that exists."""
    while not path.exists():
        path = path.parent
    return path


def _resource_warnings(plan: Plan) -> list[str]:
    warnings = []
    needed = plan.memory
    free = plan.free_memory
    if needed is not None and free is not None and needed.total > free and not _has_gpu():
        warnings.append(
            f"training will need about {needed.total / GIB:.1f} GiB of memory and "
            f"{free / GIB:.1f} GiB are free: {_what_to_lower(needed)}"
        )
    if plan.bytes > plan.free_disk:
        warnings.append(
            f"the run will write about {plan.bytes / GIB:.1f} GiB and {plan.free_disk / GIB:.1f} "
            "GiB of disk are free: choose another --workspace, or free some space "
            "(`alignment store gc`)"
        )
    if plan.triplets > MAX_TRIPLETS:
        warnings.append(
            f"the run will build about {plan.triplets:,} triplets, and training takes at most "
            f"{MAX_TRIPLETS:,}: set max_pairs of the largest corpora, or their direction"
        )
    return warnings


def _what_to_lower(needed: TrainingMemory) -> str:
    """Advice for the largest part of the memory."""
    largest = max(
        (needed.activations, "lower train.batch_tokens, or set train.gradient_cache: true"),
        (needed.data, "set max_pairs of the largest corpora"),
        (needed.weights + needed.gradients_and_optimizer, "choose a smaller encoder"),
    )
    return largest[1]


def _unknown_rows(plan: Plan) -> list[str]:
    unknown: dict[str, list[str]] = {}
    for code, language in plan.languages.items():
        for name, expected in language.corpora.items():
            if expected.certainty == "unknown":
                unknown.setdefault(name, []).append(code)
    warnings = []
    for name, codes in unknown.items():
        warnings.append(
            f"the number of pairs of {name} ({', '.join(codes)}) is unknown until it is fetched, "
            "and counts as 0 here: set its max_pairs, or run `alignment clean CONFIG` first"
        )
    return warnings
