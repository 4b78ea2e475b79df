"""Seconds and bytes of each stage per unit of its work: from earlier runs, or as measured here.

The defaults are those of two cores: docs/experiments.md, "Cleaning: at scale", and the results of
`make bench-triplets`, `bench-mine` and `bench-train`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from alignment.config import Config
from alignment.errors import Corrupt
from alignment.pipeline.history import RunRecord, find_run, run_names
from alignment.pipeline.record_files import read_record_file
from alignment.pipeline.workspace import Workspace

Unit = Literal["pair", "clean pair", "triplet", "step", "query", "language", "run"]
RUNS_READ = 5
"""Latest runs that are asked for their rates."""


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
    """What a stage costs on two cores."""

    unit: Unit
    seconds: float
    """Per unit, without what the encoder takes."""
    bytes: float
    """Written per unit."""
    tokens: float = 0.0
    """Tokens per unit that the encoder reads."""


TOKENS_PER_SENTENCE = 25
"""Of web text; short messages have half."""
CHECKED_SENTENCES = 600
"""Of a corpus, both sides."""
COSTS = {
    "pull": StageCost("pair", 14e-6, 95),
    "holdout": StageCost("pair", 6e-6, 1),
    "clean": StageCost("pair", 12e-6, 90),
    "encoder": StageCost("run", 20, 0),
    "check": StageCost("language", 1, 3000, CHECKED_SENTENCES * TOKENS_PER_SENTENCE),
    "embed": StageCost("clean pair", 5e-6, 1600, 2 * TOKENS_PER_SENTENCE),
    "semantic": StageCost("clean pair", 20e-6, 16),
    "mine": StageCost("clean pair", 250e-6, 500),
    "triplets": StageCost("clean pair", 90e-6, 300),
    "tokenize": StageCost("triplet", 20e-6, 150),
    "train": StageCost("step", 0.01, 0),
    "average": StageCost("run", 10, 0),
    "evaluate": StageCost("query", 0.2e-3, 60, 2 * TOKENS_PER_SENTENCE),
    "onnx": StageCost("run", 15, 0),
    "evaluate_onnx": StageCost("query", 0.2e-3, 0, TOKENS_PER_SENTENCE),
    "gate": StageCost("run", 0.2, 5000),
    "publish": StageCost("run", 5, 0),
    "report": StageCost("run", 3, 500_000),
}
"""In the order of the stages; `tokens` of a step are those of its batch."""
DEPENDS_ON_ENCODER = frozenset(
    {
        "check",
        "embed",
        "mine",
        "tokenize",
        "train",
        "average",
        "evaluate",
        "mixed",
        "retrieve",
        "onnx",
        "evaluate_onnx",
    }
)
FLOPS_PER_CORE = 95e9
"""Of float32 products by one core, from the rates of `make bench-train`."""


class Rate(NamedTuple):
    """What a stage took per unit in an earlier run."""

    seconds: float
    bytes: float | None
    """None if its artifacts are gone."""
    run: str


def measured_rates(config: Config, workspace: Workspace) -> dict[str, Rate]:
    """The rates of the latest runs, by stage; those of other encoders or batches do not count."""
    rates: dict[str, Rate] = {}
    for record in _latest(workspace):
        comparable = _comparable_stages(config, record)
        volumes = _volumes(record)
        for stage, seconds in record.summary.seconds_per_stage.items():
            amount = volumes.of(unit_of(stage))
            depends = stage in DEPENDS_ON_ENCODER and stage not in comparable
            if stage in rates or depends or not amount:
                continue
            written = _bytes(workspace, record, stage)
            per_unit = None if written is None else written / amount
            rates[stage] = Rate(seconds / amount, per_unit, record.summary.run)
    return rates


def unit_of(stage: str) -> Unit:
    """The unit of a stage's work; a stage that is not known here counts by run."""
    return COSTS[stage].unit if stage in COSTS else "run"


def _latest(workspace: Workspace) -> Iterator[RunRecord]:
    """The latest runs, without those whose record is damaged, newest first."""
    root = workspace.with_all_runs()
    for name in reversed(run_names(root)[-RUNS_READ:]):
        try:
            yield find_run(root, name)
        except Corrupt:
            continue


def _comparable_stages(config: Config, record: RunRecord) -> frozenset[str]:
    """The stages whose use of the encoder was the same as this configuration's."""
    try:
        before = json.loads(read_record_file(record.directory / "config.json"))
    except (OSError, ValueError, RecursionError, Corrupt):
        return frozenset()
    now = config.model_dump(mode="json")
    if not isinstance(before, dict) or before.get("encoder") != now["encoder"]:
        return frozenset()
    stages = set(DEPENDS_ON_ENCODER)
    if _batch(before) != _batch(now):
        stages.discard("train")
    return frozenset(stages)


def _batch(config: Mapping[str, Any]) -> list[Any]:
    train = config.get("train", {})
    return [train.get(key) for key in ("batch_size", "batch_tokens", "precision", "lora_rank")]


def _volumes(record: RunRecord) -> Volumes:
    """What a finished run did."""
    summary = record.summary
    suites = [suite for result in summary.languages.values() for suite in result.suites.values()]
    return Volumes(
        pairs=_count(record, "pull", "pairs"),
        clean_pairs=_count(record, "clean", "kept"),
        triplets=_count(record, "triplets", "triplets"),
        steps=summary.training.steps,
        queries=2 * 2 * sum(suite.n for suite in suites),  # both directions, both encoders
        languages=len(summary.languages),
    )


def _count(record: RunRecord, stage: str, name: str) -> int:
    total = 0
    for artifact in record.summary.stages:
        if artifact.stage == stage:
            value = artifact.counts.get(name, 0)
            total += value if isinstance(value, int) else 0
    return total


def _bytes(workspace: Workspace, record: RunRecord, stage: str) -> int | None:
    """The size of a stage's artifacts; None if one has been deleted."""
    total = 0
    for artifact in record.summary.stages:
        if artifact.stage != stage:
            continue
        directory = workspace.store.root / stage / artifact.key
        if not directory.is_dir():
            return None
        total += sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
    return total
