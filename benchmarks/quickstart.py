"""Data and base encoder of the quickstart, which several benchmarks start from.

They are built once, in the cache directory.
"""

from __future__ import annotations

from pathlib import Path

from alignment import tables
from alignment.cli.runner import ConsoleRunner
from alignment.config import load_config
from alignment.pipeline.data import TrainingData, prepare
from alignment.pipeline.workspace import Workspace
from benchmarks.catalogs import cache

CONFIG = Path(__file__).parent.parent / "configs" / "quickstart.yaml"


def data() -> TrainingData:
    """The artifacts of all stages before training."""
    config = load_config(CONFIG, [])
    workspace = Workspace(cache() / "workspace")
    return prepare(config, workspace, ConsoleRunner(config.train.steps))


def suite_texts(prepared: TrainingData) -> list[str]:
    """The distinct held-out sentences of all languages, both sides."""
    texts: dict[str, None] = {}
    for path in sorted(prepared.holdout.path.glob("suites/*/*.parquet")):
        for column in tables.read_columns(path, "source", "target"):
            texts |= dict.fromkeys(column)
    return list(texts)
