"""Is a pair a translation? Our scores on catalog text with planted noise, beside OpusFilter's.

`python -m benchmarks.noise` measures scores and thresholds in ten languages, strong and weak ones.
With `NOISE_TRAINING=1` and `ALIGNMENT_TATOEBA` it also trains on the text with no noise, with 20%
noise, and with that noise filtered, and measures Tatoeba.

OpusFilter's SentenceEmbeddingFilter only takes LASER, so its two formulas are computed here from
the vectors of the same encoder: the cosine, and 2k times the cosine over the sum of the cosine
distances to the k nearest neighbors on either side.
"""

from __future__ import annotations

import os
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import mean
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from alignment.checks.pair_scores import PoolVectors
from alignment.checks.semantic import Judgement, judge
from alignment.encoder.directory import load_encoder
from alignment.encoder.encoder import Encoder
from alignment.retrieval.margins import NEIGHBORS, neighbor_means
from benchmarks.harness import figures, precisions
from benchmarks.noise_text import (
    KINDS,
    LANGUAGES,
    Texts,
    base_encoder_path,
    noisy_targets,
    planted,
    read_texts,
)
from benchmarks.noise_training import accuracies

PAIRS = int(os.environ.get("NOISE_PAIRS", "600"))
"""Of each language, at most."""
SHARES = (0.0, 0.1, 0.2, 0.4)
PEERS = ("cosine", "ratio")
Floats = NDArray[np.float32]


class Vectors(NamedTuple):
    """Of the texts of one language, (n, dim) each."""

    source: Floats
    target: Floats
    noise: Floats


@dataclass
class Result:
    """What was measured at one share of noise, by language."""

    auc: dict[str, float] = field(default_factory=dict)
    peers: dict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    """AUC by formula and language."""
    good_lost: dict[str, float] = field(default_factory=dict)
    """Share of the good pairs that are dropped."""
    noise_left: dict[str, float] = field(default_factory=dict)
    """Share of noise in the kept pairs."""
    planted: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    """Pairs that were planted and kept, by kind."""


def main() -> None:
    """Measure; print the tables and the JSON line."""
    started = time.monotonic()
    texts = read_texts(PAIRS)
    encoder = load_encoder(base_encoder_path(), precision=precisions()[0], device="cpu")
    vectors = {code: _encode(encoder, texts[code]) for code in LANGUAGES}
    results = {share: _measure(texts, vectors, share) for share in SHARES}
    console = Console(width=120)
    console.print(_by_language(texts, results))
    console.print(_by_kind(results))
    seconds = round(time.monotonic() - started)
    noisy = [result for share, result in results.items() if share]
    trained: dict[str, float] = {}
    if os.environ.get("NOISE_TRAINING"):
        trained = accuracies(texts, console)
    worst = min(results[0.2].auc.values())
    peer = max(mean(results[0.2].peers[name].values()) for name in PEERS)
    auc = mean(results[0.2].auc.values())
    figures(
        benchmark="noise",
        unit="AUC, mean of languages, 20% noise",
        ours=round(auc, 4),
        peer=round(peer, 4),
        ratio=round(auc / peer, 3),
        auc=round(auc, 4),
        auc_worst=round(worst, 4),
        auc_by_share={
            share: round(mean(r.auc.values()), 4) for share, r in results.items() if share
        },
        auc_worst_by_share={
            share: round(min(r.auc.values()), 4) for share, r in results.items() if share
        },
        good_lost_worst=round(max(max(r.good_lost.values()) for r in results.values()), 4),
        noise_left=round(mean(results[0.2].noise_left.values()), 4),
        noise_left_by_share={
            share: round(mean(r.noise_left.values()), 4) for share, r in results.items() if share
        },
        removed=round(
            1 - sum(r.left.total() for r in noisy) / sum(r.planted.total() for r in noisy), 3
        ),
        accuracies=trained,
        pairs=PAIRS,
        seconds=seconds,
    )


def _encode(encoder: Encoder, texts: Texts) -> Vectors:
    source = encoder.encode(texts.source, side="source")
    target = encoder.encode(texts.target, side="target")
    vectors = Vectors(source, target, encoder.encode(texts.noise, side="target"))
    encoder.clear_cache()
    return vectors


