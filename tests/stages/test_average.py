"""The stage on the encoders of the finished smoke run."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from alignment import layout
from alignment.config import Train
from alignment.context import RunContext
from alignment.encoder.center import center
from alignment.encoder.directory import load_encoder
from alignment.encoder.encoder import Encoder
from alignment.files import tree_digests
from alignment.stages.average import AverageCounts, average, read_averaging
from alignment.store import load_artifact
from alignment.training.averaging import mean_weight
from alignment.training.data import TripletData
from alignment.training.run import CENTER_SAMPLE
from alignment.types import Artifact


def only(finished: Path, stage: str) -> Artifact:
    (manifest,) = finished.glob(f"store/{stage}/*/manifest.json")
    return load_artifact(manifest.parent)


def averaged(context: RunContext, finished: Path, **settings: Any) -> Artifact:
    trained, tokens, encoder = [only(finished, stage) for stage in ("train", "tokenize", "encoder")]
    return average(context, trained, tokens, encoder, Train(**settings))


def loaded(artifact: Artifact) -> Encoder:
    return load_encoder(artifact.path / layout.MODEL, device="cpu")


def weights(encoder: Encoder) -> dict[str, torch.Tensor]:
    return dict(encoder.container.named_parameters())


def test_a_configured_share(context: RunContext, finished: Path) -> None:
    artifact = averaged(context, finished, average_with_base=0.3)
    trained = weights(loaded(only(finished, "train")))
    base = weights(loaded(only(finished, "encoder")))
    for name, weight in weights(loaded(artifact)).items():
        assert torch.equal(weight, mean_weight(trained[name], base[name], 0.3)), name
    assert AverageCounts.of(artifact) == AverageCounts(share=0.3, pairs=0)
    record = {"configured": 0.3, "share": 0.3, "pairs": {}, "curve": []}
    assert read_averaging(artifact) == record


def test_the_share_is_chosen_on_validation_pairs(context: RunContext, finished: Path) -> None:
    settings = {"average_with_base": "auto", "validation_share": 0.3}
    artifact = averaged(context, finished, **settings)
    record = read_averaging(artifact)
    assert record["configured"] == "auto"
    assert [point["share"] for point in record["curve"]] == [*(n / 10 for n in range(10)), 1.0]
    assert record["share"] < 1
    counts = AverageCounts.of(artifact)
    assert counts.share == record["share"]
    assert counts.pairs == sum(record["pairs"].values()) >= 8
    assert averaged(context, finished, **settings).reused
    # Another store stands for a killed run that starts again: the same files.
    other = RunContext(
        type(context.store)(context.store.root.parent / "again"),
        context.downloads,
        pivot=context.pivot,
        seed=context.seed,
    )
    again = averaged(other, finished, **settings)
    assert again.files == artifact.files


def test_without_validation_pairs_the_trained_files_are_kept(
    context: RunContext, finished: Path
) -> None:
    artifact = averaged(context, finished, average_with_base="auto", validation_share=0.001)
    trained = only(finished, "train").directory(layout.MODEL)
    assert artifact.directory(layout.MODEL).digest == trained.digest
    assert AverageCounts.of(artifact) == AverageCounts(share=0.0, pairs=0)


def test_a_centered_training_is_averaged_with_the_centered_base(
    context: RunContext, finished: Path
) -> None:
    artifact = averaged(context, finished, average_with_base=0.3, center=True)
    data = TripletData.open(only(finished, "tokenize").path / layout.TOKENS)
    base = loaded(only(finished, "encoder"))
    center(base, data.sample(CENTER_SAMPLE, context.pivot, seed=context.seed))
    trained = weights(loaded(only(finished, "train")))
    centered = weights(base)
    for name, weight in weights(loaded(artifact)).items():
        assert torch.equal(weight, mean_weight(trained[name], centered[name], 0.3)), name
    plain = averaged(context, finished, average_with_base=0.3)
    assert artifact.digest != plain.digest


def test_a_damaged_encoder_is_named(context: RunContext, finished: Path, tmp_path: Path) -> None:
    trained = only(finished, "train")
    shutil.copytree(trained.path, tmp_path / "damaged")
    file = tmp_path / "damaged" / "model" / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    damaged = Artifact(
        "train", "", "k", tmp_path / "damaged", tree_digests(tmp_path / "damaged"), {}, 0.0, "d"
    )
    with pytest.raises(Exception, match="damaged"):
        average(
            context,
            damaged,
            only(finished, "tokenize"),
            only(finished, "encoder"),
            Train(average_with_base=0.3),
        )
