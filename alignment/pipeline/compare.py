"""Trains variants of a configuration on the same number of tokens, each with several seeds."""

from __future__ import annotations

import itertools
import json
import logging
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from alignment import layout
from alignment.config import Config, load_config, yaml_file
from alignment.encoder.cache import clear_encoders
from alignment.errors import ConfigError
from alignment.pipeline.data import TrainingData, prepare
from alignment.pipeline.fit import fit
from alignment.pipeline.runner import Runner, guarded
from alignment.pipeline.workspace import Workspace
from alignment.stages.evaluate import EvaluateCounts, evaluate
from alignment.stages.tokenize import tokenize
from alignment.types import Input

if TYPE_CHECKING:
    from alignment.training.data import TripletData

logger = logging.getLogger(__name__)


class Arm(NamedTuple):
    """One combination of the varied settings."""

    name: str
    overrides: tuple[str, ...]


class ArmResult(NamedTuple):
    """The accuracy that an arm reached."""

    arm: Arm
    steps: int
    tokens: int
    """In all batches, each distinct sentence of a batch counted once, without padding."""
    accuracy: dict[str, list[float]]
    """Accuracy@1 by suite, one value per seed: mean of trained languages and both directions."""

    def spread(self, suite: str) -> tuple[float, float]:
        """Mean and standard deviation over the seeds; the deviation of a single seed is 0."""
        values = self.accuracy[suite]
        deviation = statistics.stdev(values) if len(values) > 1 else 0.0
        return statistics.mean(values), deviation


def arms(grid: Sequence[str]) -> list[Arm]:
    """Every combination of settings written as `key=[value, value]`, in the order of the lists.

    Raises:
        ConfigError: if an entry is not a key with a list.
    """
    columns: list[list[tuple[str, str]]] = []
    for text in grid:
        key, values = _parse(text)
        short_key = key.rpartition(".")[2]
        column = []
        for value in values:
            column.append((f"{short_key} {_shown(value)}", f"{key}={json.dumps(value)}"))
        columns.append(column)
    result = []
    for combination in itertools.product(*columns):
        names = [name for name, _ in combination]
        overrides = tuple(override for _, override in combination)
        result.append(Arm(", ".join(names), overrides))
    return result


def compare(
    path: Path,
    overrides: Sequence[str],
    chosen: Sequence[Arm],
    workspace: Workspace,
    runner: Runner,
    *,
    seeds: int,
) -> Iterator[ArmResult]:
    """Train and evaluate each arm on as many tokens as the configuration sees in `train.steps`.

    All seeds of an arm share the data, the split and the triplets; the order of the batches and
    dropout differ. Everything is kept in the store, so an interrupted comparison can be resumed.

    Args:
        path: The configuration file.
        overrides: Changes to it that all arms share, as `key=value`.
        chosen: The arms, from `arms`.
        workspace: Where artifacts are kept.
        runner: Runs the stages.
        seeds: Number of seeds per arm, which count up from the configuration's seed.

    Raises:
        AlignmentError: from the stage that failed.
    """
    runner = guarded(runner, workspace.root)
    base = load_config(path, overrides)
    data = prepare(base, workspace, runner)
    split = _training_split(base, data, workspace, runner)
    budget = sum(_tokens_per_batch(base, split, base.train.steps))
    for arm in chosen:
        config = load_config(path, [*overrides, *arm.overrides])
        data = prepare(config, workspace, runner)
        split = _training_split(config, data, workspace, runner)
        steps, tokens = _steps_for_budget(config, split, budget)
        clear_encoders()
        train = config.train.model_copy(update={"steps": steps})
        config = config.model_copy(update={"train": train})
        accuracy: dict[str, list[float]] = {}
        for seed in range(config.seed, config.seed + seeds):
            candidate = fit(config, workspace, runner, data, seed=seed).candidate
            encoder = candidate.directory(layout.MODEL)
            for suite, value in _mean_accuracy(config, workspace, data, encoder).items():
                accuracy.setdefault(suite, []).append(value)
            clear_encoders()
        logger.info("compare %s: %s", arm.name, accuracy)
        yield ArmResult(arm, steps, tokens, accuracy)


def _parse(text: str) -> tuple[str, list[Any]]:
    key, _, raw = text.partition("=")
    document = yaml_file.read(raw, "--grid")
    values = None if document.problems else document.value
    if not key or not isinstance(values, list) or not values:
        raise ConfigError(
            f"expected key=[value, value], got {text!r}",
            where="--grid",
            hint="For example: --grid 'train.loss=[triplet, infonce]'.",
        )
    return key, values


def _shown(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    parts = []
    for key, share in value.items():
        if share == 1:
            parts.append(key)
        elif share:
            parts.append(f"{key} {share:g}")
    return "/".join(parts)


def _mean_accuracy(
    config: Config, workspace: Workspace, data: TrainingData, encoder: Input
) -> dict[str, float]:
    by_suite: dict[str, list[float]] = {}
    for code in config.trained:
        artifact = evaluate(
            workspace.store,
            code,
            data.holdout,
            encoder,
            trust_remote_code=config.encoder.runs_code,
        )
        for suite, counts in EvaluateCounts.of(artifact).suites.items():
            by_suite.setdefault(suite, []).append(counts.accuracy)
    return {suite: statistics.mean(values) for suite, values in by_suite.items()}


def _steps_for_budget(config: Config, triplets: TripletData, budget: int) -> tuple[int, int]:
    """The smallest number of steps that reaches the budget, and its tokens."""
    planned = max(1, config.train.steps)
    while True:
        totals = itertools.accumulate(_tokens_per_batch(config, triplets, planned))
        for step, total in enumerate(totals, start=1):
            if total >= budget:
                return step, total
        planned *= 2


def _tokens_per_batch(config: Config, triplets: TripletData, steps: int) -> Iterator[int]:
    from alignment.training.batching import plan

    for batch in plan(triplets, config.train, steps=steps, seed=config.seed):
        rows = triplets.token_ids(triplets.distinct(batch), batch)
        yield sum(len(row) for row in rows)


def _training_split(
    config: Config, data: TrainingData, workspace: Workspace, runner: Runner
) -> TripletData:
    """The triplets as token ids, without the validation split."""
    from alignment.encoder.directory import load_encoder
    from alignment.training.run import open_data
    from alignment.training.validation import split

    context = workspace.context(config)
    tokens = runner.run("tokenize", lambda: tokenize(context, data.triplets, data.encoder))

    encoder = load_encoder(
        data.encoder.path / layout.MODEL,
        device="cpu",
        trust_remote_code=config.encoder.runs_code,
    )
    path = tokens.path / layout.TOKENS
    triplets = open_data(path, encoder, config.train, pivot=config.pivot, seed=config.seed)
    training, _ = split(triplets, config.train.validation_share, config.pivot)
    return training
