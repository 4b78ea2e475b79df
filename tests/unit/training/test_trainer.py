"""What the trainer leaves behind: the best step's weights, and what was trained on."""

from pathlib import Path
from statistics import fmean
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import Trainer

from alignment.encoder.directory import load_encoder
from alignment.training.job import BEST, PLAN, TENSORBOARD, PlanSummary
from alignment.training.run import run
from alignment.training.trainer import WEIGHTS, TripletTrainer
from tests.unit.training.support import (
    STOPS_EARLY,
    job,
    losses_of,
    metrics_of,
    short,
    tensorboard_scalars,
)


def test_the_best_step_s_weights_are_kept(finished: Path, tmp_path: Path) -> None:
    """The learning rate ruins the encoder after some steps: an early evaluation is the best."""
    train = short(validation_share=0.3, evaluate_every=2, steps=12, learning_rate=0.3)
    trained = job(finished, tmp_path, train)
    run(trained)
    evaluated = {step.step: step.validation for step in metrics_of(trained) if step.validation}
    assert list(evaluated) == [2, 4, 6, 8, 10, 12]
    for accuracy in evaluated.values():
        assert all(0 <= value <= 1 for value in accuracy.values())
    best = max(evaluated, key=lambda step: (fmean(evaluated[step].values()), step))
    assert best < 12
    assert PlanSummary.read(trained.scratch / PLAN).best_step == best
    saved = load_file(trained.scratch / BEST)
    named = load_encoder(trained.output).container.named_parameters()
    weights = {f"container.{name}": weight for name, weight in named}
    same = [name for name in saved if name in weights and weights[name].shape == saved[name].shape]
    assert len(same) > 10
    assert all(torch.equal(weights[name], saved[name]) for name in same)


def test_the_first_of_several_processes_writes_a_checkpoint(tmp_path: Path) -> None:
    """Two that write one file at the same time damage it; transformers asks both."""
    model = torch.nn.Linear(2, 2)
    for writes in (False, True):
        arguments = SimpleNamespace(should_save=writes, output_dir=tmp_path)
        trainer: Any = SimpleNamespace(args=arguments, model=model)
        TripletTrainer._save(trainer, str(tmp_path / "checkpoint"))
        assert (tmp_path / "checkpoint" / WEIGHTS).is_file() == writes


def test_early_stopping(finished: Path, tmp_path: Path) -> None:
    train = short(**STOPS_EARLY)
    trained = job(finished, tmp_path, train)
    run(trained)
    metrics = metrics_of(trained)
    summary = PlanSummary.read(trained.scratch / PLAN)
    assert summary.best_step is not None
    assert metrics[-1].step == summary.best_step + 2 < 40
    # One side of every triplet is the pivot's.
    assert summary.triplets_by_language["en"] == sum(step.triplets for step in metrics)


def test_tensorboard_files_hold_the_curves(finished: Path, tmp_path: Path) -> None:
    trained = job(finished, tmp_path, short(tensorboard=True, validation_share=0.3))
    run(trained)
    scalars = tensorboard_scalars(trained.scratch / TENSORBOARD)
    losses = [value for _, value in scalars["train/loss"]]
    assert losses == pytest.approx(losses_of(trained), rel=1e-5)
    assert any(tag.startswith("validation/") for tag in scalars)
    for step in metrics_of(trained):
        assert step.gradient_norm is not None and step.gradient_norm > 0


def test_transformers_before_5_3_take_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their `create_optimizer` has no parameter for it."""
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))])
    monkeypatch.setattr(Trainer, "create_optimizer", lambda self: optimizer)
    trainer = object.__new__(TripletTrainer)
    trainer.optimizer = None
    trainer.settings = short()
    assert trainer.create_optimizer() is optimizer
