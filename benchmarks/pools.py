"""Mining in pools: its time and memory by corpus size, and what a pool finds of the nearest.

Texts and vectors are synthetic, because only the stage `mine` is measured: sentences of words with
Zipf's frequencies, and vectors around one center for every 50 pairs, as similar as an E5 encoder's.
`python -m benchmarks.pools [PAIRS ...]`.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from loky import get_reusable_executor
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from alignment import layout, tables
from alignment.config import Triplets
from alignment.context import RunContext
from alignment.downloads import Downloads
from alignment.files import tree_digests
from alignment.stages.mine import mine
from alignment.store import Store
from alignment.types import Artifact, combined_digest
from alignment.vectors import SHARD_ROWS, pair_vectors, shard_name, write_shard
from benchmarks.catalogs import cache
from benchmarks.harness import figures, measure

SIZES = (100_000, 1_000_000)
DIM = 384
PER_CENTER = 50
WORDS = 50_000
SENTENCE = 12  # words
SETTINGS = Triplets()
COLUMNS = (
    "pairs",
    "seconds",
    "processor s",
    "us a pair",
    "peak MiB",
    "true nearest",
    "rank of last",
    "cosine",
)
QUERIES = 200  # whose true neighbors are searched among all pairs


class Nearness(NamedTuple):
    """What a pool finds, against a search among all pairs."""

    share: float
    """Of the true nearest that are among the candidates."""
    rank: float
    """Median rank, among all pairs, of the last candidate."""
    lost: float
    """Mean cosine of the true nearest minus that of the candidates."""


def main() -> None:
    """Measure, and print the table and the JSON line."""
    sizes = [int(size) for size in sys.argv[1:]] or list(SIZES)
    table = Table(
        title=f"mine, {DIM} numbers a vector, pools of {SETTINGS.pool:,} pairs",
        title_justify="left",
    )
    for name in COLUMNS:
        table.add_column(name, justify="right")
    results = []
    for pairs in sizes:
        home = prepare(pairs)
        with tempfile.TemporaryDirectory(dir=home) as root:
            run = measure([sys.executable, "-m", "benchmarks.pools", "ours", home, root])
            (candidates,) = Path(root).glob(f"mine/*/{layout.CANDIDATES}")
            near = nearness(artifact_in(home / "embed"), candidates)
        times = json.loads(run.output.splitlines()[-1])
        results.append({"pairs": pairs, "mib": round(run.mebibytes), **times, **near._asdict()})
        table.add_row(
            f"{pairs:,}",
            f"{times['seconds']:.0f}",
            f"{times['processor']:.0f}",
            f"{1e6 * times['processor'] / pairs:.0f}",
            f"{run.mebibytes:,.0f}",
            f"{100 * near.share:.1f}%",
            f"{near.rank:.0f}",
            f"-{near.lost:.4f}",
        )
    Console(width=120).print(table)
    figures(benchmark="pools", pool=SETTINGS.pool, sizes=results)


def prepare(pairs: int) -> Path:
    """The pairs and their vectors, made once."""
    home = cache() / f"pools-{pairs}"
    if not (home / "done").is_file():
        tables.write_batches(home / "clean" / layout.PAIRS, tables.PAIRS, _texts(pairs))
        centers = _unit(np.random.default_rng(0).normal(size=(pairs // PER_CENTER, DIM)) + 1)
        names = (
            (layout.SOURCE_VECTORS, layout.SOURCE_ROWS),
            (layout.TARGET_VECTORS, layout.TARGET_ROWS),
        )
        for seed, (directory, rows) in enumerate(names):
            (home / "embed" / directory).mkdir(parents=True, exist_ok=True)
            for number, first in enumerate(range(0, pairs, SHARD_ROWS)):
                count = min(SHARD_ROWS, pairs - first)
                path = home / "embed" / directory / shard_name(number)
                write_shard(path, [_vectors(centers, first, count, seed)], count, DIM)
            np.save(home / "embed" / rows, np.arange(pairs, dtype=np.int32))
        (home / "done").touch()
    return home


def _texts(pairs: int) -> Iterator[pa.RecordBatch]:
    rng = np.random.default_rng(1)
    words = np.array([f"w{number}" for number in range(WORDS)])
    for first in range(0, pairs, tables.ROWS_PER_BATCH):
        count = min(tables.ROWS_PER_BATCH, pairs - first)
        numbers = np.minimum(rng.zipf(1.2, (2, count, SENTENCE)), WORDS) - 1
        rows = []
        for row in range(count):
            pair = dict.fromkeys(tables.PAIRS.names, "")
            pair["pair_id"] = f"{first + row:016x}"
            pair["source"] = " ".join(words[numbers[0, row]])
            pair["target"] = " ".join(words[numbers[1, row]])
            rows.append(pair)
        yield pa.RecordBatch.from_pylist(rows, tables.PAIRS)


def _vectors(
    centers: NDArray[np.float32], first: int, count: int, seed: int
) -> NDArray[np.float32]:
    """Of the pairs from `first` on (count, dim): the center, the meaning, and the side's noise."""
    meanings = np.random.default_rng([first, 9])
    of_pair = centers[meanings.integers(0, len(centers), count)]
    scale = 1 / np.sqrt(DIM)
    meaning = 0.6 * scale * meanings.standard_normal((count, DIM), np.float32)
    noise = np.random.default_rng([first, seed]).standard_normal((count, DIM), np.float32)
    return _unit(of_pair + meaning + 0.3 * scale * noise)


