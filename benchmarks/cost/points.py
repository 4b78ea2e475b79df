"""Measured points, and what the model says about each.

They come from docs/experiments.md: machines with two cores (AVX-512) and no GPU, shared with other
work. On a busy machine only processor time and memory say anything.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, NamedTuple

from alignment.config import Train
from alignment.pipeline.plan.costs import FLOPS_PER_CORE, MEASURED_CORES, Volumes, work_of
from alignment.pipeline.plan.encoder_shape import MULTILINGUAL_E5_SMALL
from benchmarks.cost.memory import task_mib

Quantity = Literal["seconds", "processor s", "MiB"]
POOL = 131_072
CATALOG_TOKENS = 17
"""Of a sentence in `make bench-encode`."""
TRAINED_TOKENS = 45
"""Of a triplet in `make bench-train`."""
BATCH = 64
"""Triplets of a step there."""
_NOTHING = Volumes(pairs=0, clean_pairs=0, triplets=0, steps=0, queries=0, languages=1)


class Point(NamedTuple):
    """One measurement of a stage, or of two together."""

    stages: tuple[str, ...]
    amount: int
    """Of the unit of its work."""
    quantity: Quantity
    measured: float
    command: str
    date: str
    """Day of November 2026, with `busy` if other work took much of the machine."""
    pool: int = POOL
    cores: int = MEASURED_CORES
    tokens: float | None = None
    """That the encoder read; None: as many as the model counts."""


SCALE = "make bench-scale"
POOLS = "benchmarks.pools"
ONE_PROCESS = "docs/experiments.md, one process"
POINTS = (
    Point(("pull",), 11_686_679, "seconds", 298, "make bench-tmx", "23"),
    Point(("pull",), 11_686_679, "MiB", 169, "make bench-tmx", "23"),
    Point(("holdout", "clean"), 1_000_000, "seconds", 15.1, SCALE, "23"),
    Point(("holdout", "clean"), 1_000_000, "MiB", 539, SCALE, "23"),
    Point(("holdout", "clean"), 10_000_000, "seconds", 116.7, SCALE, "23"),
    Point(("holdout", "clean"), 10_000_000, "MiB", 830, SCALE, "23"),
    Point(
        ("embed",),
        500_000,
        "seconds",
        1e6 / 446,
        "make bench-encode (AMD Zen 5)",
        "26",
        tokens=1e6 * CATALOG_TOKENS,
    ),
    Point(
        ("embed",),
        500_000,
        "seconds",
        1e6 / 237,
        "make bench-encode (Intel Xeon)",
        "26",
        tokens=1e6 * CATALOG_TOKENS,
    ),
    Point(("mine",), 25_000, "processor s", 19.6, POOLS, "26, busy", pool=25_000),
    Point(("mine",), 100_000, "processor s", 82.2, POOLS, "26, busy", pool=25_000),
    Point(("mine",), 100_000, "processor s", 123.2, POOLS, "26, busy"),
    Point(("mine",), 100_000, "MiB", 1015, POOLS, "26, busy"),
    Point(("triplets",), 1_000_000, "seconds", 86, "make bench-triplets", "26"),
    Point(("triplets",), 100_000, "processor s", 11.2, ONE_PROCESS, "26, busy", cores=1),
    Point(("triplets",), 100_000, "MiB", 152, ONE_PROCESS, "26, busy", cores=1),
    Point(("triplets",), 1_000_000, "processor s", 104, ONE_PROCESS, "26, busy", cores=1),
    Point(("triplets",), 1_000_000, "MiB", 210, ONE_PROCESS, "26, busy", cores=1),
    Point(("triplets",), 10_000_000, "processor s", 1283, ONE_PROCESS, "26, busy", cores=1),
    Point(("triplets",), 10_000_000, "MiB", 671, ONE_PROCESS, "26, busy", cores=1),
    Point(("tokenize",), 1_840_234, "processor s", 62, "make bench-many-languages", "23, busy"),
    Point(("tokenize",), 1_840_234, "MiB", 1290, "make bench-many-languages", "23, busy"),
    Point(("tokenize",), 4_000_000, "processor s", 164, "make bench-scale-train", "26, busy"),
    Point(("tokenize",), 4_000_000, "MiB", 1741, "make bench-scale-train", "26, busy"),
    Point(
        ("train",),
        100,
        "seconds",
        100 * BATCH / 34,
        "make bench-train, fp32",
        "25",
        tokens=100 * 3 * BATCH * TRAINED_TOKENS,
    ),
)


def modeled(point: Point) -> float:
    """What the model says: seconds or processor seconds of all stages, or MiB of the largest."""
    shape = MULTILINGUAL_E5_SMALL
    train = Train()
    values = []
    for stage in point.stages:
        volumes = _volumes(stage, point.amount)
        if point.quantity == "MiB":
            values.append(task_mib(stage, volumes, shape, train, point.cores))
            continue
        work = work_of(stage, volumes, shape, train, point.pool)
        tokens = work.tokens if point.tokens is None else point.tokens
        encoder = tokens * 2 * shape.layer_parameters / FLOPS_PER_CORE
        if point.quantity == "seconds":
            values.append(work.seconds(point.cores) + encoder / point.cores)
        else:
            values.append(work.cpu_seconds + encoder)
    return max(values) if point.quantity == "MiB" else sum(values)


def _volumes(stage: str, amount: int) -> Volumes:
    """A number of the stage's units, and nothing else."""
    if stage in ("pull", "holdout", "clean"):
        return replace(_NOTHING, pairs=amount)
    if stage == "tokenize":
        return replace(_NOTHING, triplets=amount)
    if stage == "train":
        return replace(_NOTHING, steps=amount)
    return replace(_NOTHING, clean_pairs=amount)
