"""Whole trainings on a small encoder."""

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from alignment import tables
from alignment.encoder.directory import load_encoder, save_encoder
from alignment.encoder.weights_files import stored_dtype
from alignment.errors import ConfigError, TrainingError
from alignment.training import fit
from alignment.training import run as training
from alignment.training.data import TripletData
from alignment.training.job import CHECKPOINTS, PLAN, PROGRESS, Job, PlanSummary
from alignment.training.jsonl import append_line
from alignment.training.ranks import Ranks
from alignment.training.run import CENTER_SAMPLE, run, saved_dtype
from alignment.training.trainer import TripletTrainer
from tests.unit.training.support import (
    encoder_of,
    job,
    losses_of,
    metrics_of,
    scratch_job,
    short,
    step_metrics,
)


def parameters(path: Path) -> dict[str, torch.nn.Parameter]:
    return dict(load_encoder(path).model.named_parameters())


def changed(trained: Job) -> set[str]:
    """The parameters that training changed; the encoder is still of the same kind."""
    before = parameters(trained.encoder)
    after = parameters(trained.output)
    assert before.keys() == after.keys()
    return {name for name in before if not torch.equal(before[name], after[name])}


@pytest.mark.parametrize(
    "options",
    [
        {"loss": "infonce", "learn_scale": True, "additive_margin": 0.05},
        {"loss": "triplet+infonce", "triplet_weight": 0.3, "distill_weight": 1.0},
        {
            "soft_margin": True,
            "in_batch_negatives": "semihard_within_margin",
            "matryoshka_dims": (16, 32),
        },
        {"reduction": "active", "layerwise_lr_decay": 0.8},
        {"gradient_checkpointing": True},
        {"char_noise": 0.2, "mix_languages": True},
    ],
    ids=["infonce", "mixed", "matryoshka", "layers", "checkpointing", "noise"],
)
def test_every_option_trains(finished: Path, tmp_path: Path, options: dict[str, Any]) -> None:
    trained = job(finished, tmp_path, short(**options))
    run(trained)
    assert changed(trained)
    assert all(loss > 0 for loss in losses_of(trained))


def test_frozen_weights_stay(finished: Path, tmp_path: Path) -> None:
    trained = job(finished, tmp_path, short(freeze=("embeddings",)))
    run(trained)
    names = changed(trained)
    assert names
    assert not [name for name in names if "embeddings" in name]


def test_adapters_are_merged_into_a_plain_encoder(finished: Path, tmp_path: Path) -> None:
    trained = job(finished, tmp_path, short(lora_rank=4, steps=6, validation_share=0.3))
    run(trained)
    names = changed(trained)
    assert names
    assert all(name.endswith("weight") and "embeddings" not in name for name in names)


def test_centering_comes_once_and_first(finished: Path, tmp_path: Path) -> None:
    train = short(steps=0, center=True)
    first = job(finished, tmp_path / "a", train)
    run(first)
    base = load_encoder(first.encoder)
    centered = load_encoder(first.output)
    data = TripletData.open(first.tokens)
    sides = data.sample(CENTER_SAMPLE, "en", seed=7)

    def distance_from_0(encoder: Any) -> float:
        return float(np.linalg.norm(sum(encoder.encode(texts).mean(0) for texts in sides.values())))

    # Of unit vectors; those that were centered were not normalized.
    assert distance_from_0(centered) < 0.3 * distance_from_0(base)
    later = job(finished, tmp_path / "b", train).model_copy(
        update={"start_step": 2, "encoder": first.output, "end_step": 2}
    )
    run(later)
    assert np.array_equal(
        load_encoder(later.output).encode(sides["source"]), centered.encode(sides["source"])
    )


def learning_rates(trained: Job) -> list[float]:
    (checkpoint,) = (trained.scratch / CHECKPOINTS).iterdir()
    history = json.loads((checkpoint / "trainer_state.json").read_text())["log_history"]
    return [line["learning_rate"] for line in history if "learning_rate" in line]


def test_a_later_part_continues_the_schedule(finished: Path, tmp_path: Path) -> None:
    train = short(steps=10, warmup_ratio=0.2, distill_weight=1.0)
    first = job(finished, tmp_path / "a", train).model_copy(update={"end_step": 6})
    run(first)
    second = job(finished, tmp_path / "b", train).model_copy(
        update={"start_step": 6, "encoder": first.output}
    )
    assert second.teacher != second.encoder
    run(second)
    assert [step.step for step in metrics_of(first)] == [1, 2, 3, 4, 5, 6]
    assert [step.step for step in metrics_of(second)] == [7, 8, 9, 10]
    expected = [0, 0.5, *(n / 8 for n in range(8, 0, -1))]
    rates = learning_rates(first) + learning_rates(second)
    assert rates == pytest.approx([1e-3 * factor for factor in expected])
    assert changed(second)


