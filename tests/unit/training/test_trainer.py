"""The training process on a small encoder: every option trains, a killed run ends as an unbroken one."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from alignment import tables
from alignment.config import Train
from alignment.encoder.device import BF16_EMULATED_WARNING
from alignment.encoder.directory import load_encoder
from alignment.errors import ConfigError, NonFiniteLoss, TrainingError
from alignment.training import trainer
from alignment.training.batching import plan
from alignment.training.data import UNUSED, read_triplets
from alignment.training.job import PLAN, PROGRESS, TENSORBOARD, Job
from alignment.training.launch import launch
from alignment.training.trainer import BEST, CENTERD_BY, CHUNK_TOKENS, TripletTrainer, run, use_bf16
from alignment.training.validation import Development, split
from alignment.training.weights import freeze, layer_groups

SHORT = Train(
    steps=4,
    batch_size=8,
    batch_tokens=512,
    learning_rate=1e-3,
    in_batch_negatives="hardest",
    precision="fp32",
)


def job(finished: Path, out: Path, train: Train) -> Job:
    """On the triplets and the encoder of the finished smoke run."""
    (triplets,) = finished.glob("store/triplets/*/triplets.parquet")
    (encoder,) = finished.glob("store/encoder/*/model")
    (out / "scratch").mkdir(parents=True, exist_ok=True)
    return Job(
        train=train,
        triplets=triplets,
        encoder=encoder,
        pivot="en",
        output=out / "model",
        scratch=out / "scratch",
        seed=7,
        last=train.steps,
        teacher=encoder,
        parent=os.getpid(),
    )


def figures(told: Job) -> list[dict[str, Any]]:
    lines = (told.scratch / PROGRESS).read_text().splitlines()
    return [
        {key: value for key, value in json.loads(line).items() if key != "seconds"}
        for line in lines
    ]


class _Kill(Exception):
    pass


def test_a_run_killed_at_three_random_steps_ends_with_the_same_losses(
    finished: Path, tmp_path: Path
) -> None:
    train = SHORT.model_copy(
        update={
            "steps": 30,
            "dropout": 0.1,
            "learn_scale": True,
            "loss": "triplet+infonce",
            "char_noise": 0.1,
            "center": True,
        }
    )
    unbroken, broken = job(finished, tmp_path / "a", train), job(finished, tmp_path / "b", train)
    run(unbroken)
    killed = sorted(random.Random(os.getpid()).sample(range(2, 30), 3))
    for at in killed:

        def kill(step: dict[str, Any], at: int = at) -> None:
            if step["step"] == at:
                raise _Kill  # the waiting side dies, and takes the training process with it by SIGKILL

        with pytest.raises(_Kill):
            launch(broken, kill)
    launch(broken, lambda step: None)
    losses = [[step["loss"] for step in figures(one)] for one in (unbroken, broken)]
    print(
        f"killed at {killed}: largest difference of the losses {max(abs(x - y) for x, y in zip(*losses, strict=True)):.1e}"
    )
    assert figures(broken) == figures(unbroken)
    weights = [
        load_encoder(one.output).encode(["The doctor washes the windows.", "¿Dónde?"])
        for one in (unbroken, broken)
    ]
    assert np.array_equal(*weights)


def test_centering_comes_once_and_first(finished: Path, tmp_path: Path) -> None:
    train = SHORT.model_copy(update={"steps": 0, "center": True})
    first = job(finished, tmp_path / "a", train)
    run(first)
    base, centered = load_encoder(first.encoder), load_encoder(first.output)
    data = read_triplets(first.triplets, base, train, pivot="en", seed=7)
    sides = data.sample(CENTERD_BY, "en", seed=7)
    assert set(sides[0]) <= set(data.texts) and len(sides[1]) <= CENTERD_BY * 3
    lengths = [
        np.linalg.norm(sum(one.encode(side).mean(axis=0) for side in sides))
        for one in (base, centered)
    ]
    assert lengths[1] < 0.3 * lengths[0]  # of unit vectors: those that were centered were not
    later = job(finished, tmp_path / "b", train).model_copy(
        update={"first": 2, "encoder": first.output, "last": 2}
    )
    run(later)
    assert np.array_equal(load_encoder(later.output).encode(sides[0]), centered.encode(sides[0]))


def test_a_later_part_goes_on_with_the_learning_rate_and_the_numbers_of_the_steps(
    finished: Path, tmp_path: Path
) -> None:
    train = SHORT.model_copy(update={"steps": 10, "warmup_ratio": 0.2, "distill_weight": 1.0})
    first = job(finished, tmp_path / "a", train).model_copy(update={"last": 6})
    run(first)
    second = job(finished, tmp_path / "b", train).model_copy(
        update={"first": 6, "encoder": first.output}
    )
    assert second.teacher != second.encoder
    run(second)
    assert [step["step"] for step in figures(first)] == [1, 2, 3, 4, 5, 6]
    assert [step["step"] for step in figures(second)] == [7, 8, 9, 10]
    rates = [
        [
            json.loads((path / "trainer_state.json").read_text())["log_history"]
            for path in (one.scratch / "checkpoints").iterdir()
        ]
        for one in (first, second)
    ]
    found = [
        line["learning_rate"] for part in rates for line in part[-1] if "learning_rate" in line
    ]
    assert found == pytest.approx(
        [1e-3 * share for share in (0, 0.5, *(n / 8 for n in range(8, 0, -1)))]
    )
    assert not np.array_equal(
        *(
            load_encoder(one.output).encode(["The doctor washes the windows."])
            for one in (first, second)
        )
    )


@pytest.mark.parametrize(
    "option",
    [
        {"loss": "infonce", "learn_scale": True, "additive_margin": 0.05},
        {"loss": "triplet+infonce", "triplet_weight": 0.3, "distill_weight": 1.0},
        {
            "soft_margin": True,
            "in_batch_negatives": "semihard_within_margin",
            "matryoshka_dims": (16, 32),
        },
        {"reduction": "active", "freeze": ("embeddings",), "layerwise_lr_decay": 0.8},
        {"gradient_checkpointing": True},
        {"char_noise": 0.2, "mix_languages": True},
    ],
    ids=str,
)
def test_every_option_trains_and_leaves_a_plain_encoder(
    finished: Path, tmp_path: Path, option: dict[str, Any]
) -> None:
    told = job(finished, tmp_path, SHORT.model_copy(update=option))
    run(told)
    before, after = (
        dict(load_encoder(path).model.named_parameters()) for path in (told.encoder, told.output)
    )
    assert before.keys() == after.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    frozen = {name for name in before if "embeddings" in name}
    assert changed and not (changed & frozen if "freeze" in option else False)
    assert all(step["loss"] > 0 for step in figures(told))


@pytest.mark.parametrize(
    ("option", "dropout"),
    [("gradient_checkpointing", 0.0), ("gradient_cache", 0.1)],
    ids=["checkpointing", "cache"],
)
def test_saving_memory_changes_nothing(
    finished: Path, tmp_path: Path, option: str, dropout: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CHUNK_TOKENS, "cpu", 64)  # several chunks a batch
    train = SHORT.model_copy(
        update={"dropout": dropout, "steps": 6, "loss": "infonce", "learn_scale": True}
    )
    plain, saving = (
        job(finished, tmp_path / str(on), train.model_copy(update={option: on}))
        for on in (False, True)
    )
    for told in (plain, saving):
        run(told)
    losses = [[step["loss"] for step in figures(told)] for told in (plain, saving)]
    print(
        f"parity of {option}: largest difference of the losses {max(abs(x - y) for x, y in zip(*losses, strict=True)):.1e}"
    )
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)


def test_the_teacher_keeps_the_geometry_of_the_pivot(finished: Path, tmp_path: Path) -> None:
    free, held = (
        job(
            finished,
            tmp_path / str(weight),
            SHORT.model_copy(update={"distill_weight": weight, "steps": 20, "dropout": 0.0}),
        )
        for weight in (0.0, 20.0)
    )
    texts = sorted(
        {row["anchor"] for row in tables.read(free.triplets) if row["anchor_lang"] == "en"}
    )[:40]
    moved = []
    for told in (free, held):
        run(told)
        base, own = (load_encoder(path).encode(texts) for path in (told.encoder, told.output))
        moved.append(float(np.square(base @ base.T - own @ own.T).mean()))
    assert moved[1] < moved[0] / 2


def test_wrong_options_are_said_by_the_process(finished: Path, tmp_path: Path) -> None:
    for option, message in (
        ({"matryoshka_dims": (4096,)}, "cannot be cut to 4096"),
        ({"freeze": (9,)}, "has layers 0 to"),
    ):
        with pytest.raises(ConfigError, match=message):
            run(job(finished, tmp_path, SHORT.model_copy(update=option)))
    with pytest.raises(NonFiniteLoss, match=r"at step \d+"):
        launch(
            job(finished, tmp_path / "nan", SHORT.model_copy(update={"learning_rate": 1e30})),
            lambda step: None,
        )


def test_rates_fall_with_the_depth(finished: Path) -> None:
    (path,) = finished.glob("store/encoder/*/model")
    model = load_encoder(path).model
    groups = layer_groups(model, 0.5, 1.0, 0.01)
    assert {group["lr"] for group in groups} == {
        0.5**above for above in range(model.config.num_hidden_layers + 1)
    }
    assert (
        sum(weight.numel() for group in groups for weight in group["params"])
        == model.num_parameters()
    )
    freeze(model, ("embeddings",))
    assert {group["lr"] for group in layer_groups(model, 0.5, 1.0, 0.01)} == {1.0}


def test_the_best_step_on_the_development_pairs_is_kept(finished: Path, tmp_path: Path) -> None:
    """A rate that ruins the encoder after some steps: the weights are those of an early look."""
    train = SHORT.model_copy(
        update={"validation_share": 0.3, "evaluate_every": 2, "steps": 12, "learning_rate": 0.3}
    )
    told = job(finished, tmp_path, train)
    run(told)
    looks = {line["step"]: line["development"] for line in figures(told) if "development" in line}
    assert list(looks) == [2, 4, 6, 8, 10, 12] and all(
        0 <= value <= 1 for look in looks.values() for value in look.values()
    )
    means = {step: sum(look.values()) / len(look) for step, look in looks.items()}
    best = max(means, key=lambda step: (means[step], step))
    assert json.loads((told.scratch / PLAN).read_text())["best"] == best
    saved = load_file(told.scratch / BEST)
    own = dict(load_encoder(told.output).model.named_parameters())
    same = [name for name in saved if name in own and own[name].shape == saved[name].shape]
    assert len(same) > 10 and all(torch.equal(own[name], saved[name]) for name in same)


def test_training_stops_when_development_does_not_rise(finished: Path, tmp_path: Path) -> None:
    train = SHORT.model_copy(
        update={
            "validation_share": 0.3,
            "evaluate_every": 1,
            "steps": 40,
            "learning_rate": 0.3,
            "early_stopping_patience": 2,
        }
    )
    told = job(finished, tmp_path, train)
    run(told)
    steps = [line["step"] for line in figures(told)]
    done = json.loads((told.scratch / PLAN).read_text())
    assert steps[-1] == done["best"] + 2 < 40
    assert sum(done["pools"].values()) == sum(line["triplets"] for line in figures(told))


def test_development_meanings_are_trained_on_in_no_language(finished: Path) -> None:
    (triplets,) = finished.glob("store/triplets/*/triplets.parquet")
    (encoder,) = finished.glob("store/encoder/*/model")
    data = read_triplets(triplets, load_encoder(encoder), Train(), pivot="en", seed=0)
    kept, development = split(data, 0.3, "en")
    assert development.pairs and len(kept.triplets) < len(data.triplets)
    held = {data.texts[s] for pairs in development.pairs.values() for pair in pairs for s in pair}
    trained = {data.texts[s] for anchor, positive, _ in kept.triplets for s in (anchor, positive)}
    assert not held & trained
    assert split(data, 0.0, "en") == (data, Development({}))


def test_an_unused_negative_is_still_known_where_it_is_another_s_translation(
    finished: Path,
) -> None:
    (triplets,) = finished.glob("store/triplets/*/triplets.parquet")
    (encoder,) = finished.glob("store/encoder/*/model")
    used, unused = (
        read_triplets(
            triplets,
            load_encoder(encoder),
            Train(explicit_negatives=share, in_batch_negatives="hardest"),
            pivot="en",
            seed=0,
        )
        for share in (1.0, 0.0)
    )
    paired = {
        used.texts[sentence]
        for anchor, positive, _ in used.triplets
        for sentence in (anchor, positive)
    }
    assert all(near == UNUSED for near in used.near) and any(near != UNUSED for near in unused.near)
    for (_, _, negative), near in zip(used.triplets, unused.near, strict=True):
        expected = used.texts[negative] if used.texts[negative] in paired else None
        assert near == UNUSED if expected is None else unused.texts[near] == expected


def test_development_accuracy_by_hand() -> None:
    """Two languages share the pivot's pool: 3 is nearest to its own, 4 to another language's sentence."""
    development = Development({"es": [(0, 3), (1, 4)], "fi": [(2, 5)]})
    assert development.sentences() == [0, 3, 1, 4, 2, 5]
    pivot = torch.eye(3)
    near_0, near_2, near_2_more = (
        torch.tensor([0.9, 0.1, 0.4]),
        torch.tensor([0.0, 0.6, 0.8]),
        torch.tensor([0.1, 0.0, 0.9]),
    )
    vectors = torch.nn.functional.normalize(
        torch.stack([pivot[0], near_0, pivot[1], near_2, pivot[2], near_2_more]), dim=1
    )
    # es: back 1 of 2, forth 2 of 2. fi: both right.
    assert development.accuracy(vectors) == {"es": 0.75, "fi": 1.0}


def test_adapters_are_merged_into_a_plain_encoder(finished: Path, tmp_path: Path) -> None:
    told = job(
        finished,
        tmp_path,
        SHORT.model_copy(update={"lora_rank": 4, "steps": 6, "validation_share": 0.3}),
    )
    run(told)
    before, after = (
        dict(load_encoder(path).model.named_parameters()) for path in (told.encoder, told.output)
    )
    assert before.keys() == after.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed and all(name.endswith("weight") and "embeddings" not in name for name in changed)


def test_tensorboard_files_hold_the_curves(finished: Path, tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    told = job(
        finished, tmp_path, SHORT.model_copy(update={"tensorboard": True, "validation_share": 0.3})
    )
    run(told)
    events = EventAccumulator(str(told.scratch / TENSORBOARD))
    events.Reload()
    losses = [event.value for event in events.Scalars("train/loss")]
    assert losses == pytest.approx([line["loss"] for line in figures(told)], rel=1e-5)
    assert any(tag.startswith("development/") for tag in events.Tags()["scalars"])
    assert all(line["gradient_norm"] > 0 for line in figures(told))


@pytest.mark.parametrize("able", [False, True])
@pytest.mark.parametrize("precision", ["auto", "bf16", "fp32"])
def test_bf16_by_what_the_processor_has(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, precision: str, able: bool
) -> None:
    monkeypatch.setattr(trainer, "has_bf16", lambda device: able)
    assert use_bf16(precision) == (precision == "bf16" or (precision == "auto" and able))
    assert (BF16_EMULATED_WARNING in caplog.text) == (precision == "bf16" and not able)


def test_what_the_training_process_warns_of_is_passed_on(
    finished: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    python = tmp_path / "python"
    python.write_text(
        "#!/bin/sh\necho 'INFO:alignment.training.trainer:fine' >&2\n"
        "echo 'WARNING:alignment.training.trainer:out of memory: half the tokens' >&2\necho 'WARNING:torch:noise' >&2\n"
    )
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    launch(job(finished, tmp_path, SHORT), lambda step: None)
    assert [record.message for record in caplog.records] == ["out of memory: half the tokens"]


def test_out_of_memory_halves_the_tokens_once(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real memory cannot be run out of here without taking the machine along: the allocator's error is raised."""
    honest = TripletTrainer.compute_loss

    def scarce(limit: int) -> None:
        def compute(
            self: TripletTrainer, model: Any, inputs: Any, *args: Any, **kwargs: Any
        ) -> Any:
            if self.settings.batch_tokens > limit:
                raise RuntimeError(
                    "[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory"
                )
            return honest(self, model, inputs, *args, **kwargs)

        monkeypatch.setattr(TripletTrainer, "compute_loss", compute)

    told = job(finished, tmp_path, SHORT)
    scarce(300)
    run(told)
    assert (
        json.loads((told.scratch / PLAN).read_text())["batch_tokens"] == 256
        and len(figures(told)) == SHORT.steps
    )
    scarce(100)
    with pytest.raises(TrainingError, match="256 tokens"):
        run(job(finished, tmp_path / "worse", SHORT))


def test_two_processes_train_together(finished: Path, tmp_path: Path) -> None:
    """As torchrun starts them: each takes its share of every step, and one writes."""
    train = SHORT.model_copy(
        update={"steps": 5, "validation_share": 0.3, "evaluate_every": 2, "dropout": 0.0}
    )
    told = job(finished, tmp_path, train)
    told.write(told.scratch / "job.json")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "torch.distributed.run",
            "--standalone",
            "--nproc-per-node",
            "2",
            "-m",
            "alignment.training",
            told.scratch / "job.json",
        ],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    lines = figures(told)
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 5]
    data, _ = split(
        read_triplets(told.triplets, load_encoder(told.encoder), train, pivot="en", seed=told.seed),
        train.validation_share,
        "en",
    )
    planned = plan(data.items(), train, steps=2 * train.steps, seed=told.seed)
    assert [line["triplets"] for line in lines] == [len(batch) for batch in planned[::2]]
    assert sum(json.loads((told.scratch / PLAN).read_text())["pools"].values()) == sum(
        map(len, planned)
    )
    assert np.isfinite(load_encoder(told.output).encode(["The doctor washes the windows."])).all()
