"""Manual approval of a version: the flow run is suspended until somebody decides.

A suspended run has no process, so nothing is lost if a worker is killed or the server is restarted.
What waits is in `approvals/` of the workspace, under the id of the flow run. After the decision the
run starts from the top; it finds that file and trains nothing.
"""

from __future__ import annotations

import datetime
import json
import logging
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.context import FlowRunContext
from prefect.exceptions import ObjectNotFound
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from pydantic import Field, ValidationError

from alignment.config import Config
from alignment.errors import Busy, Corrupt
from alignment.files import write_json
from alignment.pipeline.approval import (
    Decided,
    Pending,
    decide,
    deliver_approved,
    promote_command,
)
from alignment.pipeline.run import Outcome
from alignment.pipeline.workspace import Workspace
from alignment.registry import Decision, Version
from alignment.report.templating import escape_markdown
from flows.events import APPROVAL_REQUESTED, announce_champion, emit
from flows.reports import REPORT, address_of
from flows.runner import PrefectRunner
from flows.scheduled import MARGIN
from flows.states import APPROVED, REJECTED
from flows.tell import attempt

APPROVALS = "approvals"
_KEY = "approval"
_PAUSE_SECONDS = 10.0
_END: dict[str, tuple[StateType, str]] = {
    "approved": (StateType.COMPLETED, APPROVED),
    "declined": (StateType.FAILED, REJECTED),
    "refused": (StateType.FAILED, REJECTED),
    "outdated": (StateType.FAILED, "Outdated"),
}
"""Type and name of the final state."""
logger = logging.getLogger("alignment.flow")


class Approval(RunInput):
    """What whoever resumes the run fills in."""

    decision: Literal["approve", "reject"] = Field(
        description="approve deploys the version; reject leaves everything as it is."
    )
    approved_by: str = Field(
        description="Who decides. It stays in the history for ever.",
        min_length=1,
        max_length=100,
        pattern=r"\S",
    )
    reason: str = Field(
        description="Why. It stays in the history for ever.",
        min_length=1,
        max_length=1000,
        pattern=r"\S",
    )


@dataclass(frozen=True)
class Request:
    """What waits in a flow run, and until when."""

    pending: Pending
    deadline: datetime.datetime
    report: str
    """Address of the run's report."""


def ask(
    config: Config, workspace: Workspace, outcome: Outcome, champion: Version | None
) -> State[Any]:
    """Suspend the flow run until somebody decides; a run without a deployment ends as Waiting.

    Args:
        config: The configuration of the run.
        workspace: Where it was made.
        outcome: What waits.
        champion: The version that was deployed before the run.
    """
    if outcome.version is None:
        raise ValueError("only a published version can wait for approval")
    version = outcome.version.name
    command = promote_command(workspace, config, version)
    run = _flow_run()
    if run is None or run.deployment_id is None:  # Prefect starts only deployed flows again
        return _waiting(f"{version} waits for approval. To deploy it: {command}")
    pending = Pending(
        model=config.name,
        version=version,
        run=outcome.summary.run,
        reference=outcome.summary.reference,
        expected=champion.digest if champion else None,
    )
    hours = datetime.timedelta(hours=config.gate.approval_timeout)
    report = address_of(outcome.directory / REPORT)
    request = Request(pending, datetime.datetime.now(datetime.UTC) + hours, report)
    with get_client(sync_client=True) as client:
        other = _asked_already(client, workspace, pending, run.id)
        if other is not None:
            return _waiting(f"{version} waits for approval already, in the flow run {other}.")
        (workspace.root / APPROVALS).mkdir(exist_ok=True)
        write_json(_file(workspace, run.id), _to_json(request))
        workspace.share_file(_file(workspace, run.id))
        attempt("the event", lambda: _announce(client, request, run, command))
    return _answered(config, workspace, _file(workspace, run.id))


def decided_before(config: Config, workspace: Workspace) -> State[Any] | None:
    """How a flow run ends that was resumed; None if it has not asked anybody yet."""
    run = _flow_run()
    if run is None or not (workspace.shared_folder(APPROVALS) / _name(run.id)).is_file():
        return None
    return _answered(config, workspace, _file(workspace, run.id))


