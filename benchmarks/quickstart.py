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


def cleaned_texts(prepared: TrainingData) -> list[str]:
    """Both sides of the cleaned pairs of all languages; a sentence is in them for each pair."""
    texts: list[str] = []
    for artifact in prepared.cleaned.values():
        for column in tables.read_columns(artifact.path / "pairs.parquet", "source", "target"):
            texts += column
    return texts
