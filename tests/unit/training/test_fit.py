import shutil
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from alignment.encoder.device import BF16_EMULATED_WARNING
from alignment.encoder.directory import load_encoder
from alignment.errors import ConfigError
from alignment.training import fit
from alignment.training.fit import use_bf16
from alignment.training.job import BEST
from alignment.training.run import run
from alignment.training.trainer import TripletTrainer
from tests.unit.encoder.layout_files import write_layout
from tests.unit.encoder.layouts import BY_NAME
from tests.unit.training.support import STOPS_EARLY, encoder_of, job, metrics_of, short, tiny_job


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


@pytest.mark.parametrize(
    ("layout", "options"),
    [("LaBSE", {}), ("LaBSE", {"lora_rank": 2}), ("mT5", {})],
    ids=["dense", "adapters", "tied weights"],
)
def test_a_resume_goes_on_as_if_unbroken(
    layout: str, options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_layout(tmp_path / "base", BY_NAME[layout])
    unbroken = tiny_job(tmp_path / "base", tmp_path / "unbroken", short(**options))
    broken = tiny_job(tmp_path / "base", tmp_path / "broken", short(**options))
    run(unbroken)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        interrupt_at(patch, 3)
        run(broken)
    run(broken)
    assert metrics_of(broken) == metrics_of(unbroken)
    expected = weights_of(unbroken.output)
    weights = weights_of(broken.output)
    assert weights.keys() == expected.keys()
    assert all(torch.equal(weights[name], expected[name]) for name in weights)
    if layout == "LaBSE":
        assert changed_names(tmp_path / "base", unbroken.output) >= {"2.linear.weight"}


@pytest.mark.parametrize(
    "options",
    [
        {"dropout": 0.1},
        {"dropout": 0.1, "lora_rank": 2, "center": True},
        {"validation_share": 0.3, "evaluate_every": 1, "learning_rate": 0.1},
    ],
    ids=["dropout", "adapters", "validation"],
)
def test_a_pause_changes_nothing(options: dict[str, Any], finished: Path, tmp_path: Path) -> None:
    unbroken = job(finished, tmp_path / "unbroken", short(steps=6, **options))
    paused = job(finished, tmp_path / "paused", short(steps=6, **options))
    run(unbroken)
    for step in (2, 4):
        at_step = tmp_path / f"step {step}"
        run(paused.model_copy(update={"pause_step": step, "output": at_step}))
        assert metrics_of(paused) == metrics_of(unbroken)[:step]
        if "validation_share" not in options:  # the weights of a step before may be the best
            assert changed_names(unbroken.output, at_step), "the training is not over"
    run(paused)
    assert metrics_of(paused) == metrics_of(unbroken)
    assert not changed_names(unbroken.output, paused.output)


def test_a_pause_keeps_the_weights_of_its_step(finished: Path, tmp_path: Path) -> None:
    """Not those of the best step so far."""
    train = short(validation_share=0.3, evaluate_every=1, steps=12, learning_rate=0.3)
    paused = job(finished, tmp_path, train).model_copy(update={"pause_step": 8})
    run(paused)
    accuracy = {step.step: fmean(step.validation.values()) for step in metrics_of(paused)}
    assert max(accuracy, key=lambda step: (accuracy[step], step)) < 8
    saved = load_file(paused.scratch / BEST)
    weights = weights_of(paused.output)
    same = [name for name in weights if saved[f"container.{name}"].shape == weights[name].shape]
    assert len(same) > 10
    assert any(not torch.equal(weights[name], saved[f"container.{name}"]) for name in same)


def test_a_training_that_stops_early_has_nothing_to_pause(finished: Path, tmp_path: Path) -> None:
    train = short(**STOPS_EARLY)
    unbroken = job(finished, tmp_path / "unbroken", train)
    run(unbroken)
    end = metrics_of(unbroken)[-1].step
    paused = job(finished, tmp_path / "paused", train)
    run(paused.model_copy(update={"pause_step": end}))
    assert metrics_of(paused) == metrics_of(unbroken)
    assert not changed_names(unbroken.output, paused.output), "the best step's weights"
    run(paused)
    assert metrics_of(paused) == metrics_of(unbroken)


def weights_of(path: Path) -> dict[str, torch.Tensor]:
    return dict(load_encoder(path, device="cpu").container.named_parameters())


def changed_names(before: Path, after: Path) -> set[str]:
    old = weights_of(before)
    new = weights_of(after)
    return {name for name, weight in old.items() if not torch.equal(weight, new[name])}


def test_adapters_are_merged_and_dense_is_trained_too(tmp_path: Path) -> None:
    write_layout(tmp_path / "base", BY_NAME["LaBSE"])
    trained = tiny_job(tmp_path / "base", tmp_path, short(lora_rank=2))
    run(trained)
    names = changed_names(tmp_path / "base", trained.output)
    assert "2.linear.weight" in names
    assert [name for name in names if "attention" in name]
    assert not [name for name in names if "embeddings" in name or "LayerNorm" in name]


def test_frozen_dense_stays(tmp_path: Path) -> None:
    write_layout(tmp_path / "base", BY_NAME["LaBSE"])
    trained = tiny_job(tmp_path / "base", tmp_path, short(freeze=("dense", "embeddings"), steps=2))
    run(trained)
    names = changed_names(tmp_path / "base", trained.output)
    assert names
    assert not [name for name in names if name.startswith("2.") or "embeddings" in name]


def test_a_model_without_gradient_checkpointing(tmp_path: Path) -> None:
    write_layout(tmp_path / "base", BY_NAME["all-mpnet"])
    trained = tiny_job(tmp_path / "base", tmp_path, short(gradient_checkpointing=True))
    with pytest.raises(ConfigError, match="MPNetModel has no gradient checkpointing") as caught:
        run(trained)
    assert caught.value.where == "train.gradient_checkpointing"


def test_checkpointing_trains_the_layers_above_frozen_embeddings(tmp_path: Path) -> None:
    write_layout(tmp_path / "base", BY_NAME["LaBSE"])
    train = short(gradient_checkpointing=True, freeze=("embeddings",), steps=2)
    trained = tiny_job(tmp_path / "base", tmp_path, train)
    run(trained)
    names = changed_names(tmp_path / "base", trained.output)
    assert [name for name in names if "layer.0" in name]
