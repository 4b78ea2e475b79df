"""The record of a run: its summary, its configuration and its report."""

from __future__ import annotations

import shutil
from pathlib import Path

from alignment import layout
from alignment.config import Config
from alignment.errors import DiskFull
from alignment.failures import is_disk_full
from alignment.files import remove, replace_durably, sync_tree, write_json
from alignment.pipeline.record_files import record_digests
from alignment.pipeline.workspace import Workspace
from alignment.report.summary import Summary
from alignment.types import Artifact


def write_record(workspace: Workspace, config: Config, summary: Summary, page: Artifact) -> Path:
    """Write the directory of a run, which is complete or absent, and return it.

    Raises:
        DiskFull: if the disk is full.
    """
    final = workspace.runs / summary.run
    temporary = workspace.runs / f".{summary.run}"
    try:
        remove(temporary)  # left by a killed process
        temporary.mkdir(parents=True)
        shutil.copy(page.path / layout.REPORT, temporary / layout.REPORT)
        write_json(temporary / "summary.json", summary.model_dump(mode="json"))
        write_json(temporary / "config.json", config.model_dump(mode="json"))
        record_digests(temporary)
        sync_tree(temporary)
        replace_durably(temporary, final)
    except BaseException as error:
        shutil.rmtree(temporary, ignore_errors=True)
        if is_disk_full(error):
            raise DiskFull(
                "the disk is full while writing the record of this run",
                where=str(workspace.runs),
                hint="Free some space and run again: every stage is reused.",
            ) from error
        raise
    workspace.share_record(final)
    return final
