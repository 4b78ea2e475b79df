"""How a cluster shares the work inside a large language, as `alignment.pipeline.division` does.

A stage then has three phases, one after the other: numbering, the parts, and putting together, in
which the languages that are not divided are worked on as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from alignment.stages.embed_part import SHARDS_PER_PART
from alignment.stages.mine_part import POOLS_PER_PART
from alignment.vectors import SHARD_ROWS
from benchmarks.cost.inputs import Cluster, Workload

GB = 10**9
DIVIDED = ("embed", "mine")
NUMBER_SENTENCES = 3e-6
"""Seconds of one core for a clean pair, without reading. This rate and the next ones are assumed
from how the steps are built; `make bench-division` measures them."""
NUMBER_POOLS = 6e-6
SCAN = 1e-6
"""Of each part of `mine`, for a clean pair of its language."""
MERGE = 30e-6
PART_BYTES = 1500.0
"""Of the parts of `mine`, for a clean pair."""


class Division(NamedTuple):
    """How a language is divided, and what that adds to its work. Seconds are of one core."""

    parts: int
    before: float
    """Seconds that are added until the parts can begin."""
    each: float
    """Seconds that are added to each part."""
    after: float
    """Seconds that are added to put the parts together."""
    merging: float
    """Seconds of the stage's own work that no part does: they come after the parts."""
    bytes: float
    """Of all parts together."""

    @property
    def added(self) -> float:
        """Seconds that are added to the whole language."""
        return self.before + self.parts * self.each + self.after


def division(stage: str, workload: Workload, size: int, cluster: Cluster) -> Division | None:
    """How a language of `size` pairs is divided; None if it is not."""
    if stage not in DIVIDED or not cluster.workers.count:
        return None
    pairs = workload.volumes([size]).clean_pairs
    vectors = workload.work("embed", [size]).bytes or 0
    reading = vectors / (cluster.disk_gb_per_second * GB)
    if stage == "embed":
        if pairs <= SHARD_ROWS:
            return None
        parts = 2 * math.ceil(pairs / (SHARDS_PER_PART * SHARD_ROWS))
        # The vectors are compared with the digests of the parts, and get a digest of the whole.
        return Division(parts, NUMBER_SENTENCES * pairs, 0.0, 2 * reading, 0.0, vectors)
    pools = math.ceil(pairs / workload.pool)
    if pools <= POOLS_PER_PART:
        return None
    parts = math.ceil(pools / POOLS_PER_PART)  # of near pools; random ones take little
    before = NUMBER_POOLS * pairs + 2 * reading
    return Division(parts, before, SCAN * pairs, 0.0, MERGE * pairs, PART_BYTES * pairs)


def reading_inputs(workload: Workload, sizes: Sequence[int], cluster: Cluster) -> float:
    """Seconds in which each worker process of `mine` compares all vectors with their digests.

    The processes of a machine share its disk.
    """
    divided = [size for size in sizes if division("mine", workload, size, cluster)]
    if not divided:
        return 0.0
    vectors = workload.work("embed", divided).bytes or 0
    return vectors * tasks_per_machine(cluster) / (cluster.disk_gb_per_second * GB)


def tasks_per_machine(cluster: Cluster) -> int:
    """Tasks that share a disk, at most."""
    return max(1, max(machine.cores for machine in cluster.machines) // cluster.cores_per_task)
