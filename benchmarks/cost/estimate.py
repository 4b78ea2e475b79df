"""What a run takes on a cluster.

Rates are those of `alignment.pipeline.plan.costs`, which `alignment plan` uses as well. This module
adds where a stage runs, how its languages share the machines, and which bytes are moved.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace

from alignment.errors import ConfigError
from alignment.pipeline.cluster.task import ENCODES
from alignment.pipeline.plan.costs import FLOPS_PER_CORE, Work
from benchmarks.cost.division import division, reading_inputs, tasks_per_machine
from benchmarks.cost.inputs import Cluster, Machine, Workload
from benchmarks.cost.memory import GB, task_gb, task_mib

BY_LANGUAGE = ("clean", "check", "embed", "semantic", "mine", "evaluate")
"""Stages that run as a task for each language; the others run on the machine of the run."""
READS = {
    "clean": ("pull",),
    "embed": ("clean",),
    "semantic": ("clean", "embed"),
    "mine": ("clean", "embed"),
}
"""Artifacts that a task fetches if another machine has built them, without small ones."""
READ_AHEAD = 128 * 1024
"""Bytes that the system reads around a row of a mapped file: Linux's default."""
CACHED = 0.5
"""Share of a machine's memory that keeps files: assumed."""
ONE_MACHINE = "one machine"
LARGEST_LANGUAGE = "largest language"
ALL_MACHINES = "all machines"


@dataclass(frozen=True)
class StageEstimate:
    """What one stage takes."""

    work: Work
    bound: str
    """What sets its time: `ONE_MACHINE`, `LARGEST_LANGUAGE` or `ALL_MACHINES`."""
    cpu_seconds: float
    """Of measured cores; with the encoder's if no GPU has it."""
    gpu_seconds: float
    seconds: float
    """From the first task's start to the last one's end."""
    moved: int
    """Bytes through the network if the workspace is in a bucket and no machine has a copy."""
    mib: float
    """Largest memory of a task, all its processes."""

    @property
    def bytes(self) -> int:
        """Written."""
        return self.work.bytes or 0


@dataclass(frozen=True)
class Estimate:
    """What a run takes on a cluster."""

    workload: Workload
    cluster: Cluster
    stages: dict[str, StageEstimate]
    memory_per_task: int
    """GB, which `runner.memory_per_task` has to be: one number for all tasks."""

    @property
    def seconds(self) -> float:
        """Of all stages, one after the other."""
        return sum(stage.seconds for stage in self.stages.values())

    @property
    def cpu_seconds(self) -> float:
        """Of measured cores, all stages."""
        return sum(stage.cpu_seconds for stage in self.stages.values())

    @property
    def gpu_seconds(self) -> float:
        """Of one GPU, all stages."""
        return sum(stage.gpu_seconds for stage in self.stages.values())

    @property
    def bytes(self) -> int:
        """Of all artifacts."""
        return sum(stage.bytes for stage in self.stages.values())

    @property
    def moved(self) -> int:
        """Bytes through the network."""
        return sum(stage.moved for stage in self.stages.values())

    @property
    def network_seconds(self) -> float:
        """That the machine of the run needs to fetch or send each artifact once; not in `seconds`.

        It fetches what the others build.
        """
        return self.bytes / (self.cluster.network_gb_per_second * GB)


def estimate(workload: Workload, cluster: Cluster) -> Estimate:
    """What a run takes with the number of cores per task that ends it soonest.

    `runner.cpus_per_task` is one number for all stages of a run.

    Raises:
        ConfigError: if no machine can hold the task of the largest language.
    """
    most_cores = max(machine.cores for machine in cluster.machines)
    estimates = []
    for power in range(most_cores.bit_length()):
        tried = estimate_with(workload, replace(cluster, cores_per_task=2**power))
        if tried is not None:
            estimates.append(tried)
    if not estimates:
        needed = memory_per_task(workload, 1)
        raise ConfigError(
            f"no machine can hold a task of the largest language, which needs {needed} GB",
            where=cluster.name,
            hint="Take machines with more memory, or set max_pairs of the largest corpora.",
        )
    return min(estimates, key=lambda tried: tried.seconds)


def estimate_with(workload: Workload, cluster: Cluster) -> Estimate | None:
    """What a run takes with `cluster.cores_per_task`; None if a stage has no machine."""
    memory = memory_per_task(workload, cluster.cores_per_task)
    if not cluster.slots(memory, on_gpu=cluster.has_gpu):
        return None
    stages = {}
    for stage in workload.stages:
        if stage in BY_LANGUAGE:
            stages[stage] = _by_language(stage, workload, cluster, memory)
        else:
            stages[stage] = _on_head(stage, workload, cluster)
    return Estimate(workload, cluster, stages, memory)


def memory_per_task(workload: Workload, cores: int) -> int:
    """GB that the largest language needs in any stage, rounded up."""
    largest = workload.volumes(workload.sizes()[:1])
    needed = []
    for stage in workload.stages:
        if stage in BY_LANGUAGE:
            needed.append(task_gb(stage, largest, workload.shape, workload.train, cores))
    return max(needed)


def makespan(durations: Sequence[float], slots: int) -> float:
    """Seconds until all tasks have ended, if the longest start first.

    Each free slot takes the next task (Graham 1969, Bounds on multiprocessing timing anomalies).
    """
    ends = [0.0] * slots
    for duration in sorted(durations, reverse=True):
        heapq.heapreplace(ends, ends[0] + duration)
    return max(ends)


