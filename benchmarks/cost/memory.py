"""How much memory a stage takes, by what it grows with."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from alignment.config import Train
from alignment.pipeline.plan.costs import Volumes
from alignment.pipeline.plan.encoder_shape import MULTILINGUAL_E5_SMALL, EncoderShape
from alignment.pipeline.plan.training_memory import training_memory

MIB = 2**20
GB = 10**9
WORKER_MIB = 200
"""Of another process of a stage that works on row groups in parallel: cleaning takes 212 MiB in one
process and 414 in two."""
IN_PARALLEL = ("holdout", "clean", "triplets")
"""Stages with a process for each core."""
ENCODERS = ("check", "embed", "evaluate", "tokenize")
"""Stages that load the encoder, in float32."""
VECTORS_MIB = 400
"""Of both sides of a full pool, at the dimension of e5-small."""


class Memory(NamedTuple):
    """Memory of one process."""

    mib: float
    """Whatever the corpus."""
    bytes_per_unit: float = 0.0
    unit: Literal["pair", "clean pair", "triplet"] = "pair"
    at_most: int = 2**62
    """Units that count."""
    source: str = "measured"
    """Whether the growth was measured or only read from the code."""


MEMORY = {
    "pull": Memory(280),
    "holdout": Memory(270),
    # Hashes of 16.8 million pairs are in memory, of more on disk (`cleaning.seen`).
    "clean": Memory(210, 34, "pair", 2**24),
    "encoder": Memory(700),
    "check": Memory(510),
    "embed": Memory(500, 60, "clean pair", source="read from the code"),
    "semantic": Memory(740, 40, "clean pair", source="read from the code"),
    "mine": Memory(615, 40, "clean pair", source="read from the code"),
    "triplets": Memory(155, 54, "clean pair"),
    "tokenize": Memory(800, 32, "triplet", source="read from the code"),
    "evaluate": Memory(600),
}
"""Of the largest language in a stage that runs by language, of the whole corpus in the others."""
OTHERS = Memory(400)


def task_mib(stage: str, volumes: Volumes, shape: EncoderShape, train: Train, cores: int) -> float:
    """MiB of all processes of a stage on a number of cores.

    Args:
        stage: Its name.
        volumes: Of the largest language, or of the whole corpus if the stage reads all languages.
        shape: Of the encoder.
        train: For the stage `train`, whose memory is that of `alignment plan`.
        cores: That the stage may use.
    """
    if stage == "train":
        return training_memory(shape, train, volumes.triplets).total / MIB
    memory = MEMORY.get(stage, OTHERS)
    units = min(volumes.of(memory.unit), memory.at_most)
    total = memory.mib + memory.bytes_per_unit * units / MIB
    if stage in IN_PARALLEL:
        total += WORKER_MIB * (cores - 1)
    if stage in ENCODERS:
        total += 4 * shape.parameters / MIB
    if stage == "mine":
        total += VECTORS_MIB * shape.hidden / MULTILINGUAL_E5_SMALL.hidden
    return total


def task_gb(stage: str, volumes: Volumes, shape: EncoderShape, train: Train, cores: int) -> int:
    """The same in whole GB (10^9 bytes), rounded up, as `runner.memory_per_task` takes it."""
    return math.ceil(task_mib(stage, volumes, shape, train, cores) * MIB / GB)