def _measure(texts: Mapping[str, Texts], vectors: Mapping[str, Vectors], share: float) -> Result:
    result = Result()
    for code in LANGUAGES:
        is_noise = planted(texts[code], share, code)
        bad = np.array(is_noise)
        target = np.where(bad[:, None], vectors[code].noise, vectors[code].target)
        pool = _pool(
            texts[code].source, noisy_targets(texts[code], is_noise), vectors[code], target
        )
        judgement = _judge(pool)
        kept = judgement.kept
        result.good_lost[code] = float((~kept[~bad]).mean())
        result.noise_left[code] = float(bad[kept].mean())
        if not share:
            continue
        result.auc[code] = auc(judgement.scores, bad)
        for name, scores in _peer_scores(pool).items():
            result.peers[name][code] = auc(scores, bad)
        for kind, planted_here, is_kept in zip(texts[code].kinds, is_noise, kept, strict=True):
            result.planted[kind] += planted_here
            result.left[kind] += planted_here and bool(is_kept)
    return result


def _pool(source: list[str], target: list[str], vectors: Vectors, targets: Floats) -> PoolVectors:
    source_texts = np.unique(source, return_inverse=True)[1]
    target_texts = np.unique(target, return_inverse=True)[1]
    return PoolVectors(
        vectors.source,
        targets,
        neighbor_means(vectors.source, targets, target_texts),
        neighbor_means(targets, vectors.source, source_texts),
        source_texts,
        target_texts,
        np.array([len(text) for text in source]),
        np.array([len(text) for text in target]),
    )


def _judge(pool: PoolVectors) -> Judgement:
    rows = np.arange(len(pool.source))  # their order is random
    return judge(len(rows), [(rows, pool)], "learned")


def _peer_scores(pool: PoolVectors) -> dict[str, Floats]:
    """OpusFilter's formulas: without a model of neighbors, and with one."""
    cosines = np.einsum("nd,nd->n", pool.source, pool.target)
    distances = NEIGHBORS * (2 - pool.source_neighbors - pool.target_neighbors)
    return {"cosine": cosines, "ratio": 2 * NEIGHBORS * cosines / np.maximum(distances, 1e-6)}


def auc(scores: Floats, bad: NDArray[np.bool_]) -> float:
    """The probability that a good pair scores above a bad one; ties count half."""
    from scipy.stats import rankdata

    ranks = rankdata(scores)
    good = int((~bad).sum())
    above = float(ranks[~bad].sum()) - good * (good + 1) / 2
    return above / (good * int(bad.sum()))


def _by_language(texts: Mapping[str, Texts], results: Mapping[float, Result]) -> Table:
    table = Table(title="by language, at each share of planted noise", title_justify="left")
    for column in (
        "language",
        "pairs",
        "noise",
        "AUC",
        "cosine",
        "ratio",
        "good lost",
        "noise left",
    ):
        table.add_column(column, justify="left" if column == "language" else "right")
    for share, result in results.items():
        for code in LANGUAGES:
            aucs = ["", "", ""]
            if share:
                values = (result.auc[code], *(result.peers[name][code] for name in PEERS))
                aucs = [f"{value:.3f}" for value in values]
            lost = f"{result.good_lost[code]:.1%}"
            left = f"{result.noise_left[code]:.1%}" if share else ""
            table.add_row(code, str(len(texts[code].source)), f"{share:.0%}", *aucs, lost, left)
        table.add_section()
    return table


def _by_kind(results: Mapping[float, Result]) -> Table:
    table = Table(title="planted pairs that are kept, by kind", title_justify="left")
    table.add_column("noise")
    for kind in KINDS:
        table.add_column(kind.replace("_", " "), justify="right")
    for share, result in results.items():
        if share:
            cells = [f"{result.left[kind] / result.planted[kind]:.0%}" for kind in KINDS]
            table.add_row(f"{share:.0%}", *cells)
    return table


if __name__ == "__main__":
    main()
