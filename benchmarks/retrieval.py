"""Bitext retrieval compared with LASER's xsim, which uses faiss, and MTEB's bitext evaluator.

All get the same unit vectors. Ours and LASER's find the four nearest candidates of every sentence
in both directions and compute the xsim error from them; MTEB's finds the nearest one only. The
sides take turns, each in a process of its own.

The vectors are synthetic, with the structure of a multilingual encoder's (see `synthetic`). Sizes
are set by RETRIEVAL_PAIRS, RETRIEVAL_DIM and RETRIEVAL_ROUNDS.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.catalogs import cache
from benchmarks.harness import Measured, figures, measure

PAIRS = int(os.environ.get("RETRIEVAL_PAIRS", "100000"))
DIM = int(os.environ.get("RETRIEVAL_DIM", "384"))
ROUNDS = int(os.environ.get("RETRIEVAL_ROUNDS", "3"))
K = 4
TIE = 1e-6  # similarities that float32 products cannot tell apart
TITLES = {
    "ours": "ours",
    "laser": "LASER's xsim, faiss",
    "mteb": "MTEB's evaluator, nearest one only",
}

COLUMNS = ("seconds", "CPU seconds", "MiB above the vectors", "xsim error", "same neighbors")

Vectors = NDArray[np.float32]


class Found(NamedTuple):
    """What one side found."""

    forward: NDArray[np.int64]
    """Nearest candidates of each source, best first (n, k)."""
    backward: NDArray[np.int64]
    xsim: float | None
    """Error by ratio margin from source to target, in [0, 1]; None if the side has none."""


class Side(NamedTuple):
    """All rounds of one side."""

    rounds: list[Measured]
    seconds: list[float]
    """Of the search and the scores alone."""
    cpu_seconds: list[float]
    """The same in processor time of all threads, which other work disturbs less."""
    xsim: float | None


def main() -> None:
    """Measure, and print the table and the JSON line."""
    home = prepare()
    sides = {name: Side([], [], [], None) for name in TITLES}
    for _ in range(ROUNDS):
        for name, side in sides.items():
            measured = measure([sys.executable, "-m", "benchmarks.retrieval", name, home])
            result = json.loads(measured.output.splitlines()[-1])
            side.rounds.append(measured)
            side.seconds.append(result["seconds"])
            side.cpu_seconds.append(result["cpu_seconds"])
            sides[name] = side._replace(xsim=result["xsim"])
    same = {name: agreement(home, name) for name in ("laser", "mteb")}
    _print(sides, same)
    _figures(sides, same)


def prepare() -> Path:
    """The directory with the vectors of both languages, written by the first call."""
    home = cache() / f"retrieval-{PAIRS}-{DIM}"
    if not (home / "done").is_file():
        home.mkdir(parents=True, exist_ok=True)
        for name, vectors in zip(("source", "target"), synthetic(PAIRS, DIM), strict=True):
            np.save(home / f"{name}.npy", vectors)
        (home / "done").touch()
    return home


def synthetic(pairs: int, dim: int) -> tuple[Vectors, Vectors]:
    """Unit rows (pairs, dim) of both languages.

    As in an encoder's vectors, all share a large common part (unrelated sentences have a cosine
    near 0.7), the variance falls from dimension to dimension, sentences come in topics of which
    some are large, each language has an offset, and some pairs are worse translations than others.
    """
    rng = np.random.default_rng(0)
    spectrum = np.arange(1, dim + 1, dtype=np.float32) ** -0.3
    spectrum /= np.linalg.norm(spectrum)

    def normal(rows: int) -> Vectors:
        return rng.standard_normal((rows, dim), dtype=np.float32) * spectrum

    topics = max(1, pairs // 50)
    topic = (topics * rng.random(pairs) ** 2).astype(np.int64)
    meaning = 0.6 * normal(topics)[topic] + 0.6 * normal(pairs)
    common = 1.6 * normal(1)
    sides = []
    for _ in range(2):
        error = rng.lognormal(-1.0, 0.5, (pairs, 1)).astype(np.float32)
        vectors = common + 0.3 * normal(1) + meaning + error * normal(pairs)
        sides.append(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    return sides[0], sides[1]


def agreement(home: Path, name: str) -> float:
    """Share of the neighbors that are ours, or as near as ours: one of a tie."""
    sides = np.load(home / "source.npy"), np.load(home / "target.npy")
    theirs = np.load(home / f"{name}.npz")
    ours = np.load(home / "ours.npz")
    shares = []
    for direction, (x, y) in {"forward": sides, "backward": sides[::-1]}.items():
        expected = theirs[direction]
        actual = ours[direction][:, : expected.shape[1]]
        same = actual == expected
        rows, columns = np.nonzero(~same)
        a = np.einsum("nd,nd->n", x[rows], y[actual[rows, columns]])
        b = np.einsum("nd,nd->n", x[rows], y[expected[rows, columns]])
        same[rows, columns] = np.abs(a - b) <= TIE
        shares.append(float(same.mean()))
    return statistics.fmean(shares)


def run_side(name: str, home: Path) -> dict[str, Any]:
    """One round of one side. Loading libraries and vectors is not counted."""
    find = SIDES[name]()
    x, y = np.load(home / "source.npy"), np.load(home / "target.npy")
    started, cpu_started = time.monotonic(), time.process_time()
    found = find(x, y)
    seconds, cpu_seconds = time.monotonic() - started, time.process_time() - cpu_started
    np.savez(home / f"{name}.npz", forward=found.forward, backward=found.backward)
    return {"seconds": seconds, "cpu_seconds": cpu_seconds, "xsim": found.xsim}


Find = Callable[[Vectors, Vectors], Found]


def ours() -> Find:
    """Our search and our xsim."""
    from alignment.retrieval.measures import xsim_error
    from alignment.retrieval.neighbors import nearest

    def find(x: Vectors, y: Vectors) -> Found:
        forward = nearest(x, y, K)
        backward = nearest(y, x, K)
        error = xsim_error(forward, backward, "ratio", K)
        return Found(forward.indices, backward.indices, error)

    return find


def laser() -> Find:
    """LASER's xsim as its `xsim.py` computes it: two faiss indexes, and a loop over the pairs."""
    import faiss

    def find(x: Vectors, y: Vectors) -> Found:
        faiss.normalize_L2(x)
        faiss.normalize_L2(y)
        index_x: Any = faiss.IndexFlatIP(x.shape[1])
        index_y: Any = faiss.IndexFlatIP(x.shape[1])
        index_x.add(x)
        index_y.add(y)
        cosines, forward = index_y.search(x, K)
        cosines_back, backward = index_x.search(y, K)
        means, means_back = cosines.mean(axis=1), cosines_back.mean(axis=1)
        scores = np.zeros(cosines.shape)
        for i in range(len(x)):
            for j in range(K):
                neighborhoods = (means[i] + means_back[forward[i, j]]) / 2
                scores[i, j] = cosines[i, j] / neighborhoods
        best = np.take_along_axis(forward, scores.argmax(axis=1)[:, None], axis=1)[:, 0]
        return Found(forward, backward, float((best != np.arange(len(x))).mean()))

    return find


