"""Speed of `Encoder.encode` against `SentenceTransformer.encode`.

Both encode the same texts with the same model and precision, in alternating rounds; ours also with
padding instead of packed rows. The texts are a
sample of Tatoeba if `ALIGNMENT_TATOEBA` is set (see `benchmarks.quality`), or else the held-out
sentences of the quickstart; or the lines of a file: `python -m benchmarks.encode [FILE]`.
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
from benchmarks.quickstart import data, suite_texts

ROUNDS = 5
TEXTS = 2000
FAITHFUL = 0.999  # cosine to the vector in fp32
BATCH = 32  # the peer's default
SIDES = ("ours", "padded", "peer")
COLUMNS = (
    "ours",
    "ours, padded",
    "SentenceTransformer",
    "ratio",
    "lowest cosine to ours in fp32 (below 0.999)",
    "the peer's",
)


class Compared(NamedTuple):
    """Results of one precision, by side."""

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


class Faithfulness(NamedTuple):
    """How close the vectors of one precision are to ours in fp32, by side."""

    lowest: dict[str, float]
    """Lowest cosine."""
    below: dict[str, int]
    """Number of texts below `FAITHFUL`."""


def main() -> None:
    """Measure, and print the table and the JSON line."""
    prepared = data()
    texts, kind = _texts(prepared)
    texts = sorted(set(texts), key=fingerprint)[:TEXTS]
    model = prepared.encoder.path / "model"
    runs = {precision: compare(model, texts, precision) for precision in precisions()}
    reference = runs["fp32"].vectors["ours"]
    faithfulness = {
        precision: _faithfulness(run.vectors, reference) for precision, run in runs.items()
    }
    _print(runs, faithfulness, f"{len(texts):,} sentences ({kind})")
    _figures(runs, faithfulness, sentences=len(texts), texts=kind)


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
    runs: dict[Precision, Compared], faithfulness: dict[Precision, Faithfulness], texts: str
) -> None:
    table = Table(
        title=f"{texts}: sentences per second, median of {ROUNDS} (lowest-highest)",
        title_justify="left",
    )
    table.add_column("")
    for column in COLUMNS:
        table.add_column(column, justify="right")
    for precision, run in runs.items():
        lowest, below = faithfulness[precision]
        table.add_row(
            precision,
            spread(run.rates["ours"]),
            spread(run.rates["padded"]),
            spread(run.rates["peer"]),
            f"{run.ratio():.2f}",
            f"{lowest['ours']:.6f} ({below['ours']})",
            f"{lowest['peer']:.6f} ({below['peer']})",
        )
    Console(width=140).print(table)


def _figures(
    runs: dict[Precision, Compared],
    faithfulness: dict[Precision, Faithfulness],
    *,
    sentences: int,
    texts: str,
) -> None:
    by_precision: dict[str, Any] = {}
    lowest: dict[str, dict[str, float]] = {}
    below: dict[str, dict[str, int]] = {}
    for precision, run in runs.items():
        by_precision[precision] = {**run.medians(), "ratio": round(run.ratio(), 3)}
        cosines = faithfulness[precision].lowest
        lowest[precision] = {side: round(cosine, 6) for side, cosine in cosines.items()}
        below[precision] = faithfulness[precision].below
    figures(
        benchmark="encode",
        unit="sentences/s",
        **by_precision.pop("fp32"),
        **by_precision,
        lowest_cosine=lowest,
        below_0_999=below,
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
    return suite_texts(prepared), "held-out catalog text"


def compare(directory: Path, texts: list[str], precision: Precision) -> Compared:
    """Alternating rounds of the two sides, after one to warm up."""
    from sentence_transformers import SentenceTransformer

    device = fastest_device()
    ours = load_encoder(directory, precision=precision, device=device)
    encoders = {"ours": ours, "padded": Encoder(ours.container, pack=False)}
    peer = SentenceTransformer(
        str(directory), device=device, model_kwargs={"dtype": DTYPES[precision]}
    )

    def encode(side: str) -> NDArray[np.float32]:
        if side in encoders:
            encoders[side].clear_cache()
            return encoders[side].encode(texts)
        return _unit_rows(peer.encode(texts, batch_size=BATCH, normalize_embeddings=True))

    compared = Compared({side: [] for side in SIDES}, {})
    for number in range(ROUNDS + 1):
        for side in SIDES:
            started = time.monotonic()
            compared.vectors[side] = encode(side)
            seconds = time.monotonic() - started
            if number > 0:  # the first round warms up
                compared.rates[side].append(len(texts) / seconds)
    return compared


def _unit_rows(vectors: Any) -> NDArray[np.float32]:
    """Unit rows in float32: in bf16 the peer rounds the normalized vectors again."""
    floats = np.asarray(vectors, np.float32)
    unit: NDArray[np.float32] = floats / np.linalg.norm(floats, axis=1, keepdims=True)
    return unit


if __name__ == "__main__":
    main()
