"""Trains variants of a configuration on the same number of tokens, each with several seeds."""

from __future__ import annotations

import logging
import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from alignment import layout
from alignment.config import Config, load_config
from alignment.encoder.cache import clear_encoders
from alignment.errors import ConfigError
from alignment.gate import Behind, behind_best
from alignment.pipeline.arms import Arm, check_arms
from alignment.pipeline.data import TrainingData, prepare
from alignment.pipeline.development import (
    DECIDES,
    Development,
    Scores,
    by_pair,
    means,
    measure,
    with_development,
)
from alignment.pipeline.fit import TrainingRun, fit
from alignment.pipeline.runner import Runner, guarded
from alignment.pipeline.token_budget import steps_for_budget, tokens_per_batch, training_split
from alignment.pipeline.workspace import Workspace
from alignment.stages.evaluate import EvaluateCounts, evaluate
from alignment.types import Artifact, Input, StepMetrics

ROUNDS = (0.25, 0.5)
"""Shares of the steps after which arms that are clearly behind are stopped."""
ALPHA = 0.05
"""Probability, over all rounds, of stopping any arm that is not behind by more than the margin."""
logger = logging.getLogger(__name__)


class Stopped(NamedTuple):
    """Where an arm was stopped, and why."""

    step: int
    reason: str


class ArmResult(NamedTuple):
    """The accuracy that an arm reached."""

    arm: Arm
    steps: int
    """Of the whole training, also if the arm was stopped."""
    tokens: int
    """In all batches, each distinct sentence of a batch counted once, without padding."""
    accuracy: dict[str, list[float]]
    """Accuracy@1 in [0, 1], one value per seed: with development suites their mean
    (`development`), that of each group and of the control languages, otherwise the mean of the
    trained languages by suite. Both directions count, and every language counts the same."""
    seconds: float = 0.0
    """Training time of a seed, the mean over the seeds."""
    stopped: Stopped | None = None
    scores: Sequence[float] = ()
    """Of each pair of the development suites (pairs,), the mean over the seeds."""

    def spread(self, suite: str) -> tuple[float, float]:
        """Mean and standard deviation over the seeds; the deviation of a single seed is 0."""
        values = self.accuracy[suite]
        deviation = statistics.stdev(values) if len(values) > 1 else 0.0
        return statistics.mean(values), deviation


def compare(
    path: Path,
    overrides: Sequence[str],
    chosen: Sequence[Arm],
    workspace: Workspace,
    runner: Runner,
    *,
    seeds: int,
    develop: Sequence[str] = (),
    stop_behind: float | None = None,
    on_training: Callable[[str], None] | None = None,
) -> Iterator[ArmResult]:
    """Train and evaluate each arm on as many tokens as the configuration sees in `train.steps`.

    All seeds of an arm share the data, the split and the triplets; the order of the batches and
    dropout differ. Everything is kept in the store, so an interrupted comparison can be resumed.

    With `stop_behind` all arms train to a quarter of their steps first, then to half of them, and
    those that are clearly behind the best one are stopped there. The others are what they would be
    without, bit for bit. Results come when they are known, so arms that are stopped come first.

    Args:
        path: The configuration file.
        overrides: Changes to it that all arms share, as `key=value`.
        chosen: The arms, from `arms`.
        workspace: Where artifacts are kept.
        runner: Runs the stages.
        seeds: Number of seeds per arm, which count up from the configuration's seed.
        develop: Development suites besides those of the configuration, see `with_development`.
        stop_behind: How far behind an arm must be to be stopped, as a share of the answers; None
            stops none.
        on_training: Called with the arm, the seed and the steps before each training.

    Raises:
        ConfigError: if two arms are the same, an arm changes the development suites, or arms shall
            be stopped and there is no development suite.
        DataError: if no development suite has a pair of a trained language.
        AlignmentError: from the stage that failed.
    """
    base = _configuration(path, overrides, develop)
    check_arms(path, overrides, chosen)
    if stop_behind is not None and not base.holdout.develops:
        raise ConfigError(
            "there is no development suite by which to stop arms",
            where="--stop-behind",
            hint="Name a corpus or a file with --develop, or set holdout.development.",
        )
    work = _Work(workspace, guarded(runner, workspace.root), seeds, on_training or logger.info)
    data = prepare(base, workspace, work.runner)
    if base.holdout.develops:
        Development.of(base, data.holdout)  # raises if there is nothing to choose by
    split = training_split(base, data, workspace, work.runner)
    budget = sum(tokens_per_batch(base, split, base.train.steps))

    contenders = []  # all of them first, so that no mistake shows after hours of training
    for arm in chosen:
        config = _configuration(path, [*overrides, *arm.overrides], develop)
        contenders.append(_contender(arm, config, budget, data.holdout, work))
    if stop_behind is not None:
        yield from _in_rounds(contenders, work, stop_behind)
        return
    for contender in contenders:
        yield work.result(contender)


def best_arm(results: Sequence[ArmResult]) -> tuple[Arm, dict[str, Behind]] | None:
    """The arm with the highest accuracy on the development suites, and how far behind others are.

    Arms that were stopped are not among them. None if arms have no development suite.
    """
    finished = [result for result in results if result.stopped is None and result.scores]
    if not finished:
        return None
    behind = _behind_best(finished)
    (best,) = [result.arm for result in finished if result.arm.name not in behind]
    return best, behind


