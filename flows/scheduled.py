"""Runs that nobody started and nobody ended: late ones after an outage, and expired approvals."""

from __future__ import annotations

import datetime
import logging
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterNextScheduledStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.client.schemas.sorting import FlowRunSort

from flows.events import APPROVAL_EXPIRED, emit
from flows.server import our_flows

MARGIN = datetime.timedelta(days=1)
"""How much later than `gate.approval_timeout` Prefect itself ends a run that waits."""
PAGE = 200
logger = logging.getLogger("alignment.watch")


def cancel_late_runs(client: SyncPrefectClient, now: datetime.datetime) -> int:
    """Leave only the newest run of each schedule of those that should have started; how many go.

    Prefect would start them all when a worker is there again, the oldest first.
    """
    newest: set[UUID] = set()
    cancelled = 0
    for run in _due_runs(client, now):  # the newest first
        if run.deployment_id is None or not _is_untouched(run):
            continue
        if run.deployment_id not in newest:
            newest.add(run.deployment_id)
            continue
        message = "it is late, and a later run of the same schedule is due as well"
        client.set_flow_run_state(run.id, State(type=StateType.CANCELLED, message=message))
        logger.info("%s of %s was cancelled: %s", run.name, run.expected_start_time, message)
        cancelled += 1
    return cancelled


def end_expired_approvals(client: SyncPrefectClient, now: datetime.datetime) -> None:
    """End the suspended runs whose `gate.approval_timeout` is over, as Expired."""
    for run in _suspended_runs(client):
        deadline = deadline_of(run)
        if deadline is None or now <= deadline:
            continue
        message = (
            f"nobody approved it before {deadline:%Y-%m-%d %H:%M} UTC, so nothing was deployed. "
            "The version stays published; `alignment registry list` shows it"
        )
        state: State[object] = State(type=StateType.FAILED, name="Expired", message=message)
        client.set_flow_run_state(run.id, state)
        logger.warning("%s: %s", run.name, message)
        payload = {"message": f"{run.name}: {message}"}
        emit(client, APPROVAL_EXPIRED, f"prefect.flow-run.{run.id}", run.name, payload)


def deadline_of(run: FlowRun) -> datetime.datetime | None:
    """Until when a run waits for approval; None if it does not."""
    if run.state is None or run.state.name != "Suspended":
        return None
    timeout = run.state.state_details.pause_timeout
    return None if timeout is None else timeout - MARGIN


def _is_untouched(run: FlowRun) -> bool:
    """Whether it comes from a schedule and has never been started."""
    name = run.state.name if run.state is not None else None
    return bool(run.auto_scheduled) and run.run_count == 0 and name in ("Scheduled", "Late")


def _due_runs(client: SyncPrefectClient, now: datetime.datetime) -> list[FlowRun]:
    state = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED]))
    due = FlowRunFilterNextScheduledStartTime(before_=now)
    return client.read_flow_runs(
        flow_filter=our_flows(),
        flow_run_filter=FlowRunFilter(state=state, next_scheduled_start_time=due),
        sort=FlowRunSort.EXPECTED_START_TIME_DESC,
        limit=PAGE,
    )


def _suspended_runs(client: SyncPrefectClient) -> list[FlowRun]:
    state = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PAUSED]))
    return client.read_flow_runs(
        flow_filter=our_flows(), flow_run_filter=FlowRunFilter(state=state), limit=PAGE
    )
