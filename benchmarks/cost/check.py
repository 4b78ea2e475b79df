"""Compares the model with runs of `benchmarks.scale_all`, which measures every stage."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from alignment.config import Train
from alignment.errors import DataError
from alignment.pipeline.plan.costs import COSTS, FLOPS_PER_CORE, MEASURED_CORES, Work
from alignment.pipeline.plan.encoder_shape import EncoderShape
from alignment.text import parse_json
from benchmarks.cost.estimate import BY_LANGUAGE
from benchmarks.cost.inputs import Workload
from benchmarks.cost.memory import task_mib

SIZES = (100_000, 1_000_000, 10_000_000)
QUANTITIES = {"cpu_seconds": "processor seconds", "seconds": "seconds", "mib": "peak MiB"}
LANGUAGES = 5
SHAPE = EncoderShape(hidden=64, layers=1, intermediate=256, vocabulary=8000)
"""Of the encoder of `benchmarks.scale_all`."""
KEPT = 0.99
"""Of its synthetic pairs, which are nearly all clean."""
STARTS_TORCH = ("encoder", "check", "embed", "semantic", "mine", "tokenize", "train", "evaluate")
STARTUP = 6.0
"""Processor seconds until a process has loaded torch and the encoder."""

Measured = dict[int, dict[str, dict[str, float]]]
"""By pairs, stage and quantity."""


class Comparison(NamedTuple):
    """One quantity of a stage at one size."""

    predicted: float
    measured: float | None
    """None: not measured."""

    @property
    def ratio(self) -> float | None:
        """Predicted over measured."""
        return round(self.predicted / self.measured, 2) if self.measured else None


def read_table(path: Path) -> Measured:
    """The sizes in the output of `benchmarks.scale_all`, or in its JSON line alone.

    Raises:
        DataError: if the file cannot be read or is something else.
    """
    hint = "Give the output of `make bench-scale-all`, whose last line is JSON."
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise DataError(f"cannot be read: {error}", where=str(path), hint=hint) from error
    content = _json(text)
    if content is None:
        content = _json(text.splitlines()[-1] if text else "")
    if content is None or content.get("benchmark") != "scale_all":
        raise DataError("expected the table of scale_all", where=str(path), hint=hint)
    try:
        return _measured(content["sizes"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        problem = f"expected numbers by size, stage and quantity, got {error}"
        raise DataError(problem, where=str(path), hint=hint) from error


def compare(measured: Measured, quantity: str) -> dict[str, dict[int, Comparison]]:
    """Every stage that was measured at some size, at each of `SIZES`."""
    measured_stages = {stage for stages in measured.values() for stage in stages}
    compared: dict[str, dict[int, Comparison]] = {}
    for stage in COSTS:
        if stage not in measured_stages:
            continue
        compared[stage] = {}
        for size in SIZES:
            value = measured.get(size, {}).get(stage, {}).get(quantity)
            compared[stage][size] = Comparison(predicted(stage, size)[quantity], value)
    return compared


def predicted(stage: str, size: int) -> dict[str, float]:
    """What the model says of a stage of `benchmarks.scale_all` on two cores, by quantity."""
    workload = Workload(
        pairs=size,
        languages=LANGUAGES,
        shape=SHAPE,
        skew=0.0,
        train=Train(steps=50),
        kept=KEPT,
        holdout_share=0.2,
    )
    startup = STARTUP if stage in STARTS_TORCH else 0.0
    sizes = workload.sizes()
    works = [workload.work(stage, sizes)]
    in_memory = sizes
    if stage in BY_LANGUAGE:  # one after another, each on all cores
        works = [workload.work(stage, [of_language]) for of_language in sizes]
        in_memory = sizes[:1]
    volumes = workload.volumes(in_memory)
    return {
        "cpu_seconds": startup + sum(_processor(workload, work) for work in works),
        "seconds": startup / 2 + sum(_clock(workload, work) for work in works),
        "mib": task_mib(stage, volumes, SHAPE, workload.train, MEASURED_CORES),
    }


def _processor(workload: Workload, work: Work) -> float:
    return work.cpu_seconds + workload.flops(work) / FLOPS_PER_CORE


def _clock(workload: Workload, work: Work) -> float:
    encoder = workload.flops(work) / (FLOPS_PER_CORE * MEASURED_CORES)
    return work.seconds(MEASURED_CORES) + encoder


def _json(text: str) -> dict[str, Any] | None:
    try:
        content = parse_json(text.encode())
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _measured(sizes: Mapping[str, Mapping[str, Mapping[str, float]]]) -> Measured:
    measured: Measured = {}
    for size, stages in sizes.items():
        of_size = measured.setdefault(int(size), {})
        for stage, quantities in stages.items():
            of_size[stage] = {name: float(value) for name, value in quantities.items()}
    return measured
