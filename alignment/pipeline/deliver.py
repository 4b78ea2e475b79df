"""Send a finished run to MLflow, and the deployed version to the Hub.

A run is finished when its record is written. What goes wrong here is a warning with the command
that repeats it: the run neither fails nor takes its deployment back.
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from alignment import layout
from alignment.config import Config, HubRepository, MlflowTracking
from alignment.errors import AlignmentError, ConfigError, Corrupt, Missing
from alignment.failures import explained
from alignment.pipeline.history import RunRecord
from alignment.pipeline.record_files import read_record_file, replace_record_file
from alignment.pipeline.runner import Runner
from alignment.pipeline.workspace import Workspace
from alignment.registry import Registry, Version
from alignment.report.summary import Delivery, DeliveryTarget, Summary
from alignment.types import StepMetrics

if TYPE_CHECKING:
    from alignment.integrations.hub_push import Push
    from alignment.integrations.mlflow_run import LoggedRun

RECORD_FILES = (layout.REPORT, "summary.json", "config.json")
logger = logging.getLogger(__name__)


def deliver(
    config: Config, workspace: Workspace, registry: Registry, runner: Runner, record: RunRecord
) -> Summary:
    """Send the run, and the champion of the registry, to the servers of the configuration.

    Returns:
        The summary with what came of it, which also replaces `summary.json`.
    """
    calls: dict[DeliveryTarget, Callable[[], str]] = {}
    if config.mlflow is not None:
        calls["mlflow"] = functools.partial(_log, workspace, registry, record, config.mlflow)
    if config.hub is not None:
        calls["hub"] = functools.partial(_push, registry, config.hub)
    if not calls:
        return record.summary
    deliveries = []
    for target, call in calls.items():
        attempt = functools.partial(_attempt, target, call, workspace.root / "errors")
        deliveries.append(runner.run(target, attempt))
    summary = record.summary.model_copy(update={"deliveries": deliveries})
    with contextlib.suppress(OSError):  # a full disk; the warnings are in the log
        replace_record_file(record.directory / "summary.json", summary.model_dump(mode="json"))
    workspace.share_record(record.directory)
    return summary


def log_to_mlflow(
    workspace: Workspace, registry: Registry, record: RunRecord, settings: MlflowTracking
) -> LoggedRun:
    """Log a recorded run to an MLflow server, unless a run of the same work is there.

    Raises:
        AlignmentError: see `alignment.integrations.mlflow_run.log_run`.
    """
    from alignment.integrations.mlflow_run import RunToLog, log_run

    summary = record.summary
    version = None
    if summary.version is not None and summary.verdict == "approved":
        version = _version(registry, summary.version)
    run = RunToLog(
        summary=summary,
        config=_config(record),
        steps=_steps(workspace, summary),
        files=[record.directory / name for name in RECORD_FILES],
        version=version,
        champion=registry.champion(),
    )
    return log_run(run, settings, retry=f"alignment mlflow push {summary.run}")


def push_to_hub(registry: Registry, settings: HubRepository, name: str = "champion") -> Push:
    """Push a version to the Hub, and let its branch `champion` name the deployed version.

    Raises:
        Missing: if there is no such version.
        AlignmentError: see `alignment.integrations.hub_push.push`.
    """
    from alignment.integrations.hub_push import push

    return push(registry.get(name), registry.champion(), settings)


def recorded_hub(version: Version) -> HubRepository:
    """The section `hub` of the configuration that a version was published with.

    Raises:
        ConfigError: if it had none.
    """
    section = version.manifest.get("config", {}).get("hub")
    if section is None:
        raise ConfigError(
            f"the configuration of {version.name} has no section `hub`",
            hint="Pass --repo-id, such as --repo-id my-team/quickstart.",
        )
    try:
        return HubRepository.model_validate(section)
    except ValidationError as error:
        raise ConfigError(
            f"the section `hub` of the configuration of {version.name} cannot be used: "
            f"{error.errors()[0]['msg']}",
            where=version.where,
            hint="Pass --repo-id, such as --repo-id my-team/quickstart.",
        ) from error


def _log(
    workspace: Workspace, registry: Registry, record: RunRecord, settings: MlflowTracking
) -> str:
    return logged_in_words(log_to_mlflow(workspace, registry, record, settings))


def logged_in_words(logged: LoggedRun) -> str:
    """What was sent to MLflow, in one line."""
    state = "logged" if logged.created else "the same work is logged already"
    model = f"; registered as version {logged.model_version}" if logged.model_version else ""
    return f"{state}{model}: {logged.address}"


def _push(registry: Registry, settings: HubRepository) -> str:
    if registry.champion() is None:
        return "nothing is deployed, so nothing was pushed"
    return pushed_in_words(push_to_hub(registry, settings))


def pushed_in_words(done: Push) -> str:
    """What was sent to the Hub, in one line."""
    parts = []
    if done.added:
        parts.append(f"pushed {', '.join(done.added)}")
    if done.champion is not None:
        parts.append(f"the branch champion is {done.champion} now")
    return f"{'; '.join(parts) or 'nothing to push'}: {done.address}"


def _attempt(target: DeliveryTarget, call: Callable[[], str], errors: Path) -> Delivery:
    """What came of a delivery. Whatever goes wrong, the run is finished already."""
    try:
        return Delivery(target=target, done=True, message=call())
    except Exception as error:
        failure = explained(error, target, directory=errors)
        logger.warning("%s: the run is complete, but it was not sent. %s", target, failure)
        return Delivery(target=target, done=False, message=str(failure))


def _version(registry: Registry, name: str) -> Version | None:
    """The version that the run published; None if it was deleted since."""
    try:
        return registry.get(name)
    except Missing:
        return None


def _config(record: RunRecord) -> dict[str, object]:
    """The content of `config.json`."""
    path = record.directory / "config.json"
    try:
        values: dict[str, object] = json.loads(read_record_file(path))
    except (OSError, ValueError, RecursionError) as error:
        raise Corrupt(f"cannot read the configuration: {error}", where=str(path)) from error
    return values


def _steps(workspace: Workspace, summary: Summary) -> list[StepMetrics]:
    """The curves of the training; empty if its artifact was deleted."""
    keys = [stage.key for stage in summary.stages if stage.stage == "train"]
    try:
        artifact = workspace.store.get(keys[-1])
        workspace.store.check(artifact)
    except (AlignmentError, IndexError) as error:
        reason = f"damaged ({error})" if isinstance(error, Corrupt) else "deleted"
        logger.warning("%s: the training curves are %s and are not sent", summary.run, reason)
        return []
    lines = (artifact.path / layout.CURVES).read_text(encoding="utf-8").splitlines()
    return [StepMetrics.from_json(line) for line in lines]
