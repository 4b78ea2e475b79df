"""train: fine-tune the encoder, in a child process that resumes from its checkpoints."""

from __future__ import annotations

import logging
import math
import os
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from alignment import layout
from alignment.config import Train
from alignment.context import RunContext
from alignment.training.job import CHECKPOINTS, LOG, PLAN, PROGRESS, TENSORBOARD, Job, PlanSummary
from alignment.training.jsonl import complete_lines
from alignment.training.launch import Launcher, launch
from alignment.training.resume import newest_checkpoint, step_of
from alignment.types import Artifact, Counts, StepCallback, StepMetrics

REVISION = 9
WHERE = ("workers", "gpus_per_worker", "sharding")
"""Settings that do not change what is trained."""
LANGUAGES_IN_WARNING = 10
LOG_SECONDS = 30.0
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainCounts(Counts):
    """What was trained. The triplets are those of all parts of a training."""

    steps: int
    """The last step."""
    best_step: int
    """The step whose weights were kept."""
    triplets: int
    """Triplets that were trained on. A triplet counts each time."""
    batch_tokens: int
    """The limit that was used, which is half of `train.batch_tokens` after memory ran out."""
    triplets_by_language: dict[str, int]
    """Of `triplets`, those with a side in the language, the pivot included."""


class Part(NamedTuple):
    """Consecutive steps of a training, between which negatives are mined again."""

    start: int
    """Number of the steps before this part."""
    end: int
    """The last step of this part."""
    previous: Artifact | None = None
    """The result of the steps before this part."""


def parts(steps: int, remine_every: int | None) -> list[tuple[int, int]]:
    """Start and end of each part of a training."""
    if not steps:
        return [(0, 0)]
    length = remine_every or steps
    return [(start, min(start + length, steps)) for start in range(0, steps, length)]


@dataclass(frozen=True)
class Training:
    """What is trained, and how: all that decides the result."""

    context: RunContext
    """What the stages of a run share. Its seed decides the order of the batches, and dropout."""
    triplets: Artifact
    """What to train on."""
    tokens: Artifact
    """The same as token ids, the artifact of `tokenize`."""
    encoder: Artifact
    """The base encoder."""
    settings: Train
    """The section `train` of the configuration."""
    part: Part
    """The steps to train. A later part continues the weights, the curves and the counts of the
    previous one."""

    def identity(self) -> dict[str, Any]:
        """What the store makes the key of the artifact from."""
        inputs = {
            "triplets": self.triplets.input(layout.TRIPLETS),
            "tokens": self.tokens.directory(layout.TOKENS),
            "encoder": self.encoder.directory(layout.MODEL),
        }
        if self.part.previous:
            inputs["previous"] = self.part.previous.directory(layout.MODEL)
        # The stage `average` comes after this one, and does not change what is trained.
        settings = self.settings.model_dump(mode="json", exclude={"average_with_base", *WHERE})
        places = {"start": self.part.start, "end": self.part.end}
        return {
            "revision": REVISION,
            "config": {**settings, "pivot": self.context.pivot, **places},
            "inputs": inputs,
            "seed": self.context.seed,
        }

    def run(
        self,
        out: Path,
        scratch: Path,
        launcher: Launcher,
        on_step: StepCallback | None,
        pause_step: int | None = None,
    ) -> None:
        """Train in `scratch`, from its last checkpoint, and fill the artifact's directory."""
        part = self.part
        settings = self.settings
        job = Job(
            train=settings,
            triplets=self.triplets.path / layout.TRIPLETS,
            tokens=self.tokens.path / layout.TOKENS,
            encoder=(part.previous or self.encoder).path / layout.MODEL,
            teacher=self.encoder.path / layout.MODEL,
            pivot=self.context.pivot,
            output=out / layout.MODEL,
            scratch=scratch,
            seed=self.context.seed,
            start_step=part.start,
            end_step=part.end,
            pause_step=pause_step,
            trust_remote_code=self.context.trust_remote_code,
            parent=os.getpid(),
        )
        checkpoint = newest_checkpoint(scratch / CHECKPOINTS)
        if checkpoint:
            done = part.start + step_of(checkpoint)
            logger.info("train: continuing after step %d of %d", done, settings.steps)
        elif settings.steps and not part.previous:
            _warn_of_small_languages(self.triplets, settings.batch_size)
        launcher(job, on_step or log_progress(settings.steps))
        _copy_outputs(scratch, out, part.previous)


