"""The record of a run: its summary, its configuration and its report."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from alignment import layout
from alignment.config import Config
from alignment.files import write_json
from alignment.pipeline.workspace import Workspace
from alignment.report.summary import Summary
from alignment.types import Artifact


def write_record(workspace: Workspace, config: Config, summary: Summary, page: Artifact) -> Path:
    """Write the directory of a run, which is complete or absent, and return it."""
    final = workspace.runs / summary.run
    temporary = workspace.runs / f".{summary.run}"
    temporary.mkdir(parents=True)
    shutil.copy(page.path / layout.REPORT, temporary / layout.REPORT)
    write_json(temporary / "summary.json", summary.model_dump(mode="json"))
    write_json(temporary / "config.json", config.model_dump(mode="json"))
    os.replace(temporary, final)
    return final
