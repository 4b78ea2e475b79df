"""What several tests of the training share: short jobs on the finished smoke run, tiny triplets."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alignment import tables
from alignment.config import Train
from alignment.encoder.directory import load_encoder
from alignment.training.data import UNUSED, TripletData
from alignment.training.job import PROGRESS, Job
from alignment.training.progress import read_metrics
from alignment.training.tokenized import write_tokenized
from alignment.types import StepMetrics
from tests.support import import_path
from tests.unit.encoder.layout_files import PAIRS
from tests.unit.training.naive import Sentence, Triplet, data_of

SHORT = Train(
    steps=4,
    batch_size=8,
    batch_tokens=512,
    learning_rate=1e-3,
    in_batch_negatives="hardest",
    precision="fp32",
)

OBJECTIVES: dict[str, dict[str, object]] = {
    "triplet": {},
    "triplet, gradient cache": {"gradient_cache": True},
    "infonce": {"loss": "infonce"},
    "infonce, gradient cache": {"loss": "infonce", "gradient_cache": True},
    "both, learned scale": {"loss": "triplet+infonce", "learn_scale": True},
    "distilled": {"loss": "infonce", "distill_weight": 1.0},
}
"""Options of trainings that several processes share."""
STOPS_EARLY: dict[str, object] = {
    "validation_share": 0.3,
    "evaluate_every": 1,
    "steps": 40,
    "learning_rate": 0.3,
    "early_stopping_patience": 2,
}
"""Options of a training whose accuracy soon falls."""


def short(**options: object) -> Train:
    """`SHORT` with other options."""
    return SHORT.model_copy(update=options)


def triplets_of(finished: Path) -> Path:
    (path,) = finished.glob("store/triplets/*/triplets.parquet")
    return path


def tokens_of(finished: Path) -> Path:
    (path,) = finished.glob("store/tokenize/*/tokens")
    return path


def encoder_of(finished: Path) -> Path:
    (path,) = finished.glob("store/encoder/*/model")
    return path


def job(finished: Path, out: Path, train: Train) -> Job:
    """A job on the triplets and the encoder of the finished smoke run."""
    (out / "scratch").mkdir(parents=True, exist_ok=True)
    return Job(
        train=train,
        triplets=triplets_of(finished),
        tokens=tokens_of(finished),
        encoder=encoder_of(finished),
        pivot="en",
        output=out / "model",
        scratch=out / "scratch",
        seed=7,
        end_step=train.steps,
        teacher=encoder_of(finished),
        parent=os.getpid(),
    )


def scratch_job(scratch: Path) -> Job:
    """A job whose files are not there."""
    return Job(
        train=SHORT,
        triplets=scratch / "triplets.parquet",
        tokens=scratch / "tokens",
        encoder=scratch / "encoder",
        pivot="en",
        output=scratch / "model",
        scratch=scratch,
        seed=1,
        end_step=SHORT.steps,
        teacher=scratch / "encoder",
        parent=os.getpid(),
    )


def tiny_job(encoder: Path, out: Path, train: Train) -> Job:
    """A job on a few triplets whose words the encoders in `layouts.py` know."""
    (out / "scratch").mkdir(parents=True, exist_ok=True)
    triplets = out / "triplets.parquet"
    tables.write(triplets, tables.TRIPLETS, _triplet_rows())
    tokens = out / "tokens"
    tokens.mkdir(exist_ok=True)
    write_tokenized(triplets, load_encoder(encoder, device="cpu"), tokens, pivot="en")
    return Job(
        train=train,
        triplets=triplets,
        tokens=tokens,
        encoder=encoder,
        pivot="en",
        output=out / "model",
        scratch=out / "scratch",
        seed=7,
        end_step=train.steps,
        teacher=encoder,
        parent=os.getpid(),
    )


def _triplet_rows() -> Iterator[dict[str, Any]]:
    for number, (english, german) in enumerate(PAIRS):
        negative = (number + 5) % len(PAIRS)
        yield {
            "pair_id": str(number),
            "anchor": english,
            "positive": german,
            "negative": PAIRS[negative][1],
            "anchor_lang": "en",
            "positive_lang": "de",
            "negative_lang": "de",
            "group": number,
            "negative_group": negative,
            "direction": "en>de",
            "strategy": "random",
            "rank": 0,
            "weight": 1.0,
        }


def torchrun(processes: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Start processes that train together, and wait for their end."""
    command = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes))
    return subprocess.run(
        [sys.executable, *command, *arguments],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": import_path()},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


def check_same(processes: int, source: str, directory: Path) -> None:
    """Each of several processes runs a script, and says at its end that it had the same."""
    script = directory / "script.py"
    script.write_text(source)
    done = torchrun(processes, str(script))
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("the same") == processes


def metrics_of(trained: Job) -> list[StepMetrics]:
    """The metrics of each step, without the time that it took."""
    metrics = read_metrics(trained.scratch / PROGRESS)
    return [dataclasses.replace(step, seconds=0.0) for step in metrics]


def losses_of(trained: Job) -> list[float]:
    return [step.loss for step in metrics_of(trained)]


def tensorboard_scalars(directory: Path) -> dict[str, list[tuple[int, float]]]:
    """Step and value of each tag in TensorBoard files."""
    from tensorboard.backend.event_processing import (  # type: ignore[import-untyped]
        event_accumulator,
    )

    events = event_accumulator.EventAccumulator(str(directory))
    events.Reload()
    scalars = {}
    for tag in events.Tags()["scalars"]:
        scalars[tag] = [(event.step, event.value) for event in events.Scalars(tag)]
    return scalars


def step_metrics(step: int, **changes: object) -> StepMetrics:
    """Some metrics of a step."""
    metrics = StepMetrics(
        step=step,
        loss=0.5,
        active=0.25,
        hard=0.125,
        positive=0.1,
        negative=0.4,
        gradient_norm=1.5,
        triplets=8,
        seconds=0.2,
    )
    return dataclasses.replace(metrics, **changes)  # type: ignore[arg-type]


def sentence(text: str, language: str, *token_ids: int) -> Sentence:
    return Sentence(text, language, list(token_ids))


def triplet(
    anchor: int,
    positive: int,
    negative: int = UNUSED,
    *,
    group: int = 0,
    languages: tuple[str, str] = ("en", "fi"),
) -> Triplet:
    return Triplet(anchor, positive, negative, group, group + 1000, *languages)


TINY_SENTENCES = [
    sentence("cat", "en", 1, 2, 3),
    sentence("kissa", "fi", 1, 4, 5, 3),
    sentence("dog", "en", 1, 6, 3),
    sentence("koira", "fi", 1, 7, 3),
]


def tiny_data() -> TripletData:
    """Two triplets that share a negative's sentence, and one without a negative."""
    triplets = [triplet(0, 1, 3, group=10), triplet(2, 3, 1, group=11), triplet(0, 1, group=10)]
    return data_of(TINY_SENTENCES, triplets)
