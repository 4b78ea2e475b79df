"""What a training process tells while it runs, and which step's weights it keeps."""

from __future__ import annotations

import json
import math
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import safetensors.torch
import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from alignment import memory
from alignment.errors import ConfigError
from alignment.training.losses import Loss

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

TRIM_STEPS = 4  # without it the heap grows from 2.5 to over 4 GB in a hundred steps


class Watched(NamedTuple):
    """Of the step that was just done."""

    loss: Loss
    triplets: int


class Progress(TrainerCallback):
    """One JSON line per step, for the parent's progress bar and the report's curves; TensorBoard files if asked for."""

    def __init__(
        self,
        path: Path,
        watched: Callable[[], Watched | None],
        judge: Judge | None,
        board: Path | None,
        *,
        first: int = 0,
    ) -> None:
        self._path = path
        self._watched = watched
        self._judge = judge
        self._board = _writer(board) if board else None
        self._first = first
        self._started = 0.0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Forget the steps after the checkpoint that training goes on from."""
        kept = [
            line
            for line in read_progress(self._path)
            if line["step"] <= self._first + state.global_step
        ]
        if state.is_world_process_zero:
            self._path.write_text("".join(json.dumps(line) + "\n" for line in kept))
        if self._judge:
            self._judge.remember(kept)
        self._started = time.monotonic()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Now and then give freed memory back, and look at the development pairs."""
        if state.global_step % TRIM_STEPS == 0:
            memory.trim()
        if self._judge and state.is_world_process_zero:
            control.should_training_stop |= self._judge.look(
                self._first + state.global_step, self._first + state.max_steps
            )

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **_: object,
    ) -> None:
        """Append the step's figures. transformers logs after each step, with the gradient's norm."""
        watched = self._watched()
        if watched is None or not state.is_world_process_zero or "grad_norm" not in (logs or {}):
            return
        now = time.monotonic()
        seconds, self._started = now - self._started, now
        step = self._first + state.global_step
        loss, norm = watched.loss, float((logs or {})["grad_norm"])
        line: dict[str, Any] = {
            "step": step,
            "loss": loss.value.item(),
            "active": loss.active.item(),
            "hard": loss.hard.item(),
            "positive": loss.positive.item(),
            "negative": loss.negative.item(),
            "gradient_norm": norm if math.isfinite(norm) else None,
            "triplets": watched.triplets,
            "seconds": round(seconds, 4),
        }
        if self._judge and (found := self._judge.of(step)):
            line["validation"] = found
        with self._path.open("a") as file:
            file.write(json.dumps(line) + "\n")
        if self._board:
            _show(self._board, line)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Close what is open."""
        if self._board:
            self._board.close()


def read_progress(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a progress file, which may be growing."""
    if not path.is_file():
        return []
    lines = path.read_text().split("\n")
    return [json.loads(line) for line in lines[:-1]]


class Judge:
    """Keeps the trained weights of the step with the best development accuracy, the later one of equals."""

    def __init__(
        self,
        model: torch.nn.Module,
        measure: Callable[[], dict[str, float]],
        path: Path,
        *,
        every: int,
        patience: int | None,
    ) -> None:
        self._model = model
        self._measure = measure
        self._path = path
        self._every = every
        self._patience = patience
        self._seen: dict[int, dict[str, float]] = {}

    def remember(self, lines: list[dict[str, Any]]) -> None:
        """What was seen before a run was interrupted."""
        self._seen = {line["step"]: line["validation"] for line in lines if "validation" in line}

    def of(self, step: int) -> dict[str, float] | None:
        """Accuracy by language at a step, if it was looked at."""
        return self._seen.get(step)

    @property
    def best(self) -> int | None:
        """The best step so far."""
        return max(self._seen, key=lambda step: (_mean(self._seen[step]), step), default=None)

    def look(self, step: int, last: int) -> bool:
        """Measure if it is time to; whether training should stop early."""
        if step % self._every and step != last:
            return False
        self._seen[step] = self._measure()
        if self.best == step:
            self._save()
        since = sum(seen > (self.best or 0) for seen in self._seen)
        return self._patience is not None and since >= self._patience

    def restore(self) -> int | None:
        """Give the model the best step's weights, and say which it was."""
        if self.best is not None:
            found = safetensors.torch.load_file(self._path)
            with torch.no_grad():
                for name, weight in self._trained():
                    weight.copy_(found[name])
        return self.best

    def _save(self) -> None:
        half = self._path.with_suffix(".part")
        safetensors.torch.save_file(
            {name: weight.detach().cpu().contiguous() for name, weight in self._trained()}, half
        )
        half.replace(self._path)

    def _trained(self) -> list[tuple[str, torch.nn.Parameter]]:
        return [
            (name, weight)
            for name, weight in self._model.named_parameters()
            if weight.requires_grad
        ]


def _mean(accuracy: dict[str, float]) -> float:
    return statistics.fmean(accuracy.values())


def _writer(directory: Path) -> SummaryWriter:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise ConfigError(
            "train.tensorboard needs the package tensorboard",
            where="train.tensorboard",
            hint="pip install 'alignment[tensorboard]', or leave the key out.",
        ) from None
    return SummaryWriter(str(directory))


def _show(board: SummaryWriter, line: dict[str, Any]) -> None:
    for name in ("loss", "active", "hard", "positive", "negative", "gradient_norm"):
        if line[name] is not None:
            board.add_scalar(f"train/{name}", line[name], line["step"])
    for language, accuracy in line.get("validation", {}).items():
        board.add_scalar(f"development/{language}", accuracy, line["step"])
