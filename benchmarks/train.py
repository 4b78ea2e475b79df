"""Training speed and accuracy next to sentence-transformers' trainer with its `TripletLoss`.

Both train on the quickstart's triplets with the same encoder, precision and batches: 64 triplets,
at most 128 tokens per sentence. Runs alternate. Ours packs the sentences of a batch, encodes each
distinct sentence once, and trains only the vocabulary that occurs.

After that both train on the same number of batches, and their encoders are compared on the
held-out pairs, and on Tatoeba if `ALIGNMENT_TATOEBA` is the path of its file.

`python -m benchmarks.train` measures both; `python -m benchmarks.train rates` only the speed.
"""

from __future__ import annotations

import math
import os
import shutil
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

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
BATCH = 64  # triplets
TOKENS = 128  # per sentence
MARGIN = 0.2
LEARNING_RATE = 4e-5
WARMUP_RATIO = 0.1
SPEED_STEPS = {"ours": 16, "peer": 5}
ACCURACY_STEPS = 30  # before the accuracies are compared
MIN_FILLED = 0.95
"""Of `BATCH`; a language's last batch of an epoch may be smaller, which favors the peer."""
WARMUP_STEPS = 2  # not timed: they allocate memory and compile
TATOEBA = ("fin", "est", "lit", "heb", "kor", "hun", "cym", "isl")


class Inputs(NamedTuple):
    """What both train on."""

    triplets: Path
    encoder: Path


class Suite(NamedTuple):
    """Sentences and their English translations."""

    name: str
    texts: list[str]
    english: list[str]


def main(*, accuracy: bool) -> None:
    """Measure, and print the tables and the JSON line."""
    prepared = data()
    inputs = Inputs(prepared.triplets.path / "triplets.parquet", prepared.encoder.path / "model")
    supported = precisions()
    results = rates(inputs, supported)
    if accuracy:
        results["accuracy"] = accuracies(prepared, inputs, supported[0])
    first = results[supported[0]]
    figures(
        benchmark="train",
        unit="triplets/s",
        ours=first["ours"],
        peer=first["peer"],
        ratio=first["ratio"],
        **results,
    )


def rates(inputs: Inputs, supported: Sequence[Precision]) -> dict[str, Any]:
    """Triplets per second and peak memory, by precision."""
    table = _table(
        f"triplets per second, {ROUNDS} alternating rounds (lowest-highest)",
        ("precision",),
        ("ours", "sentence-transformers", "ratio", "ours MiB", "theirs MiB", "memory"),
    )
    results: dict[str, Any] = {}
    for precision in supported:
        ours, peer = _alternating(inputs, precision)
        our_rates = [_printed_rate(run) for run in ours]
        peer_rates = [_printed_rate(run) for run in peer]
        our_mib = max(run.mebibytes for run in ours)
        peer_mib = max(run.mebibytes for run in peer)
        ratio = statistics.median(a / b for a, b in zip(our_rates, peer_rates, strict=True))
        table.add_row(
            precision,
            spread(our_rates),
            spread(peer_rates),
            f"{ratio:.1f}",
            f"{our_mib:,.0f}",
            f"{peer_mib:,.0f}",
            f"{our_mib / peer_mib:.2f}",
        )
        results[precision] = {
            "ours": round(statistics.median(our_rates), 1),
            "peer": round(statistics.median(peer_rates), 1),
            "ratio": round(ratio, 2),
            "ours_mib": round(our_mib),
            "peer_mib": round(peer_mib),
        }
    Console(width=120).print(table)
    return results


def _alternating(inputs: Inputs, precision: Precision) -> tuple[list[Measured], list[Measured]]:
    ours: list[Measured] = []
    peer: list[Measured] = []
    for _ in range(ROUNDS):
        for name, runs in (("ours", ours), ("peer", peer)):
            output = cache() / "train" / name
            runs.append(_measured(name, precision, SPEED_STEPS[name], inputs, output))
    return ours, peer


def _printed_rate(run: Measured) -> float:
    return float(run.output.splitlines()[-1])


def accuracies(
    prepared: TrainingData, inputs: Inputs, precision: Precision
) -> dict[str, dict[str, float]]:
    """Mean accuracy@1 in percent after `ACCURACY_STEPS`, by kind of suite and encoder."""
    models = {"base": inputs.encoder}
    for name in SPEED_STEPS:
        models[name] = cache() / "train" / f"{name}-learned"
        _measured(name, precision, ACCURACY_STEPS, inputs, models[name])
    suites = _suites(prepared)
    scores = {
        name: _scores(load_encoder(path, device="cpu"), suites) for name, path in models.items()
    }
    table = _table(
        f"accuracy@1 in %, both directions, after {ACCURACY_STEPS} batches of {BATCH} triplets",
        ("suite",),
        ("pairs", *scores),
    )
    for suite in suites:
        percents = [f"{100 * accuracy[suite.name]:.1f}" for accuracy in scores.values()]
        table.add_row(suite.name, str(len(suite.texts)), *percents)
    means: dict[str, dict[str, float]] = {}
    for kind in dict.fromkeys(suite.name.split()[0] for suite in suites):
        means[kind] = {}
        for name, accuracy in scores.items():
            of_kind = [value for suite, value in accuracy.items() if suite.startswith(kind)]
            means[kind][name] = round(100 * statistics.mean(of_kind), 2)
        percents = [f"{mean:.1f}" for mean in means[kind].values()]
        table.add_row(f"{kind}, mean", "", *percents, style="bold")
    Console(width=120).print(table)
    return means


