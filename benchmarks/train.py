"""Training beside sentence-transformers' trainer and its `TripletLoss`: the same triplets, encoder, precision, batch.

The quickstart's triplets, 64 a batch, at most 128 tokens, in alternating runs. Ours packs the sentences of a batch,
encodes each distinct one once and trains the vocabulary that occurs. Then both train on as many triplets, and their
encoders are set beside each other on what was held out, and on Tatoeba where `ALIGNMENT_TATOEBA` names its file.
`python -m benchmarks.train`; `python -m benchmarks.train rates` leaves the accuracy out.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from alignment import tables
from alignment.config import Train
from alignment.encoder.device import Precision
from alignment.encoder.directory import load_encoder
from alignment.encoder.encoder import Encoder
from alignment.pipeline.data import TrainingData
from alignment.retrieval.metrics import retrieve
from alignment.training.job import PROGRESS, Job
from benchmarks.catalogs import cache
from benchmarks.harness import Measured, figures, measure, precisions, spread
from benchmarks.quality import tatoeba
from benchmarks.quickstart import data

ROUNDS = 3
BATCH = 64
TOKENS = 128
MARGIN = 0.2
RATE = 4e-5
STEPS = {"ours": 16, "peer": 5}
WARMUP = 0.1
LEARNT = 30  # steps before the accuracies are compared
TATOEBA = ("fin", "est", "lit", "heb", "kor", "hun", "cym", "isl")
SKIPPED = 2  # steps at the start, which allocate and compile


def main(*, accuracy: bool) -> None:
    """Measure, and print the tables and the JSON line."""
    found = data()
    triplets, encoder = found.triplets.path / "triplets.parquet", found.encoder.path / "model"
    able = precisions()
    results = rates(triplets, encoder, able)
    if accuracy:
        results["accuracy"] = accuracies(found, triplets, encoder, able[0])
    first = results[able[0]]
    figures(
        benchmark="train",
        unit="triplets/s",
        ours=first["ours"],
        peer=first["peer"],
        ratio=first["ratio"],
        **results,
    )


def rates(triplets: Path, encoder: Path, able: Sequence[Precision]) -> dict[str, Any]:
    """Triplets a second and memory, by precision."""
    table = Table(
        title=f"triplets a second, {ROUNDS} alternating rounds (lowest-highest)",
        title_justify="left",
    )
    for column in (
        "precision",
        "ours",
        "sentence-transformers",
        "ratio",
        "ours MiB",
        "theirs MiB",
        "memory",
    ):
        table.add_column(column, justify="left" if column == "precision" else "right")
    results: dict[str, Any] = {}
    for precision in able:
        runs: dict[str, list[Measured]] = {name: [] for name in STEPS}
        for _ in range(ROUNDS):
            for name, measured in runs.items():
                measured.append(
                    _measured(
                        name, precision, STEPS[name], triplets, encoder, cache() / "train" / name
                    )
                )
        speeds = {
            name: [float(run.output.splitlines()[-1]) for run in measured]
            for name, measured in runs.items()
        }
        memory = {name: max(run.mebibytes for run in measured) for name, measured in runs.items()}
        ratio = statistics.median(
            a / b for a, b in zip(speeds["ours"], speeds["peer"], strict=True)
        )
        table.add_row(
            precision,
            spread(speeds["ours"]),
            spread(speeds["peer"]),
            f"{ratio:.1f}",
            f"{memory['ours']:,.0f}",
            f"{memory['peer']:,.0f}",
            f"{memory['ours'] / memory['peer']:.2f}",
        )
        results[precision] = {
            "ours": round(statistics.median(speeds["ours"]), 1),
            "peer": round(statistics.median(speeds["peer"]), 1),
            "ratio": round(ratio, 2),
            "ours_mib": round(memory["ours"]),
            "peer_mib": round(memory["peer"]),
        }
    Console(width=120).print(table)
    return results


def accuracies(
    found: TrainingData, triplets: Path, encoder: Path, precision: Precision
) -> dict[str, dict[str, float]]:
    """Mean accuracy@1 of the languages after `LEARNT` steps, by suite and encoder."""
    models = {"base": encoder}
    for name in STEPS:
        models[name] = cache() / "train" / f"{name}-learned"
        _measured(name, precision, LEARNT, triplets, encoder, models[name])
    suites = {
        f"held-out {path.stem}": (*tables.read_columns(path, "target", "source"),)
        for path in sorted(found.holdout.path.glob("suites/heldout/*.parquet"))
    }
    if os.environ.get("ALIGNMENT_TATOEBA"):
        every = tatoeba()
        suites |= {f"Tatoeba {code}": (every[code].text, every[code].eng) for code in TATOEBA}
    scores = {
        name: _scores(load_encoder(path, device="cpu"), suites) for name, path in models.items()
    }
    table = Table(
        title=f"accuracy@1 in %, both directions, after {LEARNT * BATCH:,} triplets",
        title_justify="left",
    )
    for column in ("suite", "pairs", *scores):
        table.add_column(column, justify="left" if column == "suite" else "right")
    for suite, (x, _) in suites.items():
        table.add_row(suite, str(len(x)), *(f"{100 * by[suite]:.1f}" for by in scores.values()))
    means: dict[str, dict[str, float]] = {}
    for kind in dict.fromkeys(suite.split()[0] for suite in suites):
        own = {
            name: statistics.mean(value for suite, value in by.items() if suite.startswith(kind))
            for name, by in scores.items()
        }
        table.add_row(
            f"{kind}, mean", "", *(f"{100 * value:.1f}" for value in own.values()), style="bold"
        )
        means[kind] = {name: round(100 * value, 2) for name, value in own.items()}
    Console(width=120).print(table)
    return means


def _scores(encoder: Encoder, suites: dict[str, tuple[list[str], ...]]) -> dict[str, float]:
    found = {}
    for suite, (x, y) in suites.items():
        a, b = encoder.encode(x), encoder.encode(y)
        found[suite] = float(
            (retrieve(a, b, y).correct.mean() + retrieve(b, a, x).correct.mean()) / 2
        )
    return found


def _measured(
    who: str, precision: str, steps: int, triplets: Path, encoder: Path, output: Path
) -> Measured:
    shutil.rmtree(output, ignore_errors=True)
    output.parent.mkdir(parents=True, exist_ok=True)
    return measure(
        [
            sys.executable,
            "-m",
            "benchmarks.train",
            who,
            precision,
            str(steps),
            triplets,
            encoder,
            output,
        ]
    )


def run_ours(precision: str, steps: int, triplets: Path, encoder: Path, output: Path) -> float:
    """Triplets a second of our training process; writes the encoder."""
    from alignment.training.trainer import run

    scratch = output.parent / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    settings = Train(
        steps=steps,
        batch_size=BATCH,
        batch_tokens=3 * BATCH * TOKENS,
        margin=MARGIN,
        learning_rate=RATE,
        warmup_ratio=WARMUP,
        validation_share=0.0,
        precision=precision,
    )
    job = Job(
        train=settings,
        triplets=triplets,
        encoder=encoder,
        pivot="en",
        output=output,
        scratch=scratch,
        seed=1,
        last=steps,
        teacher=encoder,
        parent=os.getpid(),
    )
    run(job)
    lines = [json.loads(line) for line in (scratch / PROGRESS).read_text().splitlines()]
    if (seen := sum(line["triplets"] for line in lines)) != steps * BATCH:
        sys.exit(f"ours saw {seen} triplets and not {steps * BATCH}")
    return float(
        sum(line["triplets"] for line in lines[SKIPPED:])
        / sum(line["seconds"] for line in lines[SKIPPED:])
    )


def run_peer(precision: str, steps: int, triplets: Path, encoder: Path, output: Path) -> float:
    """Triplets a second of the peer's trainer on a shuffle of the same triplets; writes the encoder."""
    from datasets import Dataset
    from sentence_transformers import (
        SentenceTransformer,
        SentenceTransformerTrainer,
        SentenceTransformerTrainingArguments,
    )
    from sentence_transformers.sentence_transformer import losses
    from transformers import TrainerCallback

    columns = ("anchor", "positive", "negative")
    rows = Dataset.from_dict(
        dict(zip(columns, tables.read_columns(triplets, *columns), strict=True))
    ).shuffle(seed=1)
    model = SentenceTransformer(str(encoder), device="cpu")
    model.max_seq_length = TOKENS
    loss = losses.TripletLoss(model, losses.TripletDistanceMetric.COSINE, MARGIN)
    ends: list[float] = []

    class Clock(TrainerCallback):
        def on_step_end(self, *_: object, **__: object) -> None:
            ends.append(time.monotonic())

    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(cache() / "train-peer"),
        max_steps=steps,
        per_device_train_batch_size=BATCH,
        learning_rate=RATE,
        warmup_steps=math.ceil(WARMUP * steps),
        weight_decay=Train().weight_decay,
        bf16=precision == "bf16",
        use_cpu=True,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        logging_strategy="no",
    )
    trainer = SentenceTransformerTrainer(
        model=model, args=arguments, train_dataset=rows, loss=loss, callbacks=[Clock()]
    )
    trainer.train()
    model.save_pretrained(str(output))
    counted = ends[SKIPPED - 1 :]
    return BATCH * (len(counted) - 1) / (counted[-1] - counted[0])


if __name__ == "__main__":
    if len(sys.argv) > 2:
        _, who, precision, steps, *paths = sys.argv
        print((run_ours if who == "ours" else run_peer)(precision, int(steps), *map(Path, paths)))
    else:
        main(accuracy=sys.argv[1:] != ["rates"])
