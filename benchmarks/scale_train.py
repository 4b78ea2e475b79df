"""Memory of the training data and time to the first step, at 1 and 4 million triplets.

The triplets are made of pseudo-words, in 100 languages and both directions, no sentence twice.
`python -m benchmarks.scale_train ENCODER` measures; ENCODER is a directory, by default the
quickstart's encoder.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow as pa
from rich.console import Console
from rich.table import Table

from alignment import tables
from alignment.config import Train
from benchmarks import harness
from benchmarks.catalogs import cache

SIZES = (1_000_000, 4_000_000)
LANGUAGES = 100
WORDS_PER_SENTENCE = (4, 13)
STEPS = 50
PAIRS_PER_BATCH = 8192


def main(encoder: Path) -> None:
    """Measure, and print the table and the JSON line."""
    table = Table(title="training data, two cores", title_justify="left")
    for column in (
        "triplets",
        "tokenize s",
        "its cpu s",
        "tokenize MiB",
        "first step s",
        "its cpu s",
        "data MiB",
        "bytes per triplet",
        "training MiB",
        "steps/s",
    ):
        table.add_column(column, justify="right")
    sizes = {}
    for size in SIZES:
        result = measure(synthetic(size), encoder)
        sizes[str(size)] = result
        table.add_row(f"{size:,}", *(f"{value:,.1f}" for value in result.values()))
    Console(width=140).print(table)
    last = sizes[str(SIZES[-1])]
    harness.figures(
        benchmark="scale_train",
        unit="bytes per triplet",
        ours=last["bytes_per_triplet"],
        peer=None,
        ratio=None,
        sizes=sizes,
    )


def measure(triplets: Path, encoder: Path, *, char_noise: float = 0.0) -> dict[str, float]:
    """Tokenize and train on a triplets table, each in a process of its own.

    Args:
        triplets: The table.
        encoder: Directory of the encoder.
        char_noise: `train.char_noise`.

    Returns:
        Seconds and peak MiB of tokenizing, seconds from the start of the training process to the
        end of its first step, MiB and bytes per triplet of the data alone (opened, split, and
        `STEPS` batches planned and made), peak MiB of the training, and its steps per second.
        Processor seconds (`cpu`) say more than the clock on a busy machine.
    """
    home = cache() / "scale-train"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    tokens = home / "tokens"
    tokenized = _run("tokenize", char_noise, triplets, encoder, tokens)
    data = json.loads(_run("data", char_noise, tokens, encoder).output.splitlines()[-1])
    trained = _run("train", char_noise, triplets, encoder, tokens, home / "training")
    rates = json.loads(trained.output.splitlines()[-1])
    shutil.rmtree(home, ignore_errors=True)
    return {
        "tokenize_seconds": round(tokenized.seconds, 1),
        "tokenize_cpu_seconds": round(tokenized.cpu_seconds, 1),
        "tokenize_mib": round(tokenized.mebibytes),
        "first_step_seconds": rates["first_step_seconds"],
        "first_step_cpu_seconds": rates["first_step_cpu_seconds"],
        "data_mib": data["mib"],
        "bytes_per_triplet": round(data["mib"] * 2**20 / tables.count_rows(triplets), 1),
        "training_mib": round(trained.mebibytes),
        "steps_per_second": rates["steps_per_second"],
    }


def _run(mode: str, char_noise: float, *paths: Path) -> harness.Measured:
    module = [sys.executable, "-m", "benchmarks.scale_train"]
    return harness.measure([*module, mode, str(char_noise), *paths])


def synthetic(size: int) -> Path:
    """A triplets table of about `size` rows, written by the first call."""
    path = cache() / f"triplets-{size}.parquet"
    if not path.is_file():
        temporary = path.with_suffix(".part")
        tables.write_batches(temporary, tables.TRIPLETS, _batches(size // 2))
        temporary.rename(path)
    return path


def _batches(pairs: int) -> Iterator[pa.RecordBatch]:
    rng = np.random.default_rng(1)
    english = _words(rng)
    group = 0
    for number in range(LANGUAGES):
        language = f"q{chr(97 + number // 26)}{chr(97 + number % 26)}"  # for private use
        words = _words(rng)
        left = pairs // LANGUAGES
        while left > 0:
            count = min(left, PAIRS_PER_BATCH)
            left -= count
            sources = _sentences(english, count, rng)
            targets = _sentences(words, count, rng)
            groups = np.arange(group, group + count)
            group += count
            yield triplets_of(sources, targets, groups, ("en", language))
            yield triplets_of(targets, sources, groups, (language, "en"))


def _words(rng: np.random.Generator) -> list[str]:
    consonants = rng.choice(list("bdfgklmnprstvz"), 40)
    vowels = rng.choice(list("aeiou"), 40)
    syllables = np.char.add(consonants, vowels)
    return ["".join(rng.choice(syllables, rng.integers(1, 4))) for _ in range(2000)]


def _sentences(words: Sequence[str], count: int, rng: np.random.Generator) -> list[str]:
    lengths = rng.integers(*WORDS_PER_SENTENCE, count)
    chosen = rng.integers(0, len(words), int(lengths.sum())).tolist()
    sentences = []
    start = 0
    for length in lengths.tolist():
        sentences.append(" ".join([words[i] for i in chosen[start : start + length]]))
        start += length
    return sentences


def triplets_of(
    anchors: list[str], positives: list[str], groups: np.ndarray[Any, Any], sides: tuple[str, str]
) -> pa.RecordBatch:
    """Rows of a triplets table: the negative of each is the next one's positive.

    Args:
        anchors: Texts (n,).
        positives: Their translations (n,).
        groups: A number for the meaning of each pair (n,).
        sides: Languages of the anchors and of the positives.
    """
    count = len(anchors)
    source, target = sides
    others = np.roll(groups, -1)
    negatives = positives[1:] + positives[:1]
    for row in np.flatnonzero(others == groups).tolist():
        negatives[row] = ""  # of the same meaning: this triplet has no negative
    values: dict[str, Any] = {
        "pair_id": [f"{source}{target}{group}" for group in groups.tolist()],
        "anchor": anchors,
        "positive": positives,
        "negative": negatives,
        "anchor_lang": [source] * count,
        "positive_lang": [target] * count,
        "negative_lang": [target] * count,
        "group": groups,
        "negative_group": others,
        "direction": ["forward" if source == "en" else "backward"] * count,
        "strategy": ["random"] * count,
        "rank": np.zeros(count, np.int32),
        "weight": np.ones(count, np.float32),
    }
    arrays = [
        pa.array(values[field.name], field.type)
        if field.name in values
        else pa.nulls(count, field.type)
        for field in tables.TRIPLETS
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=tables.TRIPLETS)


def run_tokenize(_: float, triplets: Path, encoder: Path, tokens: Path) -> None:
    """Write the columns, which have no misspelled copies."""
    from alignment.encoder.directory import load_encoder
    from alignment.training.tokenized import write_tokenized

    tokens.mkdir()
    write_tokenized(triplets, load_encoder(encoder, device="cpu"), tokens, pivot="en")


def run_data(char_noise: float, tokens: Path, encoder: Path) -> dict[str, float]:
    """MiB that the data takes, the process without it left out."""
    from alignment.encoder.directory import load_encoder
    from alignment.training.batching import plan
    from alignment.training.collate import BatchDataset
    from alignment.training.run import open_data
    from alignment.training.validation import split

    loaded = load_encoder(encoder, device="cpu")
    before = _mib()
    settings = _settings(char_noise)
    data = open_data(tokens, loaded, settings, pivot="en", seed=1)
    training, _ = split(data, settings.validation_share, "en")
    dataset = BatchDataset(training, 0, 3072, packed=True)
    peak = _mib()
    for batch in plan(training, settings, steps=STEPS, seed=1):
        dataset.collate(batch)
        peak = max(peak, _mib())
    return {"mib": round(peak - before, 1)}


def _mib() -> float:
    """Proportional set size of this process, mapped files included."""
    return float(psutil.Process().memory_full_info().pss) / 2**20


def _settings(char_noise: float) -> Train:
    return Train(
        char_noise=char_noise,
        steps=STEPS,
        batch_size=64,
        batch_tokens=4096,
        explicit_negatives=0.2,
        in_batch_negatives="hardest",
        learning_rate=4e-5,
    )


def run_train(
    char_noise: float, triplets: Path, encoder: Path, tokens: Path, home: Path
) -> dict[str, float]:
    """Seconds and processor seconds to the end of the first step, and steps per second after it."""
    from alignment.training.job import Job
    from alignment.training.launch import launch
    from alignment.types import StepMetrics

    home.mkdir()
    ends: list[float] = []
    cpu_seconds: list[float] = []

    def note(_: StepMetrics) -> None:
        ends.append(time.monotonic())
        if len(ends) == 1:
            used = [child.cpu_times() for child in psutil.Process().children()]
            cpu_seconds.append(sum(times.user + times.system for times in used))

    job = Job(
        train=_settings(char_noise),
        triplets=triplets,
        tokens=tokens,
        encoder=encoder,
        pivot="en",
        output=home / "model",
        scratch=home,
        seed=1,
        end_step=STEPS,
        teacher=encoder,
        parent=os.getpid(),
    )
    started = time.monotonic()
    launch(job, note)
    timed = ends[:-1]  # the last step includes an evaluation
    return {
        "first_step_seconds": round(ends[0] - started, 1),
        "first_step_cpu_seconds": round(cpu_seconds[0], 1),
        "steps_per_second": round((len(timed) - 1) / (timed[-1] - timed[0]), 2),
    }


_MODES: dict[str, Any] = {"tokenize": run_tokenize, "data": run_data, "train": run_train}


if __name__ == "__main__":
    if len(sys.argv) > 2:
        mode_name, noise_argument, *path_arguments = sys.argv[1:]
        print(json.dumps(_MODES[mode_name](float(noise_argument), *map(Path, path_arguments))))
    elif len(sys.argv) == 2:
        main(Path(sys.argv[1]))
    else:
        from benchmarks.quickstart import data as quickstart_data

        main(quickstart_data().encoder.path / "model")
