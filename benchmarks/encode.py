"""Speed of `Encoder.encode` against `SentenceTransformer.encode`.

Both encode the same texts with the same model and precision, in alternating rounds; ours also with
padding instead of packed rows. They encode two lists: the texts of a corpus, in which an English
sentence is repeated for each language that it is translated into, and the distinct texts, where
only the speed of the model counts.

The texts are a sample of both sides of the quickstart's cleaned pairs; of Tatoeba if
`ALIGNMENT_TATOEBA` is set (see `benchmarks.quality`); or of the lines of a file:
`python -m benchmarks.encode [FILE]`.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from alignment.cleaning.normalize import fingerprint
from alignment.encoder.device import DTYPES, Precision, fastest_device
from alignment.encoder.directory import load_encoder
from alignment.encoder.encoder import Encoder
from alignment.pipeline.data import TrainingData
from benchmarks.harness import figures, precisions, spread
from benchmarks.quality import tatoeba
from benchmarks.quickstart import cleaned_texts, data

ROUNDS = 5
TEXTS = 2000  # distinct ones
FAITHFUL = 0.999  # cosine to the vector in fp32
BATCH = 32  # the peer's default
SIDES = ("ours", "padded", "peer")
LOADS = {"corpus": "texts of a corpus", "distinct": "distinct texts"}
COLUMNS = (
    "ours",
    "ours, padded",
    "SentenceTransformer",
    "ratio",
    "lowest cosine to ours in fp32 (below 0.999)",
    "the peer's",
)


class Compared(NamedTuple):
    """Results of one precision on one load, by side."""

    rates: dict[str, list[float]]
    """Sentences per second of each round."""
    vectors: dict[str, NDArray[np.float32]]

    def ratio(self) -> float:
        """Our rate divided by the peer's, median of the rounds."""
        rounds = zip(self.rates["ours"], self.rates["peer"], strict=True)
        return statistics.median(ours / peer for ours, peer in rounds)

    def medians(self) -> dict[str, float]:
        """Median rate of each side."""
        return {side: round(statistics.median(self.rates[side]), 1) for side in SIDES}


Runs = dict[Precision, dict[str, Compared]]
"""By precision and load."""


class Faithfulness(NamedTuple):
    """How close the vectors of one precision are to ours in fp32, by side."""

    lowest: dict[str, float]
    """Lowest cosine."""
    below: dict[str, int]
    """Number of texts below `FAITHFUL`."""


class Load(NamedTuple):
    """What is encoded."""

    name: str
    texts: list[str]


def main() -> None:
    """Measure, and print the table and the JSON line."""
    prepared = data()
    loads, source = _loads(prepared)
    model = prepared.encoder.path / "model"
    runs = {precision: compare(model, loads, precision) for precision in precisions()}
    reference = runs["fp32"]["distinct"].vectors["ours"]
    faithfulness = {
        precision: _faithfulness(run["distinct"].vectors, reference)
        for precision, run in runs.items()
    }
    sizes = {load.name: len(load.texts) for load in loads}
    _print(runs, faithfulness, sizes, source)
    _figures(runs, faithfulness, sentences=sizes, texts=source)


def _loads(prepared: TrainingData) -> tuple[list[Load], str]:
    """The texts as a corpus has them, then each of them once; and where they are from."""
    texts, source = _texts(prepared)
    chosen = frozenset(sorted(set(texts), key=fingerprint)[:TEXTS])
    sample = [text for text in texts if text in chosen]
    return [Load("corpus", sample), Load("distinct", list(dict.fromkeys(sample)))], source


def _faithfulness(
    vectors: dict[str, NDArray[np.float32]], reference: NDArray[np.float32]
) -> Faithfulness:
    result = Faithfulness({}, {})
    for side in SIDES:
        cosines = np.einsum("nd,nd->n", vectors[side], reference)
        result.lowest[side] = float(cosines.min())
        result.below[side] = int((cosines < FAITHFUL).sum())
    return result


