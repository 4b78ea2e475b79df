"""train: the candidate encoder, made in a process of its own that resumes from its checkpoints."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from alignment.config import Train
from alignment.stages.triplets import TripletsCounts
from alignment.store import Store
from alignment.training.job import LOG, PLAN, PROGRESS, TENSORBOARD, Job
from alignment.training.launch import launch
from alignment.types import Artifact, Counts, StepCallback, StepMetrics

REVISION = 6
logger = logging.getLogger(__name__)
Watch = StepCallback


@dataclass(frozen=True)
class TrainCounts(Counts):
    """What training did."""

    steps: int
    triplets: int
    best_step: int = 0
    batch_tokens: int = 0
    triplets_by_language: dict[str, int] = field(default_factory=dict)


class Part(NamedTuple):
    """Steps of a training, from `first` (not itself) to `last`."""

    first: int
    last: int
    before: Artifact | None = None
    """What the steps up to `first` made."""


def parts(steps: int, refresh: int | None) -> list[tuple[int, int]]:
    """First and last step of each part: so many steps, then negatives are mined again."""
    every = refresh or max(1, steps)
    return [(first, min(first + every, steps)) for first in range(0, steps, every)] or [(0, 0)]


def train(
    store: Store,
    triplets: Artifact,
    encoder: Artifact,
    settings: Train,
    *,
    pivot: str,
    seed: int,
    on_step: Watch | None = None,
    part: Part | None = None,
) -> Artifact:
    """`model/`, `curves.jsonl` (one line per step), `train.log`, and `tensorboard/` if it was asked for.

    A later `part` goes on from the weights, the curves and the counts of the one before.

    Raises:
        TrainingError: if training stopped; the next run goes on from the last checkpoint.
    """
    part = part or Part(0, settings.steps)
    before = part.before
    config = {
        **settings.model_dump(mode="json"),
        "pivot": pivot,
        "first": part.first,
        "last": part.last,
    }
    inputs = {"triplets": triplets.input("triplets.parquet"), "encoder": encoder.directory("model")}
    if before:
        inputs["before"] = before.directory("model")

    def work(out: Path) -> TrainCounts:
        scratch = store.scratch(out.name)
        job = Job(
            train=settings,
            triplets=triplets.path / "triplets.parquet",
            encoder=(before or encoder).path / "model",
            teacher=encoder.path / "model",
            pivot=pivot,
            output=out / "model",
            scratch=scratch,
            seed=seed,
            first=part.first,
            last=part.last,
            parent=os.getpid(),
        )
        small = [
            f"{code} ({n})" for code, n in _languages(triplets).items() if n < settings.batch_size
        ]
        if small and settings.steps and not before:
            logger.warning(
                "train: fewer triplets a direction than a batch of %d has: %s%s. Their batches are small and hold few mismatched "
                "translations; train.mix_languages: true fills them with other languages",
                settings.batch_size,
                ", ".join(small[:10]),
                f" and {len(small) - 10} more" if len(small) > 10 else "",
            )
        seen = 0

        def count(step: StepMetrics) -> None:
            nonlocal seen
            seen += step.triplets
            (on_step or log_progress(settings.steps))(step)

        launch(job, count)
        own = (scratch / PROGRESS).read_text() if settings.steps else ""
        (out / "curves.jsonl").write_text(
            ((before.path / "curves.jsonl").read_text() if before else "") + own
        )
        shutil.copy(scratch / LOG, out / LOG)
        if (scratch / TENSORBOARD).is_dir():
            shutil.copytree(scratch / TENSORBOARD, out / TENSORBOARD)
        counts: dict[str, Any] = {"steps": 0}
        if settings.steps:
            counts = _trained_on(out / "curves.jsonl", scratch / PLAN)
        result = TrainCounts(triplets=seen, **counts)
        if before is None:
            return result
        earlier = TrainCounts.of(before)
        return replace(
            result,
            triplets=result.triplets + earlier.triplets,
            triplets_by_language=dict(
                Counter(result.triplets_by_language) + Counter(earlier.triplets_by_language)
            ),
        )

    return store.build("train", work, revision=REVISION, config=config, inputs=inputs, seed=seed)


def _languages(triplets: Artifact) -> dict[str, int]:
    """Triplets of one direction, by language."""
    by_language = TripletsCounts.of(triplets).triplets_by_language
    return {code: count // 2 for code, count in by_language.items()}


def _trained_on(curves: Path, plan: Path) -> dict[str, Any]:
    """Steps, the one whose weights were kept, and triplets by language, the pivot too, as often as training saw them."""
    told = json.loads(plan.read_text())
    last = json.loads(curves.read_text().splitlines()[-1])["step"]
    counts: Counter[str] = Counter()
    for pool, count in told["pools"].items():
        for code in pool.split(">"):
            counts[code] += count
    by_language = {"triplets_by_language": dict(sorted(counts.items()))}
    return {
        "steps": last,
        "best_step": told["best"] or last,
        "batch_tokens": told["batch_tokens"],
        **by_language,
    }


def log_progress(steps: int) -> Watch:
    """Ten log lines over the run: for terminals that are no terminal."""

    def watch(step: StepMetrics) -> None:
        if step.step % max(1, steps // 10) == 0:
            rate = step.triplets / max(step.seconds, 1e-9)
            logger.info(
                "train step %d/%d: loss %.4f, active %.0f %%, %.1f triplets/s",
                step.step,
                steps,
                step.loss,
                100 * step.active,
                rate,
            )

    return watch
