"""Manual approval: what waits for a person, and what becomes of it when that person has decided.

With `gate.approval: manual` a run publishes the version that the gate approved and does not deploy
it. Whoever decides may do so days later. By then another version may be deployed, or the gate may
ask for more, so both are looked at again before anything is deployed.
"""

from __future__ import annotations

import logging
import shlex
from dataclasses import dataclass
from typing import Literal

from alignment.config import Config
from alignment.config.gate import AFTERWARDS
from alignment.errors import AliasConflict, AlignmentError, Missing
from alignment.pipeline.deliver import deliver
from alignment.pipeline.history import RunRecord, find_run
from alignment.pipeline.replay import recorded_config, replay_with
from alignment.pipeline.runner import Runner
from alignment.pipeline.workspace import Workspace
from alignment.registry import Decision, Registry, Version, approve, decline, declined
from alignment.types import Rejected

logger = logging.getLogger(__name__)
End = Literal["approved", "declined", "outdated", "refused"]
"""Deployed; not wanted; another version was deployed since; the gate asks for more now."""


@dataclass(frozen=True)
class Pending:
    """A version that waits for a person."""

    model: str
    version: str
    """Such as `v3`."""
    run: str
    """Name of the run that published it."""
    reference: str
    """What the gate compared it with, for messages."""
    expected: str | None
    """Digest of the version that was deployed at that time; None if there was none."""


@dataclass(frozen=True)
class Decided:
    """What came of it."""

    end: End
    message: str
    champion: str | None
    """The version that is deployed now."""


def is_waiting(config: Config, registry: Registry, version: Version | None) -> bool:
    """Whether a version that the gate approved waits for a person.

    Nobody is asked about a version that is deployed, or that somebody has declined or rolled back.
    """
    if version is None or not config.deploy or config.gate.approval == "auto":
        return False
    if registry.aliases().champion == version.name:
        return False
    entry = declined(registry, version.name)
    if entry is not None:
        logger.info("nobody is asked again: %s declined %s", entry["by"], version.name)
        return False
    return not registry.rolled_back(version)


def promote_command(workspace: Workspace, config: Config, version: str) -> str:
    """What to type to deploy a version; name and reason are to be filled in."""
    parts = ["alignment", "registry", "promote", config.name, version]
    place = config.registry or workspace.registry_place
    if place:
        parts += ["--registry", place]
    parts += ["--workspace", workspace.place]
    return f'{shlex.join(parts)} --by NAME --reason "..."'


def decide(
    workspace: Workspace, config: Config, pending: Pending, decision: Decision, *, wanted: bool
) -> Decided:
    """Deploy the version, or record that it is not wanted.

    Args:
        workspace: Where the run was made.
        config: The present configuration, whose gate is asked again.
        pending: What waits.
        decision: Who decides, and why.
        wanted: Whether the version shall be deployed.

    Raises:
        Busy: if a run of the model is in progress.
        Missing or Corrupt: if the version was deleted, or is damaged.
        RegistryError: if the registry cannot be written.
    """
    with workspace.exclusive(config.name):
        registry = workspace.registry_of(config)
        if config.name != pending.model:
            return _other_model(registry, config, pending)
        if not wanted:
            decline(registry, pending.version, decision)
            message = f"{pending.version} was declined by {decision.by}: {decision.reason}"
            return _decided(registry, "declined", f"{message}. Nothing was deployed.")
        refusal = _refusal(workspace, config, pending, registry)
        if refusal is not None:
            return refusal
        try:
            version = approve(registry, pending.version, decision, expected=pending.expected)
        except AliasConflict:
            return _outdated(registry, pending)
        message = f"{version.name} is deployed, approved by {decision.by}: {decision.reason}"
        return _decided(registry, "approved", message)


def deliver_approved(
    config: Config, workspace: Workspace, runner: Runner, pending: Pending
) -> None:
    """Send the run and the deployed version to MLflow and the Hub; what goes wrong is logged."""
    try:
        record = find_run(workspace.with_all_runs(), pending.run)
    except AlignmentError as error:
        logger.warning("%s is deployed, but it was not sent anywhere: %s", pending.version, error)
        return
    deliver(config, workspace, workspace.registry_of(config), runner, record)


def _refusal(
    workspace: Workspace, config: Config, pending: Pending, registry: Registry
) -> Decided | None:
    """Why the version cannot be deployed any more; None if it can."""
    champion = registry.champion()
    digest = champion.digest if champion is not None else None
    if digest not in (pending.expected, registry.get(pending.version).digest):
        return _outdated(registry, pending)
    try:
        failed = _failed_now(workspace, config, find_run(workspace.with_all_runs(), pending.run))
    except Missing as error:
        message = (
            "the gate's settings have changed since, and its present decision cannot be computed: "
            f"{error.message}. Nothing was deployed; start a new run."
        )
        return _decided(registry, "outdated", message)
    if not failed:
        return None
    message = (
        f"the gate's settings have changed since, and it would refuse {pending.version} because "
        f"of {', '.join(failed)}. Nothing was deployed."
    )
    return _decided(registry, "refused", message)


def _failed_now(workspace: Workspace, config: Config, record: RunRecord) -> list[str]:
    """The languages that the gate would refuse by its present settings.

    Raises:
        Missing: if the settings have changed and the outcomes of the run were deleted.
    """
    try:
        verdict = replay_with(workspace, record, config).verdict
    except Missing:
        if _rules(config) == _rules(recorded_config(record)):
            return []  # the same question has the same answer
        raise
    if not isinstance(verdict, Rejected):
        return []
    return sorted({finding.language for finding in verdict.failed})


def _rules(config: Config) -> dict[str, object]:
    rules: dict[str, object] = {}
    for code in config.measured:
        rules[code] = config.settings(code).gate.model_dump(exclude=set(AFTERWARDS))
    return rules


def _other_model(registry: Registry, config: Config, pending: Pending) -> Decided:
    message = (
        f"{pending.version} is a version of {pending.model!r}, but the configuration is that of "
        f"{config.name!r} now. Nothing was deployed."
    )
    return _decided(registry, "outdated", message)


def _outdated(registry: Registry, pending: Pending) -> Decided:
    champion = registry.champion()
    name = champion.name if champion is not None else "no version"
    message = (
        f"{name} is deployed now, but the gate compared {pending.version} with "
        f"{pending.reference}, so its verdict is not used. Nothing was deployed. Start a run to "
        f"compare with what is deployed now."
    )
    return _decided(registry, "outdated", message)


def _decided(registry: Registry, end: End, message: str) -> Decided:
    champion = registry.champion()
    return Decided(end, message, champion.name if champion is not None else None)
