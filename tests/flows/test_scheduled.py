"""Which runs are late, and until when one waits. With a server: tests/flows/test_deployments.py."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

import pytest
from prefect.client.schemas.objects import FlowRun, State, StateDetails, StateType

from flows.scheduled import MARGIN, _is_untouched, deadline_of

NOW = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC)


def flow_run(state: State[Any], **values: Any) -> FlowRun:
    return FlowRun(flow_id=uuid.uuid4(), state=state, **values)


def scheduled(name: str) -> State[Any]:
    details = StateDetails(scheduled_time=NOW)
    return State(type=StateType.SCHEDULED, name=name, state_details=details)


@pytest.mark.parametrize(
    ("name", "auto_scheduled", "run_count", "expected"),
    [
        ("Scheduled", True, 0, True),
        ("Late", True, 0, True),
        ("Late", False, 0, False),  # somebody asked for it
        ("Resuming", True, 1, False),  # somebody has approved it
        ("AwaitingRetry", True, 1, False),
        ("Late", True, 1, False),
    ],
)
def test_only_untouched_runs_of_a_schedule_may_go(
    name: str, auto_scheduled: bool, run_count: int, expected: bool
) -> None:
    run = flow_run(scheduled(name), auto_scheduled=auto_scheduled, run_count=run_count)
    assert _is_untouched(run) is expected


def test_a_run_waits_until_a_day_before_prefect_ends_it() -> None:
    details = StateDetails(pause_timeout=NOW, pause_reschedule=True)
    waits = State(type=StateType.PAUSED, name="Suspended", state_details=details)
    assert deadline_of(flow_run(waits)) == NOW - MARGIN


def test_other_runs_have_no_deadline() -> None:
    paused = State(
        type=StateType.PAUSED, name="Paused", state_details=StateDetails(pause_timeout=NOW)
    )
    for_ever = State(type=StateType.PAUSED, name="Suspended")
    for state in (paused, for_ever, scheduled("Scheduled")):
        assert deadline_of(flow_run(state)) is None
