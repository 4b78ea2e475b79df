"""The tables of `benchmarks.cost_model`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rich.table import Table

from alignment.pipeline.plan.costs import COSTS, MEASURED_CORES
from benchmarks.cost.check import SIZES, Comparison
from benchmarks.cost.division import DIVIDED
from benchmarks.cost.estimate import BY_LANGUAGE, Estimate, estimate_with
from benchmarks.cost.inputs import Cluster, Machine, Workload
from benchmarks.cost.limits import limits, longest, on_one_machine
from benchmarks.cost.memory import GB
from benchmarks.cost.points import POINTS, modeled

TWO_CORES = Cluster(
    "two cores",
    head=Machine(MEASURED_CORES, memory_gb=10**6, disk_tb=10**6),
    workers=Machine(MEASURED_CORES, 0.0, 0.0, count=0),
    cores_per_task=MEASURED_CORES,
)
"""Those that were measured, with as much memory and disk as it takes."""
GROWTH = {
    "pair": "linear",
    "clean pair": "linear",
    "triplet": "linear",
    "step": "with train.steps",
    "query": "per language, at most holdout.max_pairs",
    "language": "per language",
    "run": "constant",
}
SORTS = ("holdout", "clean", "embed", "triplets", "tokenize")
"""Linear stages that also sort hashes, a small part of them that grows with n log n."""
GROWING = (10**6, 10**7, 10**8, 10**9)


def two_cores(workload: Workload, *, gpu: bool = False) -> Estimate:
    """The run on the measured machine; with a GPU of the H100 class if `gpu`."""
    head = replace(TWO_CORES.head, gpus=1 if gpu else 0)
    result = estimate_with(workload, replace(TWO_CORES, head=head))
    assert result is not None  # memory is not limited
    return result


def stage_table(workload: Workload) -> Table:
    """What a corpus costs by stage."""
    table = _table(
        f"{workload.pairs:,} pairs in one language, E5-small",
        "stage",
        "core s",
        "or GPU s",
        "MB written",
        "MB moved",
        "peak MiB, 2 cores",
        "grows",
        "runs",
    )
    on_gpu = two_cores(workload, gpu=True).stages
    for name, stage in two_cores(workload).stages.items():
        table.add_row(
            name,
            f"{stage.cpu_seconds:,.0f}",
            f"{on_gpu[name].gpu_seconds:,.1f}" if on_gpu[name].gpu_seconds else "",
            f"{stage.bytes / 1e6:,.0f}",
            f"{stage.moved / 1e6:,.0f}",
            f"{stage.mib:,.0f}",
            GROWTH[stage.work.unit] + (" (and sorts)" if name in SORTS else ""),
            _place(name),
        )
    return table


def _place(stage: str) -> str:
    """What a task of a stage is."""
    if stage in DIVIDED:
        return "for each language, on a cluster in parts"
    return "for each language" if stage in BY_LANGUAGE else "on one machine"


def growth_table(workload: Workload) -> Table:
    """Hours of a core by the size of the corpus."""
    titles = [f"{size:,}" for size in GROWING]
    table = _table("core hours without a GPU, by pairs, one language", "stage", *titles)
    results = [two_cores(replace(workload, pairs=size)) for size in GROWING]
    for name in workload.stages:
        cells = [f"{result.stages[name].cpu_seconds / 3600:,.2f}" for result in results]
        table.add_row(name, *cells)
    table.add_row("all", *(f"{result.cpu_seconds / 3600:,.1f}" for result in results))
    return table


def points_table() -> Table:
    """What was measured, and what the model says about it."""
    table = _table(
        "measured points", "stage", "units", "quantity", "measured", "model", "ratio", "where"
    )
    for point in POINTS:
        value = modeled(point)
        table.add_row(
            " + ".join(point.stages),
            f"{point.amount:,} {COSTS[point.stages[0]].unit}s",
            point.quantity,
            f"{point.measured:,.0f}",
            f"{value:,.0f}",
            f"{value / point.measured:.2f}",
            f"{point.command}, November {point.date}",
        )
    return table


def cluster_table(result: Estimate) -> Table:
    """The stages of a run on a cluster, and below them what does not fit."""
    cluster = result.cluster
    kinds = [f"1 x {_described(cluster.head)}"]
    if cluster.workers.count:
        kinds.append(f"{cluster.workers.count} x {_described(cluster.workers)}")
    table = _table(
        f"{cluster.name}: {result.workload.pairs:,} pairs, {result.workload.languages} languages; "
        f"{', '.join(kinds)}; cpus_per_task {cluster.cores_per_task}, memory_per_task "
        f"{result.memory_per_task}",
        "stage",
        "hours",
        "set by",
        "core h",
        "GPU h",
        "GB written",
        "GB moved",
        "peak GB of a task",
    )
    for name, stage in result.stages.items():
        table.add_row(
            name,
            f"{stage.seconds / 3600:,.2f}",
            stage.bound,
            f"{stage.cpu_seconds / 3600:,.1f}",
            f"{stage.gpu_seconds / 3600:,.1f}" if stage.gpu_seconds else "",
            f"{stage.bytes / GB:,.0f}",
            f"{stage.moved / GB:,.0f}",
            f"{stage.mib * 2**20 / GB:,.1f}",
        )
    table.add_row(
        "all",
        f"{result.seconds / 3600:,.1f}",
        f"{on_one_machine(result) / 3600:,.1f} h on one machine",
        f"{result.cpu_seconds / 3600:,.0f}",
        f"{result.gpu_seconds / 3600:,.1f}",
        f"{result.bytes / GB:,.0f}",
        f"{result.moved / GB:,.0f}",
        "",
    )
    table.caption = _caption(result)
    table.caption_justify = "left"
    return table


def check_table(title: str, compared: Mapping[str, Mapping[int, Comparison]]) -> Table:
    """Predicted over measured, by stage and size."""
    sizes = [f"{size:,} pairs" for size in SIZES]
    table = _table(f"{title}: model / measured (ratio)", "stage", *sizes)
    for stage, values in compared.items():
        table.add_row(stage, *(_compared(values[size]) for size in SIZES))
    return table


def _compared(value: Comparison) -> str:
    if value.measured is None:
        return f"{value.predicted:,.0f} / not measured"
    return f"{value.predicted:,.0f} / {value.measured:,.0f} ({value.ratio})"


def _caption(result: Estimate) -> str:
    sizes = result.workload.sizes()
    lines = [
        f"The longest stage is {longest(result)}. At 10 Gbit/s the machine of the run needs "
        f"{result.network_seconds / 3600:,.1f} h to send or fetch every artifact once.",
        f"The largest language has {sizes[0] / sum(sizes):.0%} of the pairs, so that languages "
        f"side by side gain at most a factor of {sum(sizes) / sizes[0]:.1f}; embed and mine are "
        "divided into parts.",
    ]
    for limit in limits(result):
        lines.append(f"{limit.stage}, {limit.kind}: {limit.message}. {limit.remedy}")
    return "\n".join(lines)


def _described(machine: Machine) -> str:
    gpus = f", {machine.gpus} GPUs" if machine.gpus else ""
    return f"{machine.cores} cores, {machine.memory_gb:,.0f} GB{gpus}"


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        is_text = column in ("stage", "quantity", "set by", "grows", "runs", "where")
        table.add_column(column, justify="left" if is_text else "right")
    return table
