"""What a run costs by the size of its corpus, and what it needs on a cluster.

    python -m benchmarks.cost_model
    python -m benchmarks.cost_model --pairs 50000000 --languages 30 --workers 2 --gpus 1
    python -m benchmarks.cost_model --check [TABLE]

The first prints what a million pairs cost by stage, how that grows, the measured points behind it,
and two example clusters for a billion pairs in 200 languages. The second computes a cluster of
yours. The third compares the model with the output of `make bench-scale-all`, by default with the
sizes that have been measured. docs/explanation/scale.md explains the numbers.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from alignment.config import Train
from alignment.errors import AlignmentError
from benchmarks.cost.check import QUANTITIES, compare, read_table
from benchmarks.cost.estimate import Estimate, estimate
from benchmarks.cost.inputs import ENCODERS, Cluster, Machine, Workload
from benchmarks.cost.limits import largest_corpus, limits, longest, on_one_machine
from benchmarks.cost.points import POINTS, modeled
from benchmarks.cost.report import (
    check_table,
    cluster_table,
    growth_table,
    points_table,
    stage_table,
)
from benchmarks.harness import figures

MEASURED_TABLE = Path(__file__).parent / "cost" / "scale_all.json"
BILLION = 10**9
LANGUAGES = 200
TRAIN = Train(steps=100_000, batch_size=512, batch_tokens=32_768)
"""Of the examples: 51 million triplets are seen."""
LARGE = Cluster(
    "large",
    head=Machine(cores=64, memory_gb=512, disk_tb=8, gpus=4),
    workers=Machine(cores=32, memory_gb=128, disk_tb=2, count=8),
)
SMALL = Cluster(
    "small",
    head=Machine(cores=16, memory_gb=64, disk_tb=4),
    workers=Machine(cores=16, memory_gb=64, disk_tb=4, count=1),
)
console = Console(width=150)


def main(arguments: Sequence[str]) -> None:
    """Print the tables and the JSON line."""
    options = _parser().parse_args(arguments)
    if options.check is not None:
        _check(options.check)
    elif options.pairs is not None:
        result = estimate(_workload(options), _cluster(options))
        console.print(cluster_table(result))
        figures(benchmark="cost_model", cluster=_summary(result))
    else:
        _examples()


def _examples() -> None:
    million = Workload(pairs=10**6, languages=1)
    console.print(stage_table(million))
    console.print(growth_table(million))
    console.print(points_table())
    workload = Workload(pairs=BILLION, languages=LANGUAGES, train=TRAIN)
    results = [estimate(workload, cluster) for cluster in (LARGE, SMALL)]
    for result in results:
        console.print(cluster_table(result))
    ratios = [modeled(point) / point.measured for point in POINTS]
    farthest = max(ratios, key=_times_off)
    figures(
        benchmark="cost_model",
        what="ratio: the model over the measured points, the one that is farthest off",
        ratio=round(farthest, 2),
        largest_corpus=largest_corpus(workload),
        clusters={result.cluster.name: _summary(result) for result in results},
    )


def _times_off(ratio: float) -> float:
    return max(ratio, 1 / ratio)


def _check(path: Path) -> None:
    measured = read_table(path)
    ratios: dict[str, dict[str, dict[str, float | None]]] = {}
    for quantity, title in QUANTITIES.items():
        compared = compare(measured, quantity)
        console.print(check_table(title, compared))
        ratios[quantity] = {}
        for stage, sizes in compared.items():
            ratios[quantity][stage] = {str(size): value.ratio for size, value in sizes.items()}
    figures(benchmark="cost_model_check", table=str(path), ratios=ratios)


def _summary(result: Estimate) -> dict[str, Any]:
    return {
        "hours": round(result.seconds / 3600, 1),
        "hours_by_stage": {
            stage: round(value.seconds / 3600, 2) for stage, value in result.stages.items()
        },
        "hours_on_one_machine": round(on_one_machine(result) / 3600, 1),
        "longest": longest(result),
        "core_hours": round(result.cpu_seconds / 3600),
        "gpu_hours": round(result.gpu_seconds / 3600, 1),
        "terabytes": round(result.bytes / 1e12, 2),
        "terabytes_moved": round(result.moved / 1e12, 2),
        "cpus_per_task": result.cluster.cores_per_task,
        "memory_per_task": result.memory_per_task,
        "limits": [limit._asdict() for limit in limits(result)],
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cost_model")
    parser.add_argument(
        "--check", nargs="?", const=MEASURED_TABLE, type=Path, help="output of benchmarks.scale_all"
    )
    parser.add_argument("--pairs", type=_positive, help="of all languages")
    parser.add_argument("--languages", type=_positive, default=LANGUAGES)
    parser.add_argument("--skew", type=_size, default=1.0, help="Zipf's exponent; 0: equal sizes")
    parser.add_argument("--encoder", choices=ENCODERS, default="small", help="size of E5")
    parser.add_argument("--steps", type=_positive, default=TRAIN.steps)
    parser.add_argument(
        "--workers", type=_not_negative, default=0, help="machines besides that of the run"
    )
    parser.add_argument("--cores", type=_positive, default=32, help="of each machine")
    parser.add_argument("--memory", type=_size, default=128.0, help="GB of each machine")
    parser.add_argument("--disk", type=_size, default=4.0, help="TB of each machine")
    parser.add_argument(
        "--gpus", type=_not_negative, default=0, help="H100s of the machine of the run"
    )
    parser.add_argument(
        "--training-processes",
        type=_positive,
        default=1,
        help="each with one GPU, or with all cores of a machine",
    )
    return parser


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1 on, got {text}")
    return value


def _not_negative(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"expected a number from 0 on, got {text}")
    return value


def _size(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 10**9:
        raise argparse.ArgumentTypeError(f"expected a number from 0 on, got {text}")
    return value


def _workload(options: argparse.Namespace) -> Workload:
    return Workload(
        pairs=options.pairs,
        languages=options.languages,
        shape=ENCODERS[options.encoder],
        skew=options.skew,
        train=TRAIN.model_copy(update={"steps": options.steps}),
    )


def _cluster(options: argparse.Namespace) -> Cluster:
    machine = Machine(options.cores, options.memory, options.disk, options.workers)
    head = Machine(options.cores, options.memory, options.disk, gpus=options.gpus)
    processes = options.training_processes
    return Cluster("yours", head, machine, training_processes=processes)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except AlignmentError as error:
        sys.exit(f"error: {error}")
