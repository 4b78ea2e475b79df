"""`Encoder.encode` beside `SentenceTransformer.encode`: the same directory, texts and precision, in alternating rounds.

Texts are a sample of Tatoeba (`ALIGNMENT_TATOEBA`, as for `benchmarks.quality`); without it the quickstart's held-out
sentences; or one a line of a file: `python -m benchmarks.encode [FILE]`.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from alignment.cleaning.normalize import fingerprint
from alignment.encoder.encoder import DTYPES, Precision, fastest_device, load
from alignment.pipeline.data import TrainingData
from benchmarks.harness import figures, precisions, spread
from benchmarks.quality import tatoeba
from benchmarks.quickstart import data, suite_texts

ROUNDS = 5
TEXTS = 2000
FAITHFUL = 0.999  # cosine to the vector in fp32
BATCH = 32  # the peer's default


class Compared(NamedTuple):
    """Of one precision: rates in sentences a second, and the vectors."""

    rates: dict[str, list[float]]
    vectors: dict[str, NDArray[np.float32]]

    def ratio(self) -> float:
        """Median over the rounds."""
        return statistics.median(
            a / b for a, b in zip(self.rates["ours"], self.rates["peer"], strict=True)
        )


def main() -> None:
    """Measure, and print the table and the JSON line."""
    found = data()
    texts, kind = _texts(found)
    texts = sorted(set(texts), key=fingerprint)[:TEXTS]
    runs = {
        precision: compare(found.encoder.path / "model", texts, precision)
        for precision in precisions()
    }
    exact = runs["fp32"].vectors["ours"]
    table = Table(
        title=f"{len(texts):,} sentences ({kind}): sentences a second, median of {ROUNDS} (lowest-highest)",
        title_justify="left",
    )
    for column in (
        "",
        "ours",
        "SentenceTransformer",
        "ratio",
        "lowest cosine to ours in fp32 (below 0.999)",
        "the peer's",
    ):
        table.add_column(column, justify="right" if column else "left")
    lowest: dict[str, dict[str, float]] = {}
    below: dict[str, dict[str, int]] = {}
    for precision, run in runs.items():
        cosines = {
            who: np.einsum("nd,nd->n", vectors, exact) for who, vectors in run.vectors.items()
        }
        lowest[precision] = {who: float(values.min()) for who, values in cosines.items()}
        below[precision] = {who: int((values < FAITHFUL).sum()) for who, values in cosines.items()}
        table.add_row(
            precision,
            spread(run.rates["ours"]),
            spread(run.rates["peer"]),
            f"{run.ratio():.2f}",
            *(
                f"{lowest[precision][who]:.6f} ({below[precision][who]})"
                for who in ("ours", "peer")
            ),
        )
    Console(width=120).print(table)
    medians = {
        precision: {who: round(statistics.median(rates), 1) for who, rates in run.rates.items()}
        for precision, run in runs.items()
    }
    ratios = {precision: round(run.ratio(), 3) for precision, run in runs.items()}
    figures(
        benchmark="encode",
        unit="sentences/s",
        ours=medians["fp32"]["ours"],
        peer=medians["fp32"]["peer"],
        ratio=ratios["fp32"],
        **{
            name: {**medians[name], "ratio": ratio}
            for name, ratio in ratios.items()
            if name != "fp32"
        },
        lowest_cosine={
            precision: {who: round(value, 6) for who, value in by.items()}
            for precision, by in lowest.items()
        },
        below_0_999=below,
        sentences=len(texts),
        texts=kind,
    )


def _texts(found: TrainingData) -> tuple[list[str], str]:
    """Sentences, and what they are."""
    if len(sys.argv) > 1:
        return Path(sys.argv[1]).read_text().splitlines(), Path(sys.argv[1]).name
    if os.environ.get("ALIGNMENT_TATOEBA"):
        return [text for suite in tatoeba().values() for side in suite for text in side], "Tatoeba"
    return suite_texts(found), "held-out catalog text"


def compare(directory: Path, texts: list[str], precision: Precision) -> Compared:
    """Alternating rounds of the two, after one to warm up."""
    from sentence_transformers import SentenceTransformer

    ours = load(directory, precision=precision, device=fastest_device())
    peer = SentenceTransformer(
        str(directory), device=fastest_device(), model_kwargs={"dtype": DTYPES[precision]}
    )
    found = Compared({"ours": [], "peer": []}, {})
    for turn in range(ROUNDS + 1):
        for name, rates in found.rates.items():
            ours.forget()
            started = time.monotonic()
            found.vectors[name] = (
                ours.encode(texts)
                if name == "ours"
                else _floats(peer.encode(texts, batch_size=BATCH, normalize_embeddings=True))
            )
            if turn:  # the first round warms up
                rates.append(len(texts) / (time.monotonic() - started))
    return found


def _floats(vectors: Any) -> NDArray[np.float32]:
    """Unit rows in float32: in bf16 the peer rounds the normalized vectors again."""
    floats = np.asarray(vectors, np.float32)
    unit: NDArray[np.float32] = floats / np.linalg.norm(floats, axis=1, keepdims=True)
    return unit


if __name__ == "__main__":
    main()
