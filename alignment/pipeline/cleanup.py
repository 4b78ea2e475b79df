"""Deleting artifacts that no recent run used, and what killed processes left."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator
from pathlib import Path

from alignment.errors import Corrupt
from alignment.pipeline.history import find_run, run_names
from alignment.pipeline.workspace import Workspace
from alignment.store.cleanup import Freed, collect, last_change

UNFINISHED_SECONDS = 60
"""A file under a temporary name that did not change for so long is not being written any more."""
_TEMPORARY = (
    "store/.*",
    "store/*/.*",
    "runs/.*",
    "registry/*/.*",
    "downloads/urls/.*",
    "downloads/verified/.*",
    "downloads/wheels/.*",
    "downloads/named/*/.*",
)
"""What is written gets its name at the end; until then the name starts with a dot."""
_LOCK = ".lock"

logger = logging.getLogger(__name__)


def collect_garbage(workspace: Workspace, *, keep_runs: int, dry_run: bool = False) -> Freed:
    """Delete what none of the last `keep_runs` runs used, except the newest of each stage.

    Files that killed processes left under a temporary name are deleted as well.

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
    unfinished = list(_unfinished(workspace.root))
    return collect(workspace.store, used, also=unfinished, dry_run=dry_run)


def _unfinished(root: Path) -> Iterator[Path]:
    oldest = time.time() - UNFINISHED_SECONDS
    for pattern in _TEMPORARY:
        for path in root.glob(pattern):
            with contextlib.suppress(FileNotFoundError):  # it got its name meanwhile
                if path.name != _LOCK and last_change(path) <= oldest:
                    yield path
