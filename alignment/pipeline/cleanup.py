"""Deleting artifacts that nothing refers to any more, and what killed processes left."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from alignment.errors import Corrupt
from alignment.pipeline.history import RunRecord, find_run, run_names
from alignment.pipeline.workspace import Workspace
from alignment.registry import Registry, model_names
from alignment.store.cleanup import collect, last_change
from alignment.store.mirrors import Freed

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


class VersionId(NamedTuple):
    """A published version of a model."""

    model: str
    version: str


def collect_garbage(
    workspace: Workspace,
    *,
    keep_runs: int,
    dry_run: bool = False,
    leaving: Collection[VersionId] = (),
) -> Freed:
    """Delete artifacts, except the newest of each stage and what runs or versions refer to.

    Kept are all artifacts of the last `keep_runs` runs and of the runs that published a version
    with an alias or a pin, and what the encoder of every other version was made from. Files that
    killed processes left under a temporary name are deleted as well.

    Args:
        workspace: The workspace.
        keep_runs: How many runs keep all of their artifacts.
        dry_run: Delete nothing.
        leaving: Versions that count as deleted already.

    Raises:
        ArtifactError: if a run is in progress.
    """
    registries = open_registries(workspace)
    used = _keys_of_versions(registries, leaving)
    records = readable_runs(workspace.with_all_runs())
    prominent = _prominent(registries)
    for age, record in enumerate(reversed(records)):
        summary = record.summary
        published = VersionId(summary.name, summary.version or "")
        if age < keep_runs or published in prominent:
            used += [stage.key for stage in summary.stages]
    unfinished = list(_unfinished(workspace.root))
    return collect(workspace.store, used, also=unfinished, dry_run=dry_run)


def open_registries(workspace: Workspace) -> list[Registry]:
    """The registry of each model that this workspace publishes."""
    return [workspace.registry(name) for name in model_names(workspace.models_at)]


def readable_runs(root: Path) -> list[RunRecord]:
    """The records of the finished runs, the oldest first. Damaged ones are left out and logged."""
    records = []
    for name in run_names(root):
        try:
            records.append(find_run(root, name))
        except Corrupt as error:
            logger.warning("%s: %s; its artifacts are not kept", error.where, error.message)
    return records


def _keys_of_versions(registries: list[Registry], leaving: Collection[VersionId]) -> list[str]:
    """The artifact from which each version was copied."""
    keys = []
    for registry in registries:
        for version in registry.versions():
            key = version.manifest.get("train_key")
            if key and VersionId(registry.name, version.name) not in leaving:
                keys.append(str(key))
    return keys


def _prominent(registries: list[Registry]) -> set[VersionId]:
    """The versions with an alias or a pin: what their runs measured may be looked at again."""
    prominent = set()
    for registry in registries:
        for name in (*registry.aliases().versions(), *registry.backend.pinned()):
            prominent.add(VersionId(registry.name, name))
    return prominent


def _unfinished(root: Path) -> Iterator[Path]:
    oldest = time.time() - UNFINISHED_SECONDS
    for pattern in _TEMPORARY:
        for path in root.glob(pattern):
            with contextlib.suppress(FileNotFoundError):  # it got its name meanwhile
                if path.name != _LOCK and last_change(path) <= oldest:
                    yield path
