"""pause: the encoder in the middle of a training, which goes on later as if it had not paused."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alignment.stages.train import Training
from alignment.training.job import CHECKPOINTS, PROGRESS
from alignment.training.jsonl import complete_lines
from alignment.training.launch import Launcher, launch
from alignment.training.resume import newest_checkpoint, step_of
from alignment.types import Artifact, Counts, StepCallback, StepMetrics

REVISION = 1


@dataclass(frozen=True)
class PauseCounts(Counts):
    """How far a training has come."""

    steps: int
    """The last step."""


def pause(
    training: Training,
    step: int,
    *,
    on_step: StepCallback | None = None,
    launcher: Launcher | None = None,
) -> Artifact:
    """The encoder after `step` of a training that can go on: `train` resumes after that step.

    The artifact has the files of `train`, for the steps so far. The learning rate is that of the
    whole training, and what `train` results in afterwards is, bit for bit, what it would have been
    without the pause. A training that stops early before `step` is done: then this is its result.

    Args:
        training: What is trained.
        step: A step of the training's part, and not its last one.
        on_step: Called after each step. By default a step is logged every half minute.
        launcher: Where the training runs; by default in child processes of this one.

    Raises:
        TrainingError: if training stopped. The next run resumes from the last checkpoint, if any.
    """
    store = training.context.store
    identity = training.identity()
    key = store.key("train", **identity)

    def work(out: Path) -> PauseCounts:
        with store.locked(key):
            scratch = store.scratch(key)
            checkpoint = newest_checkpoint(scratch / CHECKPOINTS)
            is_past = checkpoint is not None and training.part.start + step_of(checkpoint) > step
            if is_past or (store.root / "train" / key).exists():
                # It cannot go back, and nobody would go on from here.
                scratch = store.scratch(out.name)
            training.run(out, scratch, launcher or launch, on_step, pause_step=step)
            last = complete_lines(scratch / PROGRESS)[-1]
            return PauseCounts(StepMetrics.from_json(last).step)

    # A new revision of `train` changes what the training is like at a step, too.
    config = {**identity["config"], "pause": step, "train": identity["revision"]}
    return store.build("pause", work, **{**identity, "config": config, "revision": REVISION})