def _suites(prepared: TrainingData) -> list[Suite]:
    suites = []
    for path in sorted(prepared.holdout.path.glob("suites/heldout/*.parquet")):
        texts, english = tables.read_columns(path, "target", "source")
        suites.append(Suite(f"held-out {path.stem}", texts, english))
    if os.environ.get("ALIGNMENT_TATOEBA"):
        all_languages = tatoeba()
        for code in TATOEBA:
            pairs = all_languages[code]
            suites.append(Suite(f"Tatoeba {code}", pairs.text, pairs.eng))
    return suites


def _scores(encoder: Encoder, suites: Sequence[Suite]) -> Mapping[str, float]:
    """Mean accuracy@1 of both directions, by suite."""
    scores = {}
    for suite in suites:
        x = encoder.encode(suite.texts)
        y = encoder.encode(suite.english)
        to_english = retrieve(x, y, suite.english).correct.mean()
        from_english = retrieve(y, x, suite.texts).correct.mean()
        scores[suite.name] = float((to_english + from_english) / 2)
    return scores


def _table(title: str, left: Sequence[str], right: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in left:
        table.add_column(column)
    for column in right:
        table.add_column(column, justify="right")
    return table


def _measured(name: str, precision: str, steps: int, inputs: Inputs, output: Path) -> Measured:
    """Train in a separate process, which prints its rate."""
    shutil.rmtree(output, ignore_errors=True)
    output.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "benchmarks.train", name, precision, str(steps)]
    return measure([*command, inputs.triplets, inputs.encoder, output])


def run_ours(precision: Precision, steps: int, inputs: Inputs, output: Path) -> float:
    """Triplets per second of our training; writes the encoder."""
    from alignment.training.progress import read_metrics
    from alignment.training.run import run
    from alignment.training.tokenized import write_tokenized

    scratch = output.parent / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    settings = Train.model_validate(
        {
            "steps": steps,
            "batch_size": BATCH,
            "batch_tokens": 3 * BATCH * TOKENS,
            "margin": MARGIN,
            "learning_rate": LEARNING_RATE,
            "warmup_ratio": WARMUP_RATIO,
            "validation_share": 0.0,
            "precision": precision,
        }
    )
    tokens = output.parent / "tokens"
    shutil.rmtree(tokens, ignore_errors=True)
    tokens.mkdir()
    write_tokenized(inputs.triplets, load_encoder(inputs.encoder), tokens, pivot="en")
    job = Job(
        train=settings,
        triplets=inputs.triplets,
        tokens=tokens,
        encoder=inputs.encoder,
        pivot="en",
        output=output,
        scratch=scratch,
        seed=1,
        end_step=steps,
        teacher=inputs.encoder,
        parent=os.getpid(),
    )
    run(job)
    metrics = read_metrics(scratch / PROGRESS)
    trained = sum(step.triplets for step in metrics)
    full = steps * BATCH
    if not MIN_FILLED * full <= trained <= full:
        sys.exit(f"ours trained on {trained} triplets, expected {full} or slightly fewer")
    timed = metrics[WARMUP_STEPS:]
    return sum(step.triplets for step in timed) / sum(step.seconds for step in timed)


def run_peer(precision: Precision, steps: int, inputs: Inputs, output: Path) -> float:
    """Triplets per second of the peer's trainer on the shuffled triplets; writes the encoder."""
    from datasets import Dataset
    from sentence_transformers import (
        SentenceTransformer,
        SentenceTransformerTrainer,
        SentenceTransformerTrainingArguments,
    )
    from sentence_transformers.sentence_transformer import losses
    from transformers import TrainerCallback

    names = ("anchor", "positive", "negative")
    columns = tables.read_columns(inputs.triplets, *names)
    rows = Dataset.from_dict(dict(zip(names, columns, strict=True))).shuffle(seed=1)
    model = SentenceTransformer(str(inputs.encoder), device="cpu")
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
        learning_rate=LEARNING_RATE,
        warmup_steps=math.ceil(WARMUP_RATIO * steps),
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
    timed = ends[WARMUP_STEPS - 1 :]
    return BATCH * (len(timed) - 1) / (timed[-1] - timed[0])


def _run_one(name: str, precision: Precision, steps: int, paths: Sequence[Path]) -> float:
    triplets, encoder, output = paths
    train = run_ours if name == "ours" else run_peer
    return train(precision, steps, Inputs(triplets, encoder), output)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        _, chosen, chosen_precision, step_count, *path_arguments = sys.argv
        wanted: Precision = "bf16" if chosen_precision == "bf16" else "fp32"
        print(_run_one(chosen, wanted, int(step_count), [Path(path) for path in path_arguments]))
    else:
        main(accuracy=sys.argv[1:] != ["rates"])
