"""The quickstart's data and base encoder, which several benchmarks start from; made once in the cache directory."""

from __future__ import annotations

from pathlib import Path

from alignment import tables
from alignment.cli.runner import ConsoleRunner
from alignment.config import load_config
from alignment.pipeline.run import Data, prepare
from alignment.pipeline.workspace import Workspace
from benchmarks.catalogs import cache

CONFIG = Path(__file__).parent.parent / "configs" / "quickstart.yaml"


def data() -> Data:
    """All stages before training."""
    config = load_config(CONFIG, [])
    return prepare(config, Workspace(cache() / "workspace"), ConsoleRunner(config.train.steps))


def suite_texts(found: Data) -> list[str]:
    """The distinct held-out sentences of all languages, both sides."""
    texts: dict[str, None] = {}
    for path in sorted(found.holdout.path.glob("suites/*/*.parquet")):
        for column in tables.read_columns(path, "source", "target"):
            texts |= dict.fromkeys(column)
    return list(texts)
