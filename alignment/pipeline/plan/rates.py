"""Seconds and bytes of each stage per unit of its work, as measured in earlier runs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from alignment.config import Config
from alignment.errors import Corrupt
from alignment.pipeline.history import RunRecord, find_run, run_names
from alignment.pipeline.plan.costs import Volumes, unit_of
from alignment.pipeline.record_files import read_record_file
from alignment.pipeline.workspace import Workspace

RUNS_READ = 5
"""Latest runs that are asked for their rates."""
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
    if before.get("semantic_encoder") != now["semantic_encoder"]:
        stages.discard("embed")
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
