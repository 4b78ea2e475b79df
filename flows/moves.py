"""Deploying a version by hand, and going back, as Prefect flows.

Who decides it, and why, stays in the history of the registry. If a run of the model is in progress
both end as Skipped: that run compares its candidate with the version that is deployed now.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas.objects import State, StateType
from prefect.context import FlowRunContext
from pydantic import Field

from alignment.config import Config, load_config
from alignment.errors import Busy
from alignment.pipeline.override import deploy_refused
from alignment.pipeline.workspace import Workspace
from alignment.redaction import redact_logs
from alignment.registry import Decision, Override, Version
from flows.events import announce_champion
from flows.log_lines import show_errors_in_one_line
from flows.run_names import parameters_of_run
from flows.selection import run_workspace
from flows.tell import attempt

Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
Reason = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"\S")]
VersionName = Annotated[str, Field(pattern=r"^(v[1-9][0-9]*|challenger|previous|[0-9]{8}\S*)$")]
EarlierVersion = Annotated[str, Field(pattern=r"^(v[1-9][0-9]*)?$")]


def _run_name() -> str:
    """What was asked: `promote v3 quickstart`."""
    context = FlowRunContext.get()
    parameters = parameters_of_run()
    name = context.flow.name if context and context.flow else "move"
    words = [name.removeprefix("align-")]
    words.append(str(parameters.get("version") or parameters.get("to") or "previous"))
    words.append(Path(str(parameters.get("config", ""))).stem)
    return " ".join(words)


@flow(name="align-promote", flow_run_name=_run_name, validate_parameters=True, persist_result=False)
def promote(
    version: VersionName,
    by: Name,
    reason: Reason,
    override: bool = False,
    config: str = "configs/quickstart.yaml",
    workspace: str = "workspace",
) -> State[Any]:
    """Deploy a published version.

    The flow run ends as Completed, Skipped (a run of the model is in progress and nothing was
    changed) or Failed.

    Args:
        version: What to deploy, such as v3, or challenger. With override also the name of a run
            that the gate rejected, such as 20260131.
        by: Who decides it. It stays in the history for ever.
        reason: Why. It stays in the history for ever.
        override: Deploy it although the gate did not approve it.
        config: Configuration file of the model.
        workspace: Directory or address of artifacts, models and reports.
    """
    place, settings = _opened(config, workspace)

    def move() -> Version:
        if not override:
            return place.registry_of(settings).promote(version, Decision(reason, by))
        if version[0].isdigit():
            return deploy_refused(place, settings.name, version, Override(reason, by))
        return place.registry_of(settings).promote(version, Override(reason, by))

    return _moved(place, settings, move, by, reason)


@flow(
    name="align-rollback", flow_run_name=_run_name, validate_parameters=True, persist_result=False
)
def rollback(
    by: Name,
    reason: Reason,
    to: EarlierVersion = "",
    config: str = "configs/quickstart.yaml",
    workspace: str = "workspace",
) -> State[Any]:
    """Deploy the version that was deployed before the current one.

    The flow run ends as Completed, Skipped (a run of the model is in progress and nothing was
    changed) or Failed.

    Args:
        by: Who decides it. It stays in the history for ever.
        reason: Why. It stays in the history for ever.
        to: Go back to this earlier deployment, such as v2. Empty: the previous one.
        config: Configuration file of the model.
        workspace: Directory or address of artifacts, models and reports.
    """
    place, settings = _opened(config, workspace)

    def move() -> Version:
        return place.registry_of(settings).rollback(to or None, Decision(reason, by))

    return _moved(place, settings, move, by, reason)


def _opened(config: str, workspace: str) -> tuple[Workspace, Config]:
    redact_logs()
    show_errors_in_one_line()
    settings = load_config(Path(config))
    return run_workspace(workspace, settings), settings


def _moved(
    place: Workspace, settings: Config, move: Callable[[], Version], by: str, reason: str
) -> State[Any]:
    # Not `champion()`: a damaged one must not keep anybody from going back.
    before = place.registry_of(settings).aliases().champion
    try:
        with place.exclusive(settings.name):
            version = move()
    except Busy as error:
        message = (
            f"{error.message}, so nothing was changed. Cancel that run or wait for its end, and "
            "start this one again. `alignment rollback` in a terminal does not wait."
        )
        return State(type=StateType.COMPLETED, name="Skipped", message=message)
    message = f"{version.name} is the champion of {settings.name}, decided by {by}: {reason}"
    if version.name != before:
        attempt(
            "the event", lambda: announce_champion(settings.name, version.name, before, message)
        )
    return State(type=StateType.COMPLETED, message=message)
