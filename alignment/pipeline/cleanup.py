"""Deleting artifacts that no recent run used."""

from __future__ import annotations

import logging

from alignment.errors import Corrupt
from alignment.pipeline.history import find_run, run_names
from alignment.pipeline.workspace import Workspace
from alignment.store.cleanup import Freed, collect

logger = logging.getLogger(__name__)


def collect_garbage(workspace: Workspace, *, keep_runs: int, dry_run: bool = False) -> Freed:
    """Delete what none of the last `keep_runs` runs used, except the newest of each stage.

    Raises:
        ArtifactError: if a run is in progress.
    """
    used: list[str] = []
    names = run_names(workspace.root)
    for name in names[max(0, len(names) - keep_runs) :]:
        try:
            summary = find_run(workspace.root, name).summary
        except Corrupt as error:
            logger.warning("%s: %s; its artifacts are not kept", error.where, error.message)
            continue
        used += [record.key for record in summary.stages]
    return collect(workspace.store, used, dry_run=dry_run)
