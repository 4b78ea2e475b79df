"""The record of a run: what it used, how long it took, and its files."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from alignment.config import Config
from alignment.files import write_json
from alignment.pipeline.workspace import Workspace
from alignment.report.summary import Summary
from alignment.types import Artifact


def distinct(artifacts: list[Artifact]) -> list[Artifact]:
    return list({artifact.key: artifact for artifact in artifacts}.values())


def seconds_per_stage(records: list[Any]) -> dict[str, float]:
    total: dict[str, float] = {}
    for record in records:
        total[record.stage] = round(total.get(record.stage, 0.0) + record.seconds, 3)
    return total


def write_record(workspace: Workspace, config: Config, summary: Summary, page: Artifact) -> Path:
    """The run's own directory, whole or absent."""
    final = workspace.runs / summary.run
    temporary = workspace.runs / f".{summary.run}"
    temporary.mkdir(parents=True)
    shutil.copy(page.path / "report.html", temporary / "report.html")
    write_json(temporary / "summary.json", summary.model_dump(mode="json"))
    write_json(temporary / "config.json", config.model_dump(mode="json"))
    os.replace(temporary, final)
    return final
