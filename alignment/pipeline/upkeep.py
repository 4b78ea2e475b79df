"""Deleting what a workspace no longer needs: versions, run records, artifacts and tracebacks."""

from __future__ import annotations

import datetime
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from alignment.files import tree_bytes
from alignment.pipeline.cleanup import (
    VersionId,
    collect_garbage,
    open_registries,
    readable_runs,
)
from alignment.pipeline.history import RunRecord
from alignment.pipeline.workspace import Workspace
from alignment.registry import Registry, Rules, collect_versions, plan_cleanup

_DAY = 24 * 60 * 60
_ERRORS = "errors"
"""Directory with the tracebacks of unexpected errors."""


@dataclass(frozen=True)
class Retention:
    """What is kept. What is newer than `days` stays, however much there is of it."""

    runs: int = 10
    """The newest runs, with their reports and artifacts."""
    versions: int = 5
    """The newest versions of each model."""
    days: float = 30
    deployed: bool = False
    """Whether versions go that were deployed once, but have no alias now."""


class Removal(NamedTuple):
    """What is deleted of one kind."""

    kind: str
    names: list[str]
    bytes: int


def collect_workspace(
    workspace: Workspace, retention: Retention, *, dry_run: bool = True
) -> list[Removal]:
    """Delete what the rules allow, or list it.

    A version with an alias or a pin is never deleted, nor is anything that an existing version
    refers to: the record of its run and the artifacts that it was made from.

    Args:
        workspace: The workspace.
        retention: What is kept.
        dry_run: Delete nothing.

    Raises:
        ArtifactError: if a run is in progress; nothing is deleted then.
        RegistryError: if the registry cannot be read or written.
    """
    # A dry run first: it raises before anything is deleted.
    leaving = _leaving(workspace, retention)
    collect_garbage(workspace, keep_runs=retention.runs, dry_run=True, leaving=leaving)
    versions = [
        _collect_versions(registry, retention, dry_run=dry_run)
        for registry in open_registries(workspace)
    ]
    old_runs = list(_old_runs(workspace, retention, leaving))
    runs = _delete("run records", [record.directory for record in old_runs], dry_run=dry_run)
    if workspace.shared is not None and not dry_run:
        workspace.shared.records.delete(runs.names)
    freed = collect_garbage(workspace, keep_runs=retention.runs, dry_run=dry_run, leaving=leaving)
    names = [str(path.relative_to(workspace.root)) for path in freed.paths]
    artifacts = Removal("artifacts and unfinished work", names, freed.bytes)
    tracebacks = list(_old_tracebacks(workspace.root, retention.days))
    return [*versions, runs, artifacts, _delete("tracebacks", tracebacks, dry_run=dry_run)]


def _rules(retention: Retention) -> Rules:
    return Rules(retention.versions, retention.days, retention.deployed)


def _leaving(workspace: Workspace, retention: Retention) -> set[VersionId]:
    leaving = set()
    for registry in open_registries(workspace):
        for version in plan_cleanup(registry, _rules(retention)).leaving:
            leaving.add(VersionId(registry.name, version.name))
    return leaving


def _collect_versions(registry: Registry, retention: Retention, *, dry_run: bool) -> Removal:
    rules = _rules(retention)
    plan = plan_cleanup(registry, rules) if dry_run else collect_versions(registry, rules)
    names = [version.name for version in plan.leaving]
    names += [left.name for left in plan.unfinished]
    return Removal(f"versions of {registry.name}", names, plan.bytes)


def _old_runs(
    workspace: Workspace, retention: Retention, leaving: set[VersionId]
) -> Iterator[RunRecord]:
    published: set[VersionId] = set()
    for registry in open_registries(workspace):
        published.update(VersionId(registry.name, name) for name in registry.names())
    records = readable_runs(workspace.with_all_runs())
    for record in records[: max(0, len(records) - retention.runs)]:
        summary = record.summary
        is_published = VersionId(summary.name, summary.version or "") in published - leaving
        if not is_published and _age_days(summary.started) > retention.days:
            yield record


def _old_tracebacks(root: Path, days: float) -> Iterator[Path]:
    oldest = time.time() - days * _DAY
    for path in sorted((root / _ERRORS).glob("*.txt")):
        if path.stat().st_mtime < oldest:
            yield path


def _delete(kind: str, paths: list[Path], *, dry_run: bool) -> Removal:
    total = sum(tree_bytes(path) for path in paths)
    for path in paths:
        if dry_run:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return Removal(kind, [path.name for path in paths], total)


def _age_days(started: str) -> float:
    """Days since the start of a run; 0 if it cannot be read."""
    try:
        then = datetime.datetime.fromisoformat(started)
        return (datetime.datetime.now(datetime.UTC) - then).total_seconds() / _DAY
    except (ValueError, TypeError):
        return 0.0