class _Contender(NamedTuple):
    """An arm that is ready to be trained."""

    arm: Arm
    config: Config
    """With the steps that reach the budget."""
    data: TrainingData
    tokens: int


class _Work(NamedTuple):
    """What all arms share."""

    workspace: Workspace
    runner: Runner
    seeds: int
    on_training: Callable[[str], None]

    def result(self, contender: _Contender, until: int | None = None) -> ArmResult:
        """Train all seeds to the end, or until a step, and measure them."""
        config = contender.config
        accuracy: dict[str, list[float]] = {}
        scores: list[Scores] = []
        seconds = []
        steps = f"step {until:,} of {config.train.steps:,}" if until else "the end"
        for seed in range(config.seed, config.seed + self.seeds):
            self.on_training(f"{contender.arm.name}, seed {seed}, to {steps}")
            clear_encoders()
            run = fit(config, self.workspace, self.runner, contender.data, seed=seed, until=until)
            seconds.append(_training_seconds(run))
            encoder = run.candidate.directory(layout.MODEL)
            if config.holdout.develops:
                scores.append(measure(config, self.workspace, contender.data.holdout, encoder))
                means_of_seed = means(config, scores[-1])
            else:
                means_of_seed = _mean_accuracy(config, self.workspace, contender.data, encoder)
            for name, value in means_of_seed.items():
                accuracy.setdefault(name, []).append(value)
        clear_encoders()
        logger.info("compare %s: %s", contender.arm.name, accuracy)
        return ArmResult(
            contender.arm,
            config.train.steps,
            contender.tokens,
            accuracy,
            seconds=statistics.mean(seconds),
            scores=by_pair(config, scores) if scores else (),
        )


def _in_rounds(contenders: Sequence[_Contender], work: _Work, margin: float) -> Iterator[ArmResult]:
    for share in ROUNDS:
        if len(contenders) < 2:
            break
        so_far: dict[str, ArmResult] = {}
        steps: dict[str, int] = {}
        for contender in contenders:
            name = contender.arm.name
            steps[name] = max(1, round(share * contender.config.train.steps))
            so_far[name] = work.result(contender, until=steps[name])
        stopped = clearly_behind(so_far.values(), margin=margin, alpha=ALPHA / len(ROUNDS))
        for name, reason in stopped.items():
            yield so_far[name]._replace(stopped=Stopped(steps[name], reason))
        contenders = [arm for arm in contenders if arm.arm.name not in stopped]
    for contender in contenders:
        yield work.result(contender)


def clearly_behind(results: Iterable[ArmResult], *, margin: float, alpha: float) -> dict[str, str]:
    """Why arms are to be stopped, by name: those that are behind the best one by more than margin.

    Args:
        results: So far, with development suites.
        margin: As a share of the answers.
        alpha: Probability of stopping any arm that is not behind by more than the margin.
    """
    reasons = {}
    for name, behind in _behind_best(results, margin).items():
        if behind.p < alpha and behind.gap > margin:
            points = f"{100 * behind.gap:.1f} points"
            reasons[name] = f"{points} behind {behind.best} (adjusted p = {behind.p:.2g})"
    return reasons


def _behind_best(results: Iterable[ArmResult], margin: float = 0.0) -> dict[str, Behind]:
    """By the mean over the languages; the test counts every pair the same."""
    scores = {}
    averages = {}
    for result in results:
        scores[result.arm.name] = result.scores
        averages[result.arm.name], _ = result.spread(DECIDES)
    return behind_best(scores, means=averages, margin=margin)


def _configuration(path: Path, overrides: Sequence[str], develop: Sequence[str]) -> Config:
    return with_development(load_config(path, overrides), develop)


def _contender(arm: Arm, config: Config, budget: int, holdout: Artifact, work: _Work) -> _Contender:
    """Prepare an arm.

    Raises:
        ConfigError: if its development suites are not those of the others.
    """
    data = prepare(config, work.workspace, work.runner)
    pairs = data.holdout.directory(layout.DEVELOPMENT)
    if pairs.digest != holdout.directory(layout.DEVELOPMENT).digest:
        raise ConfigError(
            f"{arm.name} has other pairs in its development suites than the other combinations",
            where="--grid",
            hint="Vary no key that changes the suites, such as holdout.max_pairs and "
            "holdout.share.",
        )
    split = training_split(config, data, work.workspace, work.runner)
    steps, tokens = steps_for_budget(config, split, budget)
    train = config.train.model_copy(update={"steps": steps})
    return _Contender(arm, config.model_copy(update={"train": train}), data, tokens)


def _training_seconds(run: TrainingRun) -> float:
    """The time of all steps so far, whenever they were trained."""
    artifact = next(each for each in reversed(run.artifacts) if layout.CURVES in each.files)
    lines = (artifact.path / layout.CURVES).read_text(encoding="utf-8").splitlines()
    return sum(StepMetrics.from_json(line).seconds for line in lines)


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
