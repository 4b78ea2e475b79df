"""A training with divided weights is that of one process, and its checkpoints are the same."""

import re
import shutil
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from alignment.config import Train
from alignment.encoder.directory import load_encoder
from alignment.training.job import CHECKPOINTS, JOB, PLAN, Job, PlanSummary
from alignment.training.resume import newest_checkpoint
from alignment.training.run import run
from tests.unit.encoder.layout_files import write_layout
from tests.unit.encoder.layouts import BY_NAME
from tests.unit.training.support import (
    OBJECTIVES,
    job,
    losses_of,
    metrics_of,
    short,
    tiny_job,
    torchrun,
)

TEXTS = ["The doctor washes the windows.", "¿Dónde?"]
VARIANTS: dict[str, dict[str, object]] = {
    **OBJECTIVES,
    "checkpointing": {"loss": "infonce", "gradient_checkpointing": True},
    "adapters": {"loss": "infonce", "lora_rank": 4},
    "frozen embeddings, both savings": {
        "loss": "infonce",
        "gradient_checkpointing": True,
        "gradient_cache": True,
        "freeze": ("embeddings",),
    },
    "bf16": {"loss": "infonce", "precision": "bf16"},
}

# One vector more in all keys changes no attention, so their biases have a gradient of 0 but for
# rounding, and AdamW takes steps of full length with what rounding leaves.
KEY_BIAS = re.compile(r"\b(key|k_lin|k_head)\.bias$")


def sharded(train: Train, workers: int = 2) -> Train:
    return train.model_copy(update={"workers": workers, "sharding": "fsdp"})


def start(jobs: list[Job], processes: int, *options: str) -> str:
    """Run the jobs with several processes; returns what they print."""
    for each in jobs:
        each.write(each.scratch / JOB)
    paths = [str(each.scratch / JOB) for each in jobs]
    done = torchrun(processes, "-m", "tests.unit.training.together", *options, *paths)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_losses_are_those_of_one_process(finished: Path, tmp_path: Path) -> None:
    alone: dict[str, Job] = {}
    each: dict[str, Job] = {}
    divided: dict[str, Job] = {}
    for name, options in VARIANTS.items():
        train = short(steps=6, dropout=0.0, validation_share=0.3, evaluate_every=2, **options)
        path = tmp_path / name.replace(" ", "-")
        alone[name] = job(finished, path / "alone", train)
        each[name] = job(finished, path / "each", train)
        divided[name] = job(finished, path / "divided", sharded(train))
        run(alone[name])
    output = start(list(each.values()), 2) + start(list(divided.values()), 2)
    held = bytes_by_job(output)
    print(f"\n{'':32} {'one process':^17}  largest difference of DDP, of FSDP")
    for name, one in alone.items():
        losses = losses_of(one)
        difference = np.abs(np.subtract(losses_of(divided[name]), losses)).max()
        of_each = np.abs(np.subtract(losses_of(each[name]), losses)).max()
        print(f"{name:32} {losses[0]:.4f} -> {losses[-1]:.4f}  {of_each:.1e}  {difference:.1e}")
        assert difference < 1e-4
        check_same(one, divided[name], 1e-3 if "precision" in VARIANTS[name] else 1e-4)
        of_all = held[each[name].scratch][0]
        for of_one in held[divided[name].scratch]:
            assert np.divide(of_one, of_all) == pytest.approx(0.5, abs=0.02)
    name = "infonce"
    print(f"bytes {held[each[name].scratch]}, sharded {held[divided[name].scratch]}")


def bytes_by_job(output: str) -> dict[Path, list[tuple[int, int]]]:
    """Bytes of weights and of optimizer states in each process, as `together` printed them."""
    sizes = defaultdict(list)
    for line in output.splitlines():
        if line.startswith("held "):
            _, path, weights, states = line.split()
            sizes[Path(path).parent].append((int(weights), int(states)))
    return sizes


