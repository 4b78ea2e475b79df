"""average: the weighted mean of the trained encoder and the one that its training started from."""

from __future__ import annotations

import json
import logging
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alignment import layout, memory
from alignment.config import Train
from alignment.context import RunContext
from alignment.files import write_json
from alignment.types import Artifact, Counts

if TYPE_CHECKING:
    from alignment.training.averaging import AveragedEncoder
    from alignment.training.averaging_share import Point
    from alignment.training.data import TripletData

REVISION = 1
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class AverageCounts(Counts):
    """What was averaged."""

    share: float
    """Share of the base encoder in the mean, from 0 to below 1."""
    pairs: int
    """Validation pairs on which the share was chosen; 0 if the configuration names it."""


def average(
    context: RunContext, trained: Artifact, tokens: Artifact, encoder: Artifact, settings: Train
) -> Artifact:
    """The encoder to publish, `model/`, and how its share was chosen, `averaging.json`.

    It is a stage and not the end of `train`, so that another share needs no other training.

    Args:
        context: What the stages of a run share.
        trained: The artifact of `train`.
        tokens: The training data of its first part, whose validation pairs choose the share.
        encoder: The base encoder. With `train.center` it is centered first, as for training.
        settings: The section `train` of the configuration, with a share or `auto`.

    Raises:
        Corrupt: if the two encoders are not of the same architecture.
    """
    config = {
        "share": settings.average_with_base,
        "validation_share": settings.validation_share,
        "center": settings.center,
        "pivot": context.pivot,
    }
    inputs = {
        "trained": trained.directory(layout.MODEL),
        "encoder": encoder.directory(layout.MODEL),
        "tokens": tokens.directory(layout.TOKENS),
    }

    def work(out: Path) -> AverageCounts:
        from alignment.training.averaging_share import choose_share, search_share  # torch

        model = trained.path / layout.MODEL
        averaged, data = _opened(context, model, tokens, encoder, settings)
        points: list[Point] = []
        share = settings.average_with_base or 0.0
        if share == "auto":
            points = search_share(averaged, data, settings, context.pivot)
            share = choose_share(points)
        logger.info("average: the base encoder has a share of %.1f", share)
        _save(averaged, share, model, out / layout.MODEL)
        record = _record(settings, share, points)
        write_json(out / layout.AVERAGING, record)
        memory.release()
        return AverageCounts(share, sum(record["pairs"].values()))

    return context.store.build(
        "average", work, revision=REVISION, config=config, inputs=inputs, seed=context.seed
    )


def _opened(
    context: RunContext, trained: Path, tokens: Artifact, encoder: Artifact, settings: Train
) -> tuple[AveragedEncoder, TripletData]:
    """Both encoders, and the training data."""
    from alignment.encoder.center import center
    from alignment.encoder.directory import load_encoder
    from alignment.training.averaging import AveragedEncoder
    from alignment.training.data import TripletData
    from alignment.training.run import CENTER_SAMPLE

    data = TripletData.open(tokens.path / layout.TOKENS)
    runs_code = context.trust_remote_code
    # As in training: centering on another device would differ in the last bits.
    base = load_encoder(encoder.path / layout.MODEL, device="cpu", trust_remote_code=runs_code)
    if settings.center:
        center(base, data.sample(CENTER_SAMPLE, context.pivot, seed=context.seed))
    return AveragedEncoder(load_encoder(trained, trust_remote_code=runs_code), base), data


def _save(averaged: AveragedEncoder, share: float, trained: Path, path: Path) -> None:
    """Write the mean, in the type of the trained weights; the trained files themselves for 0."""
    import torch

    from alignment.encoder.directory import save_encoder
    from alignment.encoder.weights_files import stored_dtype

    if not share:
        shutil.copytree(trained, path)
        return
    averaged.set_share(share)
    save_encoder(path, averaged.encoder, dtype=getattr(torch, stored_dtype(trained)))


def _record(settings: Train, share: float, points: list[Point]) -> dict[str, Any]:
    pairs = {}
    if points:
        pairs = {code: len(correct) for code, correct in points[0].correct.items()}
    return {
        "configured": settings.average_with_base,
        "share": share,
        "pairs": pairs,
        "curve": [{"share": point.share, "accuracy": point.accuracies()} for point in points],
    }


def read_averaging(artifact: Artifact) -> dict[str, Any]:
    """`averaging.json`: `configured`, `share`, `pairs` by language, and the `curve`."""
    content: dict[str, Any] = json.loads((artifact.path / layout.AVERAGING).read_text())
    return content
