"""The weights of the best step."""

from __future__ import annotations

import hashlib
import logging
import statistics
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import safetensors
import safetensors.torch
import torch

from alignment.errors import Corrupt
from alignment.training.sharding import whole
from alignment.types import StepMetrics

_DIGEST = "sha256"
"""Key of the file's metadata that has the sha256 of its tensors."""

logger = logging.getLogger(__name__)


class BestCheckpoint:
    """Keeps the trained weights of the step with the best validation accuracy.

    Of steps with the same accuracy, the last one is the best.
    """

    def __init__(
        self,
        model: torch.nn.Module,
        measure: Callable[[], dict[str, float]],
        path: Path,
        *,
        evaluate_every: int,
        patience: int | None,
        saves: bool = True,
    ) -> None:
        """Evaluate `model` with `measure`, which returns the accuracy by language.

        Args:
            model: The model in training.
            measure: The accuracy by language with the model's present weights.
            path: File for the weights of the best step.
            evaluate_every: Steps between two evaluations.
            patience: Evaluations without improvement after which to stop; None: never stop.
            saves: Whether to write the file, which one process of several does.
        """
        self._model = model
        self._measure = measure
        self._path = path
        self._evaluate_every = evaluate_every
        self._patience = patience
        self._saves = saves
        self._accuracies: dict[int, dict[str, float]] = {}

    def restore_history(self, metrics: Iterable[StepMetrics]) -> None:
        """Take over the evaluations of a run that was interrupted."""
        self._accuracies = {step.step: dict(step.validation) for step in metrics if step.validation}

    def accuracy_at(self, step: int) -> dict[str, float]:
        """Accuracy by language at a step; empty if it was not evaluated."""
        return self._accuracies.get(step, {})

    @property
    def best_step(self) -> int | None:
        """The best step so far, None before the first evaluation."""
        return max(self._accuracies, key=self._rank, default=None)

    def _rank(self, step: int) -> tuple[float, int]:
        return statistics.fmean(self._accuracies[step].values()), step

    def maybe_evaluate(self, step: int, last: int) -> bool:
        """Evaluate every `evaluate_every` steps and after the last one.

        Returns whether to stop early.
        """
        if step % self._evaluate_every and step != last:
            return False
        self._accuracies[step] = self._measure()
        best = self.best_step or 0
        if best == step:
            self._save()
        without_improvement = sum(evaluated > best for evaluated in self._accuracies)
        return self._patience is not None and without_improvement >= self._patience

    def restore_weights(self) -> int | None:
        """Give the model the weights of the best step. Returns that step, if there is one.

        Raises:
            Corrupt: if the file is not what was saved.
        """
        if self.best_step is not None:
            saved = _load(self._path)
            with torch.no_grad():
                for name, weight in self._trained_weights().items():
                    weight.copy_(saved[name])
        return self.best_step

    def _save(self) -> None:
        weights = {}
        for name, weight in self._trained_weights().items():
            values = whole(weight.detach())  # each process may have a part
            if self._saves:
                weights[name] = values.cpu().contiguous()
        if not self._saves:
            return
        partial = self._path.with_suffix(".part")
        safetensors.torch.save_file(weights, partial, {_DIGEST: _digest(weights)})
        partial.replace(self._path)

    def _trained_weights(self) -> dict[str, torch.nn.Parameter]:
        named = self._model.named_parameters()
        return {name: weight for name, weight in named if weight.requires_grad}


def _load(path: Path) -> dict[str, torch.Tensor]:
    """The saved weights.

    Raises:
        Corrupt: if they are not what was saved.
    """
    try:
        with safetensors.safe_open(path, "pt") as file:
            expected = (file.metadata() or {}).get(_DIGEST)
        weights = safetensors.torch.load_file(path)
    except (OSError, safetensors.SafetensorError) as error:
        raise _damaged(path, str(error)) from error
    if _digest(weights) != expected:
        raise _damaged(path, "got another sha256 than was saved")
    return weights


def _damaged(path: Path, reason: str) -> Corrupt:
    return Corrupt(
        f"the weights of the best step are damaged: {reason}",
        where=str(path),
        hint="Run again: this training starts from its first step.",
    )


def _digest(weights: Mapping[str, torch.Tensor]) -> str:
    """sha256 of the names and bytes of tensors on the CPU."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        digest.update(name.encode())
        digest.update(weights[name].reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
