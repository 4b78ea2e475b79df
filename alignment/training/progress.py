"""The progress file of a training process: one line of metrics per step."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from alignment import memory
from alignment.extras import require
from alignment.files import write_atomically
from alignment.training.checkpoints import BestCheckpoint
from alignment.training.jsonl import append_line, complete_lines
from alignment.training.losses import Loss
from alignment.training.ranks import Ranks
from alignment.training.resume import record_digests
from alignment.types import StepMetrics

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

CHECKPOINT_SECONDS = 600.0
TRIM_STEPS = 4  # without it the heap grows from 2.5 to over 4 GB in a hundred steps


class BatchResult(NamedTuple):
    """The loss of one batch and its number of triplets."""

    loss: Loss
    triplets: int


class Progress(TrainerCallback):
    """Writes `StepMetrics` as JSON lines, and as TensorBoard files if asked to."""

    def __init__(
        self,
        path: Path,
        last_batch: Callable[[], BatchResult | None],
        best: BestCheckpoint | None,
        *,
        tensorboard: Path | None = None,
        start_step: int = 0,
        pause_step: int | None = None,
        ranks: Ranks | None = None,
    ) -> None:
        """Follow a training.

        Args:
            path: The progress file.
            last_batch: The batch of the step that is being reported.
            best: What evaluates the validation pairs, if there are any.
            tensorboard: Directory for TensorBoard files.
            start_step: Steps that were trained before, in another process.
            pause_step: The step after which to write a checkpoint and end, if it comes at all.
            ranks: The processes that train together; by default this one is alone.
        """
        self._path = path
        self._last_batch = last_batch
        self._best = best
        self._board = _writer(tensorboard) if tensorboard else None
        self._start_step = start_step
        self._pause_step = pause_step
        self.paused = False
        """Whether the training has ended before its time, to go on later."""
        self._ranks = ranks or Ranks()
        self._step_started = 0.0
        self._saved = 0.0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Drop the steps after the checkpoint that training resumes from."""
        last = self._start_step + state.global_step
        metrics = [step for step in read_metrics(self._path) if step.step <= last]
        if state.is_world_process_zero:  # at once, because the others read it meanwhile
            write_atomically(self._path, "".join(f"{step.to_json()}\n" for step in metrics))
        if self._best:
            self._best.restore_history(metrics)
        self._step_started = time.monotonic()
        self._saved = self._step_started

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Return freed memory to the system now and then, evaluate, and ask for a checkpoint.

        transformers writes one every so many steps. A step can take minutes, so this adds one for
        each `CHECKPOINT_SECONDS` by the clock of the first process.
        """
        if state.global_step % TRIM_STEPS == 0:
            memory.trim()
        step = self._start_step + state.global_step
        last = self._start_step + state.max_steps
        if self._best:
            control.should_training_stop |= self._best.maybe_evaluate(step, last)
        if step == self._pause_step and step < last and not control.should_training_stop:
            # After an early stop there would be nothing to go on with.
            self.paused = True
            control.should_training_stop = True
            control.should_save = True
        control.should_save |= self._ranks.agreed(
            time.monotonic() - self._saved >= CHECKPOINT_SECONDS
        )

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Record what the checkpoint must be; the time to the next one begins."""
        checkpoint = Path(str(args.output_dir)) / f"checkpoint-{state.global_step}"
        if state.is_world_process_zero and checkpoint.is_dir():
            record_digests(checkpoint)
        self._saved = time.monotonic()

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **_: object,
    ) -> None:
        """Write the step's metrics. transformers logs after each step, with the gradient norm."""
        batch = self._last_batch()
        if batch is None or not state.is_world_process_zero:
            return
        if logs is None or "grad_norm" not in logs:
            return
        now = time.monotonic()
        seconds = now - self._step_started
        self._step_started = now
        step = self._start_step + state.global_step
        gradient_norm = float(logs["grad_norm"])
        metrics = StepMetrics(
            step=step,
            loss=batch.loss.value.item(),
            active=batch.loss.active.item(),
            hard=batch.loss.hard.item(),
            positive=batch.loss.positive.item(),
            negative=batch.loss.negative.item(),
            gradient_norm=gradient_norm if math.isfinite(gradient_norm) else None,
            triplets=batch.triplets,
            seconds=round(seconds, 4),
            validation=self._best.accuracy_at(step) if self._best else {},
        )
        append_line(self._path, metrics.to_json())
        if self._board:
            _add_to_board(self._board, metrics)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Close the TensorBoard files."""
        if self._board:
            self._board.close()


def read_metrics(path: Path) -> list[StepMetrics]:
    """All steps of a progress file, which may be growing; none if there is no file.

    What follows a damaged line is left out. It is trained again: no checkpoint comes after it.
    """
    metrics = []
    for line in complete_lines(path):
        try:
            metrics.append(StepMetrics.from_json(line))
        except (ValueError, TypeError):
            break
    return metrics


def _writer(directory: Path) -> SummaryWriter:
    require("tensorboard", "tensorboard", "train.tensorboard")
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(directory))


def _add_to_board(board: SummaryWriter, metrics: StepMetrics) -> None:
    for name in ("loss", "active", "hard", "positive", "negative", "gradient_norm"):
        value = getattr(metrics, name)
        if value is not None:
            board.add_scalar(f"train/{name}", value, metrics.step)
    for language, accuracy in metrics.validation.items():
        board.add_scalar(f"validation/{language}", accuracy, metrics.step)
