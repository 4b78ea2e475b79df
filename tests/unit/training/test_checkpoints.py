from pathlib import Path

import pytest
import torch

from alignment.training.checkpoints import BestCheckpoint
from alignment.training.resume import newest_checkpoint
from tests.unit.training.support import step_metrics


def test_the_newest_complete_checkpoint_is_used(tmp_path: Path) -> None:
    for step in (4, 8, 12):
        (tmp_path / f"checkpoint-{step}").mkdir()
    (tmp_path / "checkpoint-4" / "trainer_state.json").write_text("{}")
    (tmp_path / "checkpoint-8" / "trainer_state.json").write_text("{}")
    (tmp_path / "checkpoint-12" / "trainer_state.json").write_text('{"half')
    assert newest_checkpoint(tmp_path) == tmp_path / "checkpoint-8"
    assert not (tmp_path / "checkpoint-12").exists()
    assert (tmp_path / "checkpoint-4").exists()


def test_no_checkpoint(tmp_path: Path) -> None:
    assert newest_checkpoint(tmp_path / "none") is None


class Run:
    """A model whose only trained weight is set to the step, and planned accuracies."""

    def __init__(
        self, path: Path, accuracies: list[float], patience: int | None = None, every: int = 1
    ) -> None:
        self.model = torch.nn.Linear(1, 1, bias=True)
        self.model.bias.requires_grad_(False)
        remaining = iter(accuracies)
        self.best = BestCheckpoint(
            self.model,
            lambda: {"fi": next(remaining), "es": 0.5},
            path / "best.safetensors",
            evaluate_every=every,
            patience=patience,
        )

    def to(self, last: int, start: int = 0) -> list[bool]:
        """Train to a step; what each evaluation says about stopping."""
        stops = []
        for step in range(start + 1, last + 1):
            torch.nn.init.constant_(self.model.weight, step)
            stops.append(self.best.maybe_evaluate(step, last))
        return stops


def test_the_best_weights_come_back(tmp_path: Path) -> None:
    run = Run(tmp_path, [0.1, 0.9, 0.3])
    run.to(3)
    bias = run.model.bias.item()
    assert run.best.restore_weights() == run.best.best_step == 2
    assert run.model.weight.item() == 2 and run.model.bias.item() == bias


def test_the_last_of_equal_steps_is_best(tmp_path: Path) -> None:
    run = Run(tmp_path, [0.1, 0.9, 0.9, 0.2])
    run.to(4)
    assert run.best.restore_weights() == 3 and run.model.weight.item() == 3


def test_without_an_evaluation_nothing_is_restored(tmp_path: Path) -> None:
    run = Run(tmp_path, [])
    torch.nn.init.constant_(run.model.weight, 7)
    assert run.best.restore_weights() is None and run.best.best_step is None
    assert run.model.weight.item() == 7


def test_every_nth_step_and_the_last_are_evaluated(tmp_path: Path) -> None:
    run = Run(tmp_path, [0.1, 0.2, 0.3], every=3)
    run.to(7)
    evaluated = [step for step in range(1, 8) if run.best.accuracy_at(step)]
    assert evaluated == [3, 6, 7]
    assert run.best.accuracy_at(6) == {"fi": 0.2, "es": 0.5}


@pytest.mark.parametrize(
    ("patience", "stops"),
    [(None, [False] * 5), (2, [False, False, False, True, True])],
    ids=["never", "after two"],
)
def test_patience(tmp_path: Path, patience: int | None, stops: list[bool]) -> None:
    run = Run(tmp_path, [0.1, 0.5, 0.4, 0.3, 0.2], patience)
    assert run.to(5) == stops


def test_a_resumed_run_knows_the_earlier_best(tmp_path: Path) -> None:
    first = Run(tmp_path, [0.9, 0.1])
    first.to(2)
    resumed = Run(tmp_path, [0.3], patience=2)
    resumed.best.restore_history(
        [
            step_metrics(1, validation={"fi": 0.9, "es": 0.5}),
            step_metrics(2, validation={"fi": 0.1, "es": 0.5}),
            step_metrics(3),
        ]
    )
    assert resumed.to(4, start=3) == [True]  # evaluations 2 and 4 did not improve
    assert resumed.best.restore_weights() == 1 and resumed.model.weight.item() == 1
