"""Training beside sentence-transformers' trainer and its `TripletLoss`: the same triplets, encoder, precision, batch.

The quickstart's triplets, 64 a batch, at most 128 tokens, in alternating runs. Ours has batches of like lengths,
encodes each distinct sentence once and trains the vocabulary that occurs. `python -m benchmarks.train`.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from alignment import tables
from alignment.config import Train
from alignment.training.job import PROGRESS, Job
from benchmarks.catalogues import cache
from benchmarks.harness import Measured, figures, measure, spread
from benchmarks.quickstart import data

ROUNDS = 2
BATCH = 64
TOKENS = 128
MARGIN = 0.2
RATE = 4e-5
STEPS = {"ours": 16, "peer": 5}
SKIPPED = 2  # steps at the start, which allocate and compile


def main() -> None:
    """Measure, and print the table and the JSON line."""
    found = data()
    triplets, encoder = found.triplets.path / "triplets.parquet", found.encoder.path / "model"
    table = Table(title=f"triplets a second, {ROUNDS} alternating rounds (lowest-highest)", title_justify="left")
    for column in ("precision", "ours", "sentence-transformers", "ratio", "ours MiB", "theirs MiB", "memory"):
        table.add_column(column, justify="left" if column == "precision" else "right")
    results: dict[str, Any] = {}
    for precision in ("bf16", "fp32"):
        runs: dict[str, list[Measured]] = {name: [] for name in STEPS}
        for _ in range(ROUNDS):
            for name, measured in runs.items():
                measured.append(measure([sys.executable, "-m", "benchmarks.train", name, precision, triplets, encoder]))
        rates = {name: [float(run.output.splitlines()[-1]) for run in measured] for name, measured in runs.items()}
        memory = {name: max(run.mebibytes for run in measured) for name, measured in runs.items()}
        ratio = statistics.median(a / b for a, b in zip(rates["ours"], rates["peer"], strict=True))
        table.add_row(
            precision, spread(rates["ours"]), spread(rates["peer"]), f"{ratio:.1f}", f"{memory['ours']:,.0f}",
            f"{memory['peer']:,.0f}", f"{memory['ours'] / memory['peer']:.2f}",
        )  # fmt: skip
        results[precision] = {
            "ours": round(statistics.median(rates["ours"]), 1), "peer": round(statistics.median(rates["peer"]), 1),
            "ratio": round(ratio, 2), "ours_mib": round(memory["ours"]), "peer_mib": round(memory["peer"]),
        }  # fmt: skip
    Console(width=120).print(table)
    first = results["bf16"]
    figures(benchmark="train", unit="triplets/s", ours=first["ours"], peer=first["peer"], ratio=first["ratio"], **results)


def run_ours(precision: str, triplets: Path, encoder: Path) -> float:
    """Triplets a second of our training process."""
    from alignment.training.trainer import run

    home = cache() / "train"
    shutil.rmtree(home, ignore_errors=True)
    (home / "scratch").mkdir(parents=True)
    settings = Train(
        steps=STEPS["ours"], batch_size=BATCH, batch_tokens=3 * BATCH * TOKENS, margin=MARGIN, learning_rate=RATE,
        precision=precision,
    )  # fmt: skip
    job = Job(
        train=settings, triplets=triplets, encoder=encoder, pivot="en", output=home / "model", scratch=home / "scratch", seed=1,
        parent=os.getpid(),
    )  # fmt: skip
    run(job)
    steps = [json.loads(line) for line in (job.scratch / PROGRESS).read_text().splitlines()][SKIPPED:]
    shutil.rmtree(home)
    return float(sum(step["triplets"] for step in steps) / sum(step["seconds"] for step in steps))


def run_peer(precision: str, triplets: Path, encoder: Path) -> float:
    """Triplets a second of the peer's trainer on a shuffle of the same triplets."""
    from datasets import Dataset
    from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from sentence_transformers.sentence_transformer import losses
    from transformers import TrainerCallback

    columns = ("anchor", "positive", "negative")
    rows = Dataset.from_dict(dict(zip(columns, tables.read_columns(triplets, *columns), strict=True))).shuffle(seed=1)
    model = SentenceTransformer(str(encoder), device="cpu")
    model.max_seq_length = TOKENS
    loss = losses.TripletLoss(model, losses.TripletDistanceMetric.COSINE, MARGIN)
    ends: list[float] = []

    class Clock(TrainerCallback):
        def on_step_end(self, *_: object, **__: object) -> None:
            ends.append(time.monotonic())

    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(cache() / "train-peer"), max_steps=STEPS["peer"], per_device_train_batch_size=BATCH, learning_rate=RATE,
        bf16=precision == "bf16", use_cpu=True, save_strategy="no", report_to=[], disable_tqdm=True, logging_strategy="no",
    )  # fmt: skip
    trainer = SentenceTransformerTrainer(model=model, args=arguments, train_dataset=rows, loss=loss, callbacks=[Clock()])
    trainer.train()
    counted = ends[SKIPPED - 1 :]
    return BATCH * (len(counted) - 1) / (counted[-1] - counted[0])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _, who, precision, *paths = sys.argv
        print((run_ours if who == "ours" else run_peer)(precision, *map(Path, paths)))
    else:
        main()