def mteb() -> Find:
    """MTEB's evaluator in both directions, with a product of the unit rows as the similarity.

    Its own similarity would normalize all candidates again for every hundred queries.
    """
    from mteb._evaluators.text.bitext_mining_evaluator import BitextMiningEvaluator

    class Product:
        def similarity(self, queries: Vectors, candidates: Vectors) -> Vectors:
            return queries @ candidates.T

    def search(queries: Vectors, candidates: Vectors) -> NDArray[np.int64]:
        function: Any = BitextMiningEvaluator._similarity_search
        results = function(None, queries, candidates, Product())
        return np.array([[result["corpus_id"]] for result in results], np.int64)

    def find(x: Vectors, y: Vectors) -> Found:
        return Found(search(x, y), search(y, x), None)

    return find


SIDES: dict[str, Callable[[], Find]] = {"ours": ours, "laser": laser, "mteb": mteb}


def _print(sides: dict[str, Side], same: dict[str, float]) -> None:
    table = Table(
        title=f"{PAIRS:,} x {PAIRS:,} synthetic vectors of {DIM} dimensions, {K} nearest in both "
        f"directions: median of {ROUNDS} rounds (lowest-highest)",
        title_justify="left",
    )
    for column in ("", *COLUMNS):
        table.add_column(column, justify="right" if column else "left")
    for name, side in sides.items():
        table.add_row(
            TITLES[name],
            _spread(side.seconds),
            _spread(side.cpu_seconds),
            f"{_mebibytes(side):,.0f}",
            "" if side.xsim is None else f"{100 * side.xsim:.3f}%",
            f"{100 * same[name]:.4f}%" if name in same else "",
        )
    Console(width=120).print(table)


def _spread(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.1f} ({min(seconds):.1f}-{max(seconds):.1f})"


def _figures(sides: dict[str, Side], same: dict[str, float]) -> None:
    medians = {name: statistics.median(side.seconds) for name, side in sides.items()}
    ratios = _ratios([side.seconds for side in sides.values()])
    cpu_ratios = _ratios([side.cpu_seconds for side in sides.values()])
    figures(
        benchmark="retrieval",
        unit="s",
        ours=round(medians["ours"], 2),
        peer=round(min(medians["laser"], medians["mteb"]), 2),
        ratio=round(statistics.median(ratios), 2),
        ratio_lowest=round(min(ratios), 2),
        cpu_ratio=round(statistics.median(cpu_ratios), 2),
        laser=round(medians["laser"], 2),
        mteb=round(medians["mteb"], 2),
        same_neighbors=same,
        xsim_difference=abs((sides["ours"].xsim or 0) - (sides["laser"].xsim or 0)),
        ours_mib=round(_mebibytes(sides["ours"])),
        peer_mib={name: round(_mebibytes(sides[name])) for name in same},
        pairs=PAIRS,
        dim=DIM,
    )


def _ratios(seconds: list[list[float]]) -> list[float]:
    """Of each round, the best peer's time over ours, which is the first."""
    return [min(peers) / of_ours for of_ours, *peers in zip(*seconds, strict=True)]


def _mebibytes(side: Side) -> float:
    """Peak memory above the vectors, the interpreter and its libraries included."""
    vectors = 2 * PAIRS * DIM * 4 / 2**20
    return max(measured.mebibytes for measured in side.rounds) - vectors


if __name__ == "__main__":
    if len(sys.argv) > 2:
        print(json.dumps(run_side(sys.argv[1], Path(sys.argv[2]))))
    else:
        main()