@pytest.mark.parametrize(
    ("option", "dropout"),
    [("gradient_checkpointing", 0.0), ("gradient_cache", 0.1)],
    ids=["checkpointing", "cache"],
)
def test_saving_memory_changes_no_loss(
    finished: Path, tmp_path: Path, option: str, dropout: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(fit.CHUNK_TOKENS, "cpu", 64)  # several chunks per batch
    losses = []
    for enabled in (False, True):
        train = short(dropout=dropout, steps=6, loss="infonce", learn_scale=True)
        train = train.model_copy(update={option: enabled})
        trained = job(finished, tmp_path / str(enabled), train)
        run(trained)
        losses.append(losses_of(trained))
    largest = np.abs(np.subtract(losses[0], losses[1])).max()
    print(f"parity of {option}: largest difference of the losses {largest:.1e}")
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)


def test_distillation_keeps_the_pivot_s_geometry(finished: Path, tmp_path: Path) -> None:
    moved = []
    for weight in (0.0, 20.0):
        train = short(distill_weight=weight, steps=20, dropout=0.0)
        trained = job(finished, tmp_path / str(weight), train)
        run(trained)
        rows = tables.read(trained.triplets)
        texts = sorted({row["anchor"] for row in rows if row["anchor_lang"] == "en"})[:40]
        before = load_encoder(trained.encoder).encode(texts)
        after = load_encoder(trained.output).encode(texts)
        moved.append(float(np.square(before @ before.T - after @ after.T).mean()))
    assert moved[1] < moved[0] / 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"matryoshka_dims": (4096,)}, "cannot be cut to 4096"),
        ({"freeze": (9,)}, "has layers 0 to"),
    ],
    ids=["dimension", "layer"],
)
def test_options_that_do_not_fit_the_encoder(
    finished: Path, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        run(job(finished, tmp_path, short(**options)))


def limit_memory(monkeypatch: pytest.MonkeyPatch, tokens: int) -> None:
    """Raise the allocator's error in batches of more tokens.

    Real memory cannot run out here without taking the machine along.
    """
    compute_loss = TripletTrainer.compute_loss

    def limited(self: TripletTrainer, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        if self.settings.batch_tokens > tokens:
            raise RuntimeError(
                "[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory"
            )
        return compute_loss(self, model, inputs, *args, **kwargs)

    monkeypatch.setattr(TripletTrainer, "compute_loss", limited)


def test_out_of_memory_halves_the_tokens(
    finished: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    limit_memory(monkeypatch, 300)
    trained = job(finished, tmp_path, short())
    run(trained)
    assert PlanSummary.read(trained.scratch / PLAN).batch_tokens == 256
    assert len(losses_of(trained)) == 4
    warning = "out of memory with 512 tokens per batch; training starts again with 256"
    assert warning in caplog.messages


def test_an_interrupted_run_stays_halved(
    finished: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    trained = job(finished, tmp_path, short())
    PlanSummary(256, None, {}).write(trained.scratch / PLAN)
    run(trained)
    assert PlanSummary.read(trained.scratch / PLAN).batch_tokens == 256
    assert "out of memory" not in caplog.text


@pytest.mark.parametrize("sharding", ["none", "fsdp"])
def test_several_processes_without_memory_may_share_the_weights(
    sharding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(job: Job, ranks: Ranks) -> None:
        raise MemoryError

    monkeypatch.setattr(training, "_train", failing)
    monkeypatch.setattr(Ranks, "connected", lambda self, on_gpu: nullcontext())
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    trained = scratch_job(tmp_path)
    train = short(workers=2, sharding=sharding)
    with pytest.raises(TrainingError, match="out of memory, in process 2 of 2") as caught:
        run(trained.model_copy(update={"train": train}))
    hint = str(caught.value.hint)
    assert "train.batch_tokens" in hint
    assert ("train.sharding: fsdp" in hint) == (sharding == "none")


def test_out_of_memory_twice_is_an_error(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_memory(monkeypatch, 100)
    with pytest.raises(TrainingError, match="256 tokens") as raised:
        run(job(finished, tmp_path, short()))
    assert "Lower train.batch_tokens" in str(raised.value.hint)


def test_another_error_is_not_taken_for_memory(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(TripletTrainer, "compute_loss", broken)
    with pytest.raises(RuntimeError, match="shapes do not match"):
        run(job(finished, tmp_path, short()))


def half(finished: Path, path: Path) -> Path:
    """The base encoder with weights in bfloat16."""
    save_encoder(path, load_encoder(encoder_of(finished)), dtype=torch.bfloat16)
    return path


def test_the_type_of_the_base_is_published(finished: Path, tmp_path: Path) -> None:
    base = half(finished, tmp_path / "base")
    trained = job(finished, tmp_path / "a", short(steps=2, learning_rate=1e-6)).model_copy(
        update={"encoder": base, "teacher": base}
    )
    run(trained)
    assert stored_dtype(trained.output) == "bfloat16"


@pytest.mark.parametrize(
    ("last_step", "dtype"),
    [(6, torch.float32), (4, torch.bfloat16)],
    ids=["more parts follow", "stopped early"],
)
def test_between_parts_nothing_is_rounded(
    finished: Path, tmp_path: Path, last_step: int, dtype: torch.dtype
) -> None:
    base = half(finished, tmp_path / "base")
    part = job(finished, tmp_path / "a", short(steps=10)).model_copy(
        update={"teacher": base, "end_step": 6}
    )
    for step in range(1, last_step + 1):
        append_line(part.scratch / PROGRESS, step_metrics(step).to_json())
    assert saved_dtype(part) == dtype
