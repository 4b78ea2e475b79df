"""What each stage costs per unit of its work, measured on two cores, and how far more cores help.

They come from docs/experiments.md, "Cleaning: at scale", and the results of `make bench-triplets`,
`bench-mine` and `bench-train`. `benchmarks.cost_model` computes from them what a cluster needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from alignment.config import Train
from alignment.pipeline.plan.encoder_shape import MULTILINGUAL_E5_SMALL, EncoderShape

Unit = Literal["pair", "clean pair", "triplet", "step", "query", "language", "run"]
MEASURED_CORES = 2
"""Of the machine that all rates come from."""
TOKENS_PER_SENTENCE = 25
"""Of web text; short messages have half."""
SENTENCES_PER_TRIPLET = 2
"""That are new in a batch: triplets that share a sentence are put together."""
TRIPLETS_PER_PAIR = 2
"""One for each direction."""
CHECKED_SENTENCES = 600
"""Of a corpus, both sides."""
FORWARD_AND_BACKWARD = 3
"""Passes that a training step costs: backward takes twice the time of forward."""
FLOPS_PER_CORE = 95e9
"""Of float32 products by one core, from the rates of `make bench-train`."""
FULL_POOL = 131_072
"""Pairs of a pool for which the rate of `mine` holds, the default of `triplets.pool`."""
SEARCH_SHARE = 0.5
"""Of the cost of `mine` with full pools: the search for neighbors, which grows with the pool and
the dimension. From pools of 25,000 and 100,000 pairs (docs/experiments.md, "Mining in pools")."""


@dataclass(frozen=True)
class Volumes:
    """How much work a run has, by unit."""

    pairs: int
    clean_pairs: int
    triplets: int
    steps: int
    queries: int
    languages: int

    def of(self, unit: Unit) -> int:
        """The number of units."""
        amounts: dict[Unit, int] = {
            "pair": self.pairs,
            "clean pair": self.clean_pairs,
            "triplet": self.triplets,
            "step": self.steps,
            "query": self.queries,
            "language": self.languages,
            "run": 1,
        }
        return amounts[unit]


class StageCost(NamedTuple):
    """What a stage costs."""

    unit: Unit
    seconds: float
    """Per unit on two cores, without what the encoder takes."""
    bytes: float
    """Written per unit."""
    serial: float
    """Share of the processor time that stays on one core, whatever their number. An estimate from
    how the stage is built: only one and two cores have been measured."""
    tokens: float = 0.0
    """Tokens per unit that the encoder reads."""

    @property
    def cpu_seconds(self) -> float:
        """Processor seconds per unit, without what the encoder takes."""
        return self.seconds * speed_up(MEASURED_CORES, self.serial)


COSTS = {
    "pull": StageCost("pair", 14e-6, 95, 1.0),
    "holdout": StageCost("pair", 6e-6, 1, 0.3),
    "clean": StageCost("pair", 12e-6, 90, 0.15),
    "encoder": StageCost("run", 20, 0, 1.0),
    "check": StageCost("language", 1, 3000, 0.5, CHECKED_SENTENCES * TOKENS_PER_SENTENCE),
    # 0.06 ms of a core tokenize a text (docs/experiments.md, "Encoding").
    "embed": StageCost("clean pair", 65e-6, 1600, 0.1, 2 * TOKENS_PER_SENTENCE),
    # With vectors of dimension 64 (docs/experiments.md, "Every stage at 10 million pairs").
    "semantic": StageCost("clean pair", 70e-6, 16, 0.1),
    "mine": StageCost("clean pair", 250e-6, 500, 0.1),
    "triplets": StageCost("clean pair", 90e-6, 300, 0.1),
    "tokenize": StageCost("triplet", 20e-6, 150, 0.3),
    "train": StageCost("step", 0.01, 0, 1.0),
    "average": StageCost("run", 10, 0, 1.0),
    "evaluate": StageCost("query", 0.2e-3, 60, 0.1, 2 * TOKENS_PER_SENTENCE),
    "onnx": StageCost("run", 15, 0, 1.0),
    "evaluate_onnx": StageCost("query", 0.2e-3, 0, 0.1, TOKENS_PER_SENTENCE),
    "gate": StageCost("run", 0.2, 5000, 1.0),
    "publish": StageCost("run", 5, 0, 1.0),
    "report": StageCost("run", 3, 500_000, 1.0),
}
"""In the order of the stages; `tokens` of a step are those of its batch."""


def speed_up(cores: int, serial: float) -> float:
    """How many times faster than on one core, if a share of the work stays on one core.

    Amdahl (1967), Validity of the single processor approach. `serial` is from 0 to 1.

    >>> speed_up(32, 0.1)
    7.804878048780488
    """
    return 1 / (serial + (1 - serial) / cores)


class Work(NamedTuple):
    """What a stage takes for the whole of its input."""

    units: int
    unit: Unit
    cpu_seconds: float
    """Of a core as fast as those that were measured, without the encoder."""
    serial: float
    """See `StageCost`."""
    tokens: float
    """That the encoder reads, a training step counted as three passes."""
    bytes: int | None
    """Written; None if they depend on the encoder and its size is not known."""

    def seconds(self, cores: int) -> float:
        """On a number of cores, without the encoder."""
        return self.cpu_seconds / speed_up(cores, self.serial)


def work_of(
    stage: str, volumes: Volumes, shape: EncoderShape | None, train: Train, pool: int
) -> Work:
    """The work of a stage.

    Args:
        stage: Its name, a key of `COSTS`.
        volumes: How much there is of each unit.
        shape: The size of the encoder; None if it is not known.
        train: For the size of a batch.
        pool: `triplets.pool`.
    """
    cost = COSTS[stage]
    units = volumes.of(cost.unit)
    cpu_seconds = cost.cpu_seconds * units
    tokens = cost.tokens * units
    if stage == "train":
        tokens = FORWARD_AND_BACKWARD * batch_tokens(train) * units
    elif stage == "mine":
        cpu_seconds *= _mining_factor(volumes, shape, pool)
    size = _bytes_written(stage, cost, units, shape)
    return Work(units, cost.unit, cpu_seconds, cost.serial, tokens, size)


def batch_tokens(train: Train) -> int:
    """Tokens of a batch, at most."""
    longest = train.batch_size * SENTENCES_PER_TRIPLET * TOKENS_PER_SENTENCE
    return min(train.batch_tokens, longest)


def unit_of(stage: str) -> Unit:
    """The unit of a stage's work; a stage that is not known here counts by run."""
    return COSTS[stage].unit if stage in COSTS else "run"


def _mining_factor(volumes: Volumes, shape: EncoderShape | None, pool: int) -> float:
    """The cost of a pair over that in full pools with vectors of e5-small."""
    hidden = MULTILINGUAL_E5_SMALL.hidden if shape is None else shape.hidden
    of_language = volumes.clean_pairs / max(1, volumes.languages)
    candidates = min(of_language, pool) / FULL_POOL
    search = candidates * hidden / MULTILINGUAL_E5_SMALL.hidden
    return 1 - SEARCH_SHARE + SEARCH_SHARE * search


def _bytes_written(
    stage: str, cost: StageCost, units: int, shape: EncoderShape | None
) -> int | None:
    if stage in ("encoder", "train", "average", "publish"):
        return None if shape is None else 4 * shape.parameters
    if stage == "onnx":
        return None if shape is None else 5 * shape.parameters
    per_unit = cost.bytes
    if stage == "embed" and shape is not None:  # float16 vectors of both sides
        per_unit += 4 * (shape.hidden - MULTILINGUAL_E5_SMALL.hidden)
    return round(per_unit * units)
