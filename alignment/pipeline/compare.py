"""compare: arms that differ from a configuration in a few settings, trained on as many tokens, with several seeds."""

from __future__ import annotations

import itertools
import json
import logging
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from alignment.config import Config, load_config
from alignment.encoder.cache import clear_encoders
from alignment.errors import ConfigError
from alignment.pipeline.run import Data, fit, prepare
from alignment.pipeline.runner import Runner
from alignment.pipeline.workspace import Workspace
from alignment.stages.evaluate import evaluate

logger = logging.getLogger(__name__)


class Arm(NamedTuple):
    """One combination of the varied settings."""

    name: str
    overrides: tuple[str, ...]


class Scores(NamedTuple):
    """What an arm reached."""

    arm: Arm
    steps: int
    tokens: int
    """Of the sentences that its batches hold, each once a batch, padding not counted."""
    accuracy: dict[str, list[float]]
    """Accuracy@1 by suite, one value a seed: mean of the trained languages and both directions, in [0, 1]."""

    def spread(self, suite: str) -> tuple[float, float]:
        """Mean and standard deviation over the seeds (0 of one)."""
        values = self.accuracy[suite]
        return statistics.mean(values), statistics.stdev(values) if len(values) > 1 else 0.0


def arms(vary: Sequence[str]) -> list[Arm]:
    """Every combination of `key=[value, value]`, in the given order.

    Raises:
        ConfigError: if one of them is not a key with a list.
    """
    columns: list[list[tuple[str, str]]] = []
    for text in vary:
        key, _, raw = text.partition("=")
        try:
            values = yaml.safe_load(raw)
        except yaml.YAMLError:
            values = None
        if not key or not isinstance(values, list) or not values:
            raise ConfigError(
                f"expected key=[value, value], got {text!r}",
                where="--vary",
                hint="For example: --vary 'train.loss=[triplet, infonce]'.",
            )
        column = key.rpartition(".")[2]
        columns.append(
            [(f"{column} {_shown(value)}", f"{key}={json.dumps(value)}") for value in values]
        )
    return [
        Arm(", ".join(name for name, _ in chosen), tuple(override for _, override in chosen))
        for chosen in itertools.product(*columns)
    ]


def _shown(value: Any) -> str:
    if isinstance(value, dict):  # the shares that are not 0
        return "/".join(f"{key} {own:g}" if own != 1 else key for key, own in value.items() if own)
    return str(value)


def compare(
    path: Path,
    overrides: Sequence[str],
    chosen: Sequence[Arm],
    workspace: Workspace,
    runner: Runner,
    *,
    seeds: int,
) -> Iterator[Scores]:
    """Train and measure each arm, with as many tokens as the configuration itself would see in its steps.

    The data, the split and the triplets stay the same for all seeds of an arm: what differs is the order
    of the batches and dropout. Everything is kept in the store, so that a comparison goes on where it stopped.
    """
    base = load_config(path, overrides)
    budget = sum(
        _batch_tokens(base, _read(base, prepare(base, workspace, runner)), base.train.steps)
    )
    for arm in chosen:
        config = load_config(path, [*overrides, *arm.overrides])
        data = prepare(config, workspace, runner)
        steps, tokens = _steps_within(config, _read(config, data), budget)
        clear_encoders()
        config = config.model_copy(
            update={"train": config.train.model_copy(update={"steps": steps})}
        )
        accuracy: dict[str, list[float]] = {}
        for seed in range(config.seed, config.seed + seeds):
            trained = fit(config, workspace, runner, data, seed=seed)[-1]
            for suite, value in _measure(
                config, workspace, data, trained.directory("model")
            ).items():
                accuracy.setdefault(suite, []).append(value)
            clear_encoders()
        logger.info("compare %s: %s", arm.name, accuracy)
        yield Scores(arm, steps, tokens, accuracy)


def _measure(config: Config, workspace: Workspace, data: Data, encoder: Any) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for code in config.trained:
        counts = evaluate(workspace.store, code, data.holdout, encoder).counts
        for suite in (name.removesuffix(":n") for name in counts if name.endswith(":n")):
            right = counts[f"{suite}:forward"] + counts[f"{suite}:backward"]
            found.setdefault(suite, []).append(right / (2 * counts[f"{suite}:n"]))
    return {suite: statistics.mean(values) for suite, values in found.items()}


def _steps_within(config: Config, read: Any, budget: int) -> tuple[int, int]:
    """The fewest steps that reach the budget, and their tokens."""
    most = max(1, config.train.steps)
    while True:
        totals = itertools.accumulate(_batch_tokens(config, read, most))
        for step, total in enumerate(totals, start=1):
            if total >= budget:
                return step, total
        most *= 2


def _batch_tokens(config: Config, read: Any, steps: int) -> Iterator[int]:
    """Of each of the first batches."""
    from alignment.training.batching import plan

    for batch in plan(read.items(), config.train, steps=steps, seed=config.seed):
        yield sum(map(len, read.rows(list(read.distinct(batch)), batch)))


def _read(config: Config, data: Data) -> Any:
    from alignment.encoder.directory import load_encoder
    from alignment.training.data import read_triplets
    from alignment.training.validation import split

    encoder = load_encoder(data.encoder.path / "model", device="cpu")
    path = data.triplets.path / "triplets.parquet"
    read = read_triplets(path, encoder, config.train, pivot=config.pivot, seed=config.seed)
    return split(read, config.train.validation_share, config.pivot)[0]