def _answered(config: Config, workspace: Workspace, file: Path) -> State[Any]:
    """Suspend, if that has not happened yet, and carry out the decision after the resume."""
    request = _read(file)
    left = request.deadline - datetime.datetime.now(datetime.UTC)
    seconds = int(max(left + MARGIN, datetime.timedelta(minutes=1)).total_seconds())
    form = Approval.with_initial_data(description=_question(request))
    try:
        answer = suspend_flow_run(wait_for_input=form, timeout=seconds, key=_KEY)
    except ValidationError:  # started again after the time was over: there is no answer
        message = f"nobody approved {request.pending.version} in time; start a new run"
        return State(type=StateType.FAILED, name="Expired", message=message)
    decision = Decision(answer.reason, answer.approved_by)
    before = workspace.registry_of(config).aliases().champion
    decided = _decide(config, workspace, request.pending, decision, answer.decision == "approve")
    after = decided.champion
    if after is not None and after != before:
        model = request.pending.model
        attempt("the event", lambda: announce_champion(model, after, before, decided.message))
    if decided.end == "approved":
        deliver_approved(config, workspace, PrefectRunner(), request.pending)
    workspace.delete_file(file)
    kind, name = _END[decided.end]
    return State(type=kind, name=name, message=decided.message)


def _decide(
    config: Config, workspace: Workspace, pending: Pending, decision: Decision, wanted: bool
) -> Decided:
    """Carry out the decision, which must not be lost because a run is in progress just now."""
    is_said = False
    while True:
        try:
            return decide(workspace, config, pending, decision, wanted=wanted)
        except Busy as error:
            if not is_said:
                logger.info("%s; the decision is carried out when it has ended", error.message)
                is_said = True
            time.sleep(_PAUSE_SECONDS)


def _asked_already(
    client: SyncPrefectClient, workspace: Workspace, pending: Pending, run_id: UUID
) -> str | None:
    """Name of another flow run in which the same version waits; files of ended ones are deleted."""
    for file in sorted(workspace.shared_folder(APPROVALS).glob("*.json")):
        if file.stem == str(run_id):
            continue
        try:
            run = client.read_flow_run(UUID(file.stem))
            waits = run.state is not None and not run.state.is_final()
        except (ObjectNotFound, ValueError):
            waits = False
        if not waits:
            workspace.delete_file(file)
            continue
        other = _read(file).pending
        if (other.model, other.version) == (pending.model, pending.version):
            return run.name
    return None


def _announce(client: SyncPrefectClient, request: Request, run: FlowRun, command: str) -> None:
    pending = request.pending
    message = (
        f"{pending.version} of {pending.model} passed the gate against {pending.reference} and "
        f"waits for approval until {request.deadline:%Y-%m-%d %H:%M} UTC: resume the flow run "
        f"{run.name}, or type {command}"
    )
    payload = {"message": message, "version": pending.version, "flow_run": str(run.id)}
    resource = f"alignment.model.{pending.model}"
    emit(client, APPROVAL_REQUESTED, resource, pending.model, payload)


def _question(request: Request) -> str:
    """What the form says, in Markdown."""
    pending = request.pending
    name = escape_markdown(pending.version)
    reference = escape_markdown(pending.reference)
    return (
        f"**{name}** of {escape_markdown(pending.model)} passed the gate against {reference}. "
        f"Deploy it? [Report]({request.report})\n\n"
        f"Without an answer it stays undeployed after {request.deadline:%Y-%m-%d %H:%M} UTC."
    )


def _flow_run() -> FlowRun | None:
    context = FlowRunContext.get()
    return context.flow_run if context is not None else None


def _waiting(message: str) -> State[Any]:
    return State(type=StateType.COMPLETED, name="Waiting", message=message)


def _file(workspace: Workspace, run_id: UUID) -> Path:
    return workspace.root / APPROVALS / _name(run_id)


def _name(run_id: UUID) -> str:
    return f"{run_id}.json"


def _to_json(request: Request) -> dict[str, object]:
    deadline = request.deadline.isoformat()
    return {"pending": asdict(request.pending), "deadline": deadline, "report": request.report}


def _read(file: Path) -> Request:
    """What waits.

    Raises:
        Corrupt: if the file is damaged.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        deadline = datetime.datetime.fromisoformat(content["deadline"])
        return Request(Pending(**content["pending"]), deadline, content["report"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Corrupt(
            f"cannot read what waits for approval: {error}",
            where=str(file),
            hint="Delete the file and start a new run; it asks again.",
        ) from error