def _unit(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit.astype(np.float32)


def run_ours(home: Path, root: Path) -> dict[str, float]:
    """What is measured: the stage, by the clock and by its processes' time. Returns seconds."""
    context = RunContext(Store(root), Downloads(root), pivot="en", seed=1)
    cleaned, embedded = artifact_in(home / "clean"), artifact_in(home / "embed")
    started = time.monotonic()
    mine(context, "fi", cleaned, embedded, SETTINGS)
    seconds = time.monotonic() - started
    get_reusable_executor().shutdown()  # the time of children counts when they have ended
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    processor = sum(usage.ru_utime + usage.ru_stime for usage in used)
    return {"seconds": seconds, "processor": processor}


def nearness(embedded: Artifact, mined: Path) -> Nearness:
    """The semantic candidates of some pairs, compared with a search among all pairs."""
    vectors = pair_vectors(embedded)
    queries = np.linspace(0, len(vectors) - 1, QUERIES).astype(int)
    candidates = _candidates(mined, queries)  # (queries, k)
    anchors = vectors.sources(queries)
    similarities = np.empty((QUERIES, len(vectors)), np.float32)
    for first in range(0, len(vectors), SHARD_ROWS):
        rows = np.arange(first, min(first + SHARD_ROWS, len(vectors)))
        similarities[:, rows] = anchors @ vectors.targets(rows).T
    np.put_along_axis(similarities, queries[:, None], -2, axis=1)
    k = candidates.shape[1]
    best = np.argpartition(-similarities, k, axis=1)[:, :k]
    chosen = np.take_along_axis(similarities, candidates, axis=1)
    ranks = [
        1 + (row > value).sum() for row, value in zip(similarities, chosen[:, -1], strict=True)
    ]
    shared = [len(np.intersect1d(a, b)) for a, b in zip(best, candidates, strict=True)]
    lost = np.take_along_axis(similarities, best, axis=1).mean() - chosen.mean()
    return Nearness(float(np.mean(shared)) / k, float(np.median(ranks)), float(lost))


def _candidates(path: Path, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    wanted = [
        ("direction", "=", "forward"),
        ("strategy", "=", "semantic"),
        ("pair", "in", pairs.tolist()),
    ]
    table = tables.read_table(path, columns=["pair", "candidates"], filters=wanted)
    return np.array(table.sort_by("pair")["candidates"].to_pylist())


def artifact_in(path: Path) -> Artifact:
    """An artifact with the files of a directory."""
    files = tree_digests(path)
    return Artifact(path.name, "fi", path.name, path, files, {}, 0.0, combined_digest(files))


if __name__ == "__main__":
    if sys.argv[1:2] == ["ours"]:
        print(json.dumps(run_ours(Path(sys.argv[2]), Path(sys.argv[3]))))
    else:
        main()
