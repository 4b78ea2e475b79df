import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from alignment.encoder.device import BF16_EMULATED_WARNING
from alignment.training import fit
from alignment.training.fit import use_bf16
from alignment.training.run import run
from alignment.training.trainer import TripletTrainer
from tests.unit.training.support import encoder_of, job, metrics_of, short


@pytest.mark.parametrize("supported", [False, True], ids=["emulated", "supported"])
@pytest.mark.parametrize("precision", ["auto", "bf16", "fp32"])
def test_bf16_by_what_the_device_supports(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    precision: str,
    supported: bool,
) -> None:
    monkeypatch.setattr(fit, "has_bf16", lambda device: supported)
    assert use_bf16(precision) == (precision == "bf16" or (precision == "auto" and supported))
    assert (BF16_EMULATED_WARNING in caplog.text) == (precision == "bf16" and not supported)


def with_old_weight_names(encoder: Path, copy: Path) -> Path:
    """A copy of a BERT encoder with the names that old files have: gamma and beta."""
    shutil.copytree(encoder, copy)
    weights = {}
    for name, weight in load_file(copy / "model.safetensors").items():
        old = name.replace("LayerNorm.weight", "LayerNorm.gamma")
        weights[old.replace("LayerNorm.bias", "LayerNorm.beta")] = weight
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    return copy


def interrupt_at(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    training_step = TripletTrainer.training_step

    def interrupted(self: TripletTrainer, *args: Any) -> torch.Tensor:
        if self.state.global_step + 1 == step:
            raise KeyboardInterrupt
        return training_step(self, *args)

    monkeypatch.setattr(TripletTrainer, "training_step", interrupted)


def test_a_resume_restores_old_weight_names(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """transformers ignores the weights of a checkpoint that have other names than the model's."""
    encoder = with_old_weight_names(encoder_of(finished), tmp_path / "encoder")
    update = {"encoder": encoder, "teacher": encoder}
    unbroken = job(finished, tmp_path / "unbroken", short()).model_copy(update=update)
    broken = job(finished, tmp_path / "broken", short()).model_copy(update=update)
    run(unbroken)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        interrupt_at(patch, 3)
        run(broken)
    run(broken)
    assert metrics_of(broken) == metrics_of(unbroken)