def _print(
    runs: Runs,
    faithfulness: dict[Precision, Faithfulness],
    sizes: dict[str, int],
    source: str,
) -> None:
    table = Table(
        title=f"{source}: sentences per second, median of {ROUNDS} (lowest-highest)",
        title_justify="left",
    )
    table.add_column("")
    for column in COLUMNS:
        table.add_column(column, justify="right")
    for precision, run in runs.items():
        lowest, below = faithfulness[precision]
        for name, compared in run.items():
            table.add_row(
                f"{precision}, {sizes[name]:,} {LOADS[name]}",
                spread(compared.rates["ours"]),
                spread(compared.rates["padded"]),
                spread(compared.rates["peer"]),
                f"{compared.ratio():.2f}",
                f"{lowest['ours']:.6f} ({below['ours']})",
                f"{lowest['peer']:.6f} ({below['peer']})",
            )
    Console(width=140).print(table)


def _figures(
    runs: Runs,
    faithfulness: dict[Precision, Faithfulness],
    *,
    sentences: dict[str, int],
    texts: str,
) -> None:
    by_precision: dict[str, Any] = {}
    for precision, run in runs.items():
        rates = {
            name: {**compared.medians(), "ratio": round(compared.ratio(), 3)}
            for name, compared in run.items()
        }
        by_precision[precision] = {**rates.pop("corpus"), **rates}
    cosines = {precision: close.lowest for precision, close in faithfulness.items()}
    figures(
        benchmark="encode",
        unit="sentences/s",
        **by_precision.pop("fp32"),
        **by_precision,
        lowest_cosine=cosines,
        below_0_999={precision: close.below for precision, close in faithfulness.items()},
        sentences=sentences,
        texts=texts,
    )


def _texts(prepared: TrainingData) -> tuple[list[str], str]:
    """Sentences, and what they are."""
    if len(sys.argv) > 1:
        path = Path(sys.argv[1])
        return path.read_text().splitlines(), path.name
    if os.environ.get("ALIGNMENT_TATOEBA"):
        sides = chain.from_iterable(tatoeba().values())
        return list(chain.from_iterable(sides)), "Tatoeba"
    return cleaned_texts(prepared), "both sides of the quickstart's cleaned pairs"


def compare(directory: Path, loads: list[Load], precision: Precision) -> dict[str, Compared]:
    """Alternating rounds of the sides on each load, after one to warm up."""
    from sentence_transformers import SentenceTransformer

    device = fastest_device()
    ours = load_encoder(directory, precision=precision, device=device)
    encoders = {"ours": ours, "padded": Encoder(ours.container, pack=False)}
    peer = SentenceTransformer(
        str(directory), device=device, model_kwargs={"dtype": DTYPES[precision]}
    )

    def encode(side: str, texts: list[str]) -> NDArray[np.float32]:
        if side in encoders:
            encoders[side].clear_cache()
            return encoders[side].encode(texts)
        return _unit_rows(peer.encode(texts, batch_size=BATCH, normalize_embeddings=True))

    results: dict[str, Compared] = {}
    for load in loads:
        compared = results[load.name] = Compared({side: [] for side in SIDES}, {})
        for number in range(ROUNDS + 1):
            for side in SIDES:
                started = time.monotonic()
                compared.vectors[side] = encode(side, load.texts)
                seconds = time.monotonic() - started
                if number > 0:  # the first round warms up
                    compared.rates[side].append(len(load.texts) / seconds)
    return results


def _unit_rows(vectors: Any) -> NDArray[np.float32]:
    """Unit rows in float32: in bf16 the peer rounds the normalized vectors again."""
    floats = np.asarray(vectors, np.float32)
    unit: NDArray[np.float32] = floats / np.linalg.norm(floats, axis=1, keepdims=True)
    return unit


if __name__ == "__main__":
    main()
