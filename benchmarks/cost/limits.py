"""What breaks, in the order of the stages, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from alignment.pipeline.plan.costs import TRIPLETS_PER_PAIR
from alignment.training.columns import MAX_TRIPLETS
from benchmarks.cost.estimate import BY_LANGUAGE, ONE_MACHINE, Estimate, reread_bytes
from benchmarks.cost.inputs import Workload
from benchmarks.cost.memory import GB, MIB

TB = 10**12
SCRATCH = {"triplets": 192.0, "tokenize": 96.0 * TRIPLETS_PER_PAIR}
"""Bytes of temporary files per clean pair, which are gone when the stage ends."""


class Limit(NamedTuple):
    """Something that a run needs more of than there is."""

    stage: str
    kind: str
    """`triplets`, `memory`, `disk` or `rereading`. The last one only costs time."""
    message: str
    remedy: str


def limits(estimate: Estimate) -> list[Limit]:
    """Everything that does not fit, in the order in which a run meets it."""
    met = [*_memory(estimate), *_disk(estimate), *_triplets(estimate), *_rereading(estimate)]
    order = list(estimate.stages)
    return sorted(met, key=lambda limit: order.index(limit.stage))


def largest_corpus(workload: Workload) -> int:
    """Pairs whose triplets of both directions are just as many as training takes."""
    kept = workload.kept * (1 - workload.holdout_share)
    return int(MAX_TRIPLETS / (TRIPLETS_PER_PAIR * kept))


def longest(estimate: Estimate) -> str:
    """The stage that takes the most time."""
    return max(estimate.stages, key=lambda stage: estimate.stages[stage].seconds)


def on_one_machine(estimate: Estimate) -> float:
    """Seconds of the stages that more machines do not shorten."""
    alone = [stage for stage in estimate.stages.values() if stage.bound == ONE_MACHINE]
    return sum(stage.seconds for stage in alone)


def _memory(estimate: Estimate) -> Iterator[Limit]:
    head = estimate.cluster.head
    for name, stage in estimate.stages.items():
        needed = stage.mib * MIB / GB
        if name not in BY_LANGUAGE and needed > head.memory_gb:
            yield Limit(
                name,
                "memory",
                f"needs {needed:,.0f} GB, and the machine of the run has {head.memory_gb:,.0f}",
                "Start the run on a machine with more memory, or set max_pairs.",
            )


def _disk(estimate: Estimate) -> Iterator[Limit]:
    """The machine of the run has a copy of every artifact."""
    head = estimate.cluster.head
    written = 0.0
    for name, stage in estimate.stages.items():
        written += stage.bytes
        clean_pairs = estimate.workload.volumes(estimate.workload.sizes()).clean_pairs
        needed = (written + SCRATCH.get(name, 0.0) * clean_pairs) / TB
        if needed > head.disk_tb:
            yield Limit(
                name,
                "disk",
                f"artifacts and temporary files take {needed:,.1f} TB, and the machine of the run "
                f"has {head.disk_tb:g}",
                "Use a larger disk, a smaller encoder, or max_pairs.",
            )
            return


def _triplets(estimate: Estimate) -> Iterator[Limit]:
    work = estimate.stages["tokenize"].work if "tokenize" in estimate.stages else None
    if work is not None and work.units > MAX_TRIPLETS:
        yield Limit(
            "tokenize",
            "triplets",
            f"{work.units:,} triplets, and training takes at most {MAX_TRIPLETS:,}",
            f"Set max_pairs so that at most {largest_corpus(estimate.workload):,} pairs are read, "
            "or one direction for the largest corpora.",
        )


def _rereading(estimate: Estimate) -> Iterator[Limit]:
    if "mine" not in estimate.stages:
        return
    machine = estimate.cluster.machines[-1]
    workload = estimate.workload
    many = [size for size in workload.sizes() if reread_bytes(workload, size, machine)]
    if many:
        read = sum(reread_bytes(workload, size, machine) for size in many)
        yield Limit(
            "mine",
            "rereading",
            f"the vectors of {len(many)} languages do not fit into the memory of a machine with "
            f"{machine.memory_gb:,.0f} GB: up to {read / TB:,.0f} TB are read from disks",
            "Take machines with more memory and fast disks, or set max_pairs of these languages.",
        )
