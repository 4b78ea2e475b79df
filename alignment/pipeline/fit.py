"""Training, with negatives mined again on the way if the configuration asks for it."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass, field

from alignment.config import Config
from alignment.encoder.cache import clear_encoders
from alignment.pipeline.data import TrainingData, mine_triplets
from alignment.pipeline.runner import Runner
from alignment.pipeline.runners import launcher_of
from alignment.pipeline.workspace import Workspace
from alignment.stages.average import average
from alignment.stages.pause import pause
from alignment.stages.tokenize import tokenize
from alignment.stages.train import Part, TrainCounts, Training, parts, train
from alignment.types import Artifact, StepCallback


@dataclass
class TrainingRun:
    """The artifacts of a training: `tokenize` and `train` of each part, its mining, `average`."""

    artifacts: list[Artifact] = field(default_factory=list)
    """All of them in order, the encoder to publish last."""
    triplets: dict[int, Artifact] = field(default_factory=dict)
    """By the step after which they are trained on, from 0."""

    @property
    def tokens(self) -> Artifact:
        """The training data of the first part."""
        return next(artifact for artifact in self.artifacts if artifact.stage == "tokenize")

    @property
    def trained(self) -> Artifact:
        """The last artifact of `train`, with the curves and counts of all parts."""
        return next(artifact for artifact in reversed(self.artifacts) if artifact.stage == "train")

    @property
    def averaged(self) -> Artifact | None:
        """The artifact of `average`, if the configuration asks for it."""
        return self.artifacts[-1] if self.artifacts[-1].stage == "average" else None

    @property
    def candidate(self) -> Artifact:
        """The encoder that is evaluated and published."""
        return self.artifacts[-1]


def fit(
    config: Config,
    workspace: Workspace,
    runner: Runner,
    data: TrainingData,
    *,
    seed: int | None = None,
    on_step: StepCallback | None = None,
    until: int | None = None,
) -> TrainingRun:
    """Train on the data, and mine negatives again every `train.remine_every` steps.

    With `until` the training pauses after that step; another call goes on from there. The
    candidate is then the encoder after that step, without `train.average_with_base`.

    Args:
        config: The whole configuration.
        workspace: Where artifacts are kept.
        runner: Runs the stages.
        data: The artifacts of `prepare`.
        seed: Seed of the training, if it differs from the configuration's.
        on_step: Called after each training step with its metrics.
        until: The step after which to pause, from 1; None trains to the end.

    Raises:
        AlignmentError: from the stage that failed.
    """
    context = workspace.context(config)
    if seed is not None:
        context = dataclasses.replace(context, seed=seed)
    run = TrainingRun()
    built = data.triplets
    previous: Artifact | None = None
    for number, (first, last) in enumerate(parts(config.train.steps, config.train.remine_every)):
        if previous is not None:
            mining = mine_triplets(
                config, workspace, runner, data, previous, data.semantic, remined=number
            )
            clear_encoders()
            run.artifacts += mining.artifacts()
            built = mining.triplets
        run.triplets[first] = built
        tokens = runner.run("tokenize", functools.partial(tokenize, context, built, data.encoder))
        run.artifacts.append(tokens)
        part = Part(first, last, previous)
        training = Training(context, built, tokens, data.encoder, config.train, part)
        launcher = launcher_of(config, workspace)
        if until is not None and until < last:
            call = functools.partial(pause, training, until, on_step=on_step, launcher=launcher)
            run.artifacts.append(runner.run("train", call))
            return run
        call = functools.partial(train, training, on_step=on_step, launcher=launcher)
        previous = runner.run("train", call)
        run.artifacts.append(previous)
        if until == last:
            return run
        if TrainCounts.of(previous).steps < last:
            break  # stopped early
    if config.train.average_with_base:
        tokens = run.tokens
        call = functools.partial(average, context, run.trained, tokens, data.encoder, config.train)
        run.artifacts.append(runner.run("average", call))
    return run