def check_same(one: Job, other: Job, tolerance: float) -> None:
    """Plan, metrics and published vectors of both are the same."""
    assert PlanSummary.read(other.scratch / PLAN) == PlanSummary.read(one.scratch / PLAN)
    for expected, metrics in zip(metrics_of(one), metrics_of(other), strict=True):
        assert metrics.triplets == expected.triplets
        assert metrics.gradient_norm == pytest.approx(expected.gradient_norm, rel=1e-3)
        assert metrics.validation == expected.validation
    vectors = load_encoder(other.output).encode(TEXTS)
    assert np.abs(vectors - load_encoder(one.output).encode(TEXTS)).max() < tolerance


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_layers_of_every_kind(tmp_path: Path) -> None:
    """In one list or four, shared, nested; with a learning rate for each."""
    train = short(dropout=0.0, validation_share=0.0, layerwise_lr_decay=0.8)
    pairs = []
    for name in ("LaBSE", "ALBERT", "XLM", "Funnel", "sentence-T5", "mmBERT"):
        base = tmp_path / name
        write_layout(base, BY_NAME[name])
        alone = tiny_job(base, tmp_path / f"{name}-alone", train)
        divided = tiny_job(base, tmp_path / f"{name}-divided", sharded(train))
        run(alone)
        pairs.append((alone, divided))
    start([divided for _, divided in pairs], 2)
    for alone, divided in pairs:
        assert losses_of(divided) == pytest.approx(losses_of(alone), abs=1e-5)
        check_same(alone, divided, 1e-3)
        expected = load_encoder(alone.output, device="cpu").container.state_dict()
        weights = load_encoder(divided.output, device="cpu").container.state_dict()
        assert weights.keys() == expected.keys()
        for key, weight in weights.items():
            if not KEY_BIAS.search(key):
                torch.testing.assert_close(weight, expected[key], atol=1e-4, rtol=1e-3)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_checkpoint_is_read_with_and_without(finished: Path, tmp_path: Path) -> None:
    """Also by another number of processes; the losses are those of an unbroken training."""
    options: dict[str, Any] = {"layerwise_lr_decay": 0.8, "loss": "infonce", "learn_scale": True}
    train = short(steps=8, dropout=0.0, validation_share=0.3, evaluate_every=2, **options)
    unbroken = job(finished, tmp_path / "unbroken", train)
    run(unbroken)
    each = job(finished, tmp_path / "each", train)
    divided = job(finished, tmp_path / "divided", sharded(train))
    start([each, divided], 2, "--end-before", "6")
    check_same_files(each, divided)
    for written in (each, divided):
        for name, processes, changed in (
            ("alone", 1, train),
            ("each", 2, train),
            ("divided", 3, sharded(train, 3)),
        ):
            path = tmp_path / f"{written.scratch.parent.name} then {name}".replace(" ", "-")
            shutil.copytree(written.scratch, path / "scratch")
            resumed = job(finished, path, changed)
            if processes == 1:
                run(resumed)
            else:
                start([resumed], processes)
            difference = np.abs(np.subtract(losses_of(resumed), losses_of(unbroken))).max()
            print(f"\n{path.name:24} {difference:.1e}", end="")
            assert difference < 1e-4
            check_same(unbroken, resumed, 1e-3)


def check_same_files(one: Job, other: Job) -> None:
    """Their checkpoints have the same names, shapes and, up to rounding, values."""
    first = newest_checkpoint(one.scratch / CHECKPOINTS)
    second = newest_checkpoint(other.scratch / CHECKPOINTS)
    assert first is not None and second is not None
    assert first.name == second.name == "checkpoint-4"
    assert {path.name for path in first.iterdir()} == {path.name for path in second.iterdir()}
    weights = load_file(second / "model.safetensors")
    torch.testing.assert_close(
        weights, load_file(first / "model.safetensors"), atol=1e-4, rtol=1e-3
    )
    state = torch.load(second / "optimizer.pt", weights_only=True)
    expected = torch.load(first / "optimizer.pt", weights_only=True)
    assert state["param_groups"] == expected["param_groups"]
    torch.testing.assert_close(state["state"], expected["state"], atol=1e-4, rtol=1e-2)