def train(
    training: Training,
    *,
    on_step: StepCallback | None = None,
    launcher: Launcher | None = None,
) -> Artifact:
    """The trained encoder.

    The artifact has `model/`, `curves.jsonl` (`StepMetrics`, one line per step), `train.log`, and
    `tensorboard/` if `train.tensorboard` is set.

    Args:
        training: What is trained.
        on_step: Called after each step. By default a step is logged every half minute.
        launcher: Where the training runs; by default in child processes of this one.

    Raises:
        TrainingError: if training stopped. The next run resumes from the last checkpoint, if any.
    """
    store = training.context.store

    def work(out: Path) -> TrainCounts:
        scratch = store.scratch(out.name)
        training.run(out, scratch, launcher or launch, on_step)
        return _counts(scratch, training.settings, training.part.previous)

    return store.build("train", work, **training.identity())


def _warn_of_small_languages(triplets: Artifact, batch_size: int) -> None:
    small = [
        f"{language} ({count})"
        for language, count in _triplets_per_direction(triplets).items()
        if count < batch_size
    ]
    if not small:
        return
    named = ", ".join(small[:LANGUAGES_IN_WARNING])
    if len(small) > LANGUAGES_IN_WARNING:
        named += f" and {len(small) - LANGUAGES_IN_WARNING} more"
    logger.warning(
        "train: these languages have fewer triplets per direction than one batch (%d): %s. "
        "Their batches are small and hold few in-batch negatives. "
        "Set train.mix_languages: true to fill the batches with other languages",
        batch_size,
        named,
    )


def _triplets_per_direction(triplets: Artifact) -> dict[str, int]:
    """Triplets of one direction by language. Every pair gives one of each direction."""
    by_language: dict[str, int] = triplets.counts["triplets_by_language"]
    return {language: count // 2 for language, count in by_language.items()}


def _copy_outputs(scratch: Path, out: Path, previous: Artifact | None) -> None:
    curves = (previous.path / layout.CURVES).read_text() if previous else ""
    if (scratch / PROGRESS).is_file():  # there is none if no step was trained
        curves += (scratch / PROGRESS).read_text()
    (out / layout.CURVES).write_text(curves)
    shutil.copy(scratch / LOG, out / LOG)
    if (scratch / TENSORBOARD).is_dir():
        shutil.copytree(scratch / TENSORBOARD, out / TENSORBOARD)


def _counts(scratch: Path, settings: Train, previous: Artifact | None) -> TrainCounts:
    """The counts of the run in `scratch`, added to those of the previous part."""
    metrics = [StepMetrics.from_json(line) for line in complete_lines(scratch / PROGRESS)]
    if not metrics:
        return TrainCounts(
            steps=0,
            best_step=0,
            triplets=0,
            batch_tokens=settings.batch_tokens,
            triplets_by_language={},
        )
    plan = PlanSummary.read(scratch / PLAN)
    triplets = sum(step.triplets for step in metrics)
    by_language = Counter(plan.triplets_by_language)
    if previous:
        earlier = TrainCounts.of(previous)
        triplets += earlier.triplets
        by_language.update(earlier.triplets_by_language)
    last_step = metrics[-1].step
    return TrainCounts(
        steps=last_step,
        best_step=plan.best_step or last_step,
        triplets=triplets,
        batch_tokens=plan.batch_tokens,
        triplets_by_language=dict(sorted(by_language.items())),
    )


def log_progress(steps: int) -> StepCallback:
    """A callback for output that is not a terminal, of a run of `steps`.

    It logs the first step, the last one, and one every `LOG_SECONDS` of training.
    """
    waited = 0.0
    seen = 0
    seconds = 0.0

    def log_step(metrics: StepMetrics) -> None:
        nonlocal waited, seen, seconds
        seen += 1
        seconds += metrics.seconds
        waited += metrics.seconds
        if seen > 1 and waited < LOG_SECONDS and metrics.step != steps:
            return
        waited = 0.0
        left = (steps - metrics.step) * seconds / seen
        logger.info(
            "train step %d/%d: loss %.4f, active %.0f%%, %.1f triplets/s, %s",
            metrics.step,
            steps,
            metrics.loss,
            100 * metrics.active,
            metrics.triplets / max(metrics.seconds, 1e-9),
            f"about {math.ceil(left / 60)} min left" if left else "done",
        )

    return log_step
