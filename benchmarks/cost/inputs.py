"""A corpus, what is done with it, and the machines that do it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from alignment.config import Train
from alignment.pipeline.plan.costs import (
    COSTS,
    FLOPS_PER_CORE,
    FULL_POOL,
    TRIPLETS_PER_PAIR,
    Volumes,
    Work,
    work_of,
)
from alignment.pipeline.plan.encoder_shape import MULTILINGUAL_E5_SMALL, EncoderShape
from alignment.pipeline.plan.rows import DEFAULT_KEPT

OPTIONAL = ("semantic", "average", "onnx", "evaluate_onnx")
"""Stages that the default configuration does not have."""
ENCODERS = {
    "small": MULTILINGUAL_E5_SMALL,
    "base": EncoderShape(hidden=768, layers=12, intermediate=3072, vocabulary=250_002),
    "large": EncoderShape(hidden=1024, layers=24, intermediate=4096, vocabulary=250_002),
}
"""The sizes of multilingual E5."""


@dataclass(frozen=True)
class Workload:
    """A corpus and what is done with it."""

    pairs: int
    languages: int
    shape: EncoderShape = MULTILINGUAL_E5_SMALL
    skew: float = 1.0
    """The n-th largest language has a part of the pairs in proportion to n ** -skew (Zipf); 0: all
    are equal."""
    train: Train = field(default_factory=Train)
    pool: int = FULL_POOL
    kept: float = DEFAULT_KEPT
    """Share of the pairs that cleaning keeps."""
    holdout_share: float = 0.01
    suite_pairs: int = 2000
    """Held-out pairs that a language is evaluated on, at most."""
    stages: tuple[str, ...] = tuple(stage for stage in COSTS if stage not in OPTIONAL)

    def sizes(self) -> list[int]:
        """Pairs of each language, the largest first."""
        parts = [(rank + 1) ** -self.skew for rank in range(self.languages)]
        total = sum(parts)
        ends = [round(self.pairs * part / total) for part in itertools.accumulate(parts)]
        return [end - start for start, end in itertools.pairwise([0, *ends])]

    def volumes(self, sizes: Sequence[int]) -> Volumes:
        """The work in languages of these numbers of pairs."""
        clean_pairs = sum(round(size * self.kept * (1 - self.holdout_share)) for size in sizes)
        queries = sum(min(self.suite_pairs, round(size * self.holdout_share)) for size in sizes)
        return Volumes(
            pairs=sum(sizes),
            clean_pairs=clean_pairs,
            triplets=TRIPLETS_PER_PAIR * clean_pairs,
            steps=self.train.steps,
            queries=4 * queries,  # both directions, both encoders
            languages=len(sizes),
        )

    def work(self, stage: str, sizes: Sequence[int]) -> Work:
        """What a stage takes for languages of these numbers of pairs."""
        return work_of(stage, self.volumes(sizes), self.shape, self.train, self.pool)

    def flops(self, work: Work) -> float:
        """Operations of the encoder: two for each token and weight of its layers."""
        return work.tokens * 2 * self.shape.layer_parameters


class Gpu(NamedTuple):
    """A kind of GPU, with the operations per second that are reached."""

    name: str
    fp32: float
    bf16: float


H100 = Gpu("H100", fp32=0.5 * 67e12, bf16=0.1 * 989e12)
"""NVIDIA's published peaks of the SXM version, without sparsity, times shares that are assumed: no
GPU has been measured. A small encoder reaches a small part of the tensor cores' peak."""


@dataclass(frozen=True)
class Machine:
    """One machine, or several equal ones."""

    cores: int
    memory_gb: float
    disk_tb: float
    count: int = 1
    gpus: int = 0


@dataclass(frozen=True)
class Cluster:
    """The machine of the run, which works on languages as well, and the other machines."""

    name: str
    head: Machine
    workers: Machine
    core_factor: float = 1.0
    """Speed of a core over one of those that were measured: assumed."""
    gpu: Gpu = H100
    disk_gb_per_second: float = 1.0
    """That a machine reads at random places of its disk: assumed."""
    network_gb_per_second: float = 1.25
    """Of a machine: 10 Gbit/s, assumed."""
    cores_per_task: int = 1
    training_processes: int = 1
    """Each with one GPU, or with all cores of a machine; assumed to share the work perfectly."""

    @property
    def has_gpu(self) -> bool:
        """Whether tasks that encode get a GPU."""
        return self.head.gpus + self.workers.count * self.workers.gpus > 0

    @property
    def machines(self) -> tuple[Machine, ...]:
        """The kinds of machines that there are."""
        return (self.head, self.workers) if self.workers.count else (self.head,)

    def slots(self, memory_gb: int, *, on_gpu: bool = False) -> int:
        """Tasks that run at once if each needs this memory and, on a GPU, a whole one."""
        total = 0
        for machine in self.machines:
            fitting = min(machine.cores // self.cores_per_task, int(machine.memory_gb // memory_gb))
            if on_gpu:
                fitting = min(fitting, machine.gpus)
            total += machine.count * fitting
        return total

    def seconds(self, work: Work, flops: float, cores: int, gpu_rate: float | None) -> float:
        """Work on some cores of a machine.

        Args:
            work: What is done besides encoding.
            flops: Operations of the encoder.
            cores: Of the task.
            gpu_rate: Operations per second of its GPU; None: the cores do them.
        """
        encoder_rate = gpu_rate or FLOPS_PER_CORE * self.core_factor * cores
        return work.seconds(cores) / self.core_factor + flops / encoder_rate