def largest_speed_up(workload: Workload, stage: str, cores: int) -> float:
    """The most that a stage gains over one core, however many machines there are.

    `cores` are those of a task. A language runs on one machine, so the largest language sets the
    time; of a stage that is divided, numbering, one part and putting together do.
    """
    machine = Machine(cores, memory_gb=10**6, disk_tb=10**6)
    cluster = Cluster("endless", machine, machine, cores_per_task=cores)
    total = workload.work(stage, workload.sizes())
    alone = total.cpu_seconds + workload.flops(total) / FLOPS_PER_CORE
    phases = _phases(stage, workload, cluster, on_gpu=False)
    return alone / sum(max(durations) for durations in phases)


def reread_bytes(workload: Workload, size: int, machine: Machine) -> float:
    """Bytes that `mine` reads from the disk because the system cannot keep a language's vectors.

    Each pool takes its rows from all over the vectors. In the worst case it reads all of them, or
    as much as the system reads around each row.
    """
    vectors = workload.work("embed", [size])
    if (vectors.bytes or 0) <= CACHED * machine.memory_gb * GB:
        return 0.0
    pools = vectors.units / workload.pool
    return min(pools * (vectors.bytes or 0), 2 * vectors.units * READ_AHEAD)


def _by_language(stage: str, workload: Workload, cluster: Cluster, memory: int) -> StageEstimate:
    sizes = workload.sizes()
    on_gpu = cluster.has_gpu and stage in ENCODES
    phases = _phases(stage, workload, cluster, on_gpu=on_gpu)
    slots = cluster.slots(memory, on_gpu=on_gpu)
    seconds = sum(makespan(durations, slots) for durations in phases)
    shortest = sum(max(durations) for durations in phases)
    if stage == "mine":
        seconds += reading_inputs(workload, sizes, cluster)
    total = _total([workload.work(stage, [size]) for size in sizes])
    flops = workload.flops(total)
    largest = workload.volumes(sizes[:1])
    divisions = [division(stage, workload, size, cluster) for size in sizes]
    added = sum(divided.added for divided in divisions if divided is not None)
    encoding = 0.0 if on_gpu else flops / FLOPS_PER_CORE
    return StageEstimate(
        work=total,
        bound=LARGEST_LANGUAGE if seconds <= 1.05 * shortest else ALL_MACHINES,
        cpu_seconds=total.cpu_seconds + encoding + added,
        gpu_seconds=flops / cluster.gpu.fp32 if on_gpu else 0.0,
        seconds=seconds,
        moved=_moved(stage, workload, cluster, total.bytes or 0),
        mib=task_mib(stage, largest, workload.shape, workload.train, cores=cluster.cores_per_task),
    )


def _phases(stage: str, workload: Workload, cluster: Cluster, *, on_gpu: bool) -> list[list[float]]:
    """Seconds of the tasks that may run at once, phase by phase."""
    numbering: list[float] = []
    parts: list[float] = []
    whole: list[float] = []
    gpu_rate = cluster.gpu.fp32 if on_gpu else None
    for size in workload.sizes():
        work = workload.work(stage, [size])
        flops = workload.flops(work)
        rereads = 0.0
        if stage == "mine":
            reread = reread_bytes(workload, size, cluster.machines[-1])
            rereads = reread / (cluster.disk_gb_per_second * GB)
        divided = division(stage, workload, size, cluster)
        if divided is None:
            seconds = cluster.seconds(work, flops, cluster.cores_per_task, gpu_rate)
            whole.append(seconds + rereads)
            continue
        numbering.append(divided.before / cluster.core_factor)
        work = work._replace(cpu_seconds=work.cpu_seconds - divided.merging)
        seconds = cluster.seconds(work, flops, cluster.cores_per_task, gpu_rate)
        # Parts of one language share the disk of their machine.
        seconds += rereads * tasks_per_machine(cluster)
        each = seconds / divided.parts + divided.each / cluster.core_factor
        parts += [each] * divided.parts
        whole.append((divided.merging + divided.after) / cluster.core_factor)
    return [durations for durations in (numbering, parts, whole) if durations]


def _moved(stage: str, workload: Workload, cluster: Cluster, written: int) -> int:
    """Bytes through the network: a result is sent, and fetched by the run."""
    moved = 2.0 * written
    machines = sum(machine.count for machine in cluster.machines)
    for size in workload.sizes():
        inputs = sum(workload.work(name, [size]).bytes or 0 for name in READS.get(stage, ()))
        divided = division(stage, workload, size, cluster)
        if divided is None:
            moved += inputs
        else:  # each machine reads the inputs, and parts are sent and fetched to be put together
            moved += inputs * min(machines, divided.parts) + 2 * divided.bytes
    return round(moved)


def _on_head(stage: str, workload: Workload, cluster: Cluster) -> StageEstimate:
    sizes = workload.sizes()
    work = workload.work(stage, sizes)
    flops = workload.flops(work)
    cores = cluster.head.cores
    gpu_rate = cluster.gpu.bf16 if cluster.head.gpus else None  # `train.precision: auto`
    processes = cluster.training_processes if stage == "train" else 1
    return StageEstimate(
        work=work,
        bound=ONE_MACHINE,
        cpu_seconds=work.cpu_seconds + (0.0 if gpu_rate else flops / FLOPS_PER_CORE),
        gpu_seconds=flops / gpu_rate if gpu_rate else 0.0,
        seconds=cluster.seconds(work, flops / processes, cores, gpu_rate),
        moved=work.bytes or 0,
        mib=task_mib(stage, workload.volumes(sizes), workload.shape, workload.train, cores),
    )


def _total(works: Sequence[Work]) -> Work:
    """The sum of the languages."""
    return works[0]._replace(
        units=sum(work.units for work in works),
        cpu_seconds=sum(work.cpu_seconds for work in works),
        tokens=sum(work.tokens for work in works),
        bytes=sum(work.bytes or 0 for work in works),
    )
