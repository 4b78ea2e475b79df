"""`Encoder.encode` beside `SentenceTransformer.encode`: the same directory, texts and precision, in alternating rounds.

Texts are the quickstart's held-out sentences, or one a line of a file: `python -m benchmarks.encode [FILE]`.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from alignment.cleaning.normalise import fingerprint
from alignment.encoder.encoder import load
from benchmarks.harness import figures, spread
from benchmarks.quickstart import data, suite_texts

ROUNDS = 5
TEXTS = 2000
BATCH = 32  # the peer's default


def main() -> None:
    """Measure, and print the table and the JSON line."""
    from sentence_transformers import SentenceTransformer

    found = data()
    given = Path(sys.argv[1]).read_text().splitlines() if len(sys.argv) > 1 else suite_texts(found)
    texts = sorted(set(given), key=fingerprint)[:TEXTS]
    directory = found.encoder.path / "model"
    ours, peer = load(directory), SentenceTransformer(str(directory), device="cpu")
    rates: dict[str, list[float]] = {"ours": [], "peer": []}
    vectors = {}
    for turn in range(ROUNDS + 1):
        for name in rates:
            ours.forget()
            started = time.monotonic()
            vectors[name] = (
                ours.encode(texts) if name == "ours" else peer.encode(texts, batch_size=BATCH, normalize_embeddings=True)
            )
            if turn:  # the first round warms up
                rates[name].append(len(texts) / (time.monotonic() - started))
    cosine = float(np.einsum("nd,nd->n", vectors["ours"], vectors["peer"]).min())
    ratio = statistics.median(a / b for a, b in zip(rates["ours"], rates["peer"], strict=True))
    table = Table(
        title=f"{len(texts):,} sentences, fp32: sentences a second, median of {ROUNDS} (lowest-highest)",
        title_justify="left",
    )
    for column in ("ours", "SentenceTransformer", "ratio", "lowest cosine between the two"):
        table.add_column(column, justify="right")
    table.add_row(spread(rates["ours"]), spread(rates["peer"]), f"{ratio:.2f}", f"{cosine:.6f}")
    Console(width=120).print(table)
    figures(
        benchmark="encode", unit="sentences/s", ours=round(statistics.median(rates["ours"]), 1),
        peer=round(statistics.median(rates["peer"]), 1), ratio=round(ratio, 3), lowest_cosine=round(cosine, 6), sentences=len(texts),
    )  # fmt: skip


if __name__ == "__main__":
    main()
