"""When a run counts as dead. With a real server: tests/flows/test_serve.py."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import State, StateType
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule, NoSchedule

from flows import watch
from flows.limits import Limits
from flows.watch import _next_start, lost

NOW = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC)
LIMITS = Limits(silence=datetime.timedelta(minutes=5), pending=datetime.timedelta(minutes=10))


def minutes_ago(minutes: float) -> datetime.datetime:
    return NOW - datetime.timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("now", "minutes", "becomes"),
    [
        (StateType.RUNNING, 4.9, None),
        (StateType.RUNNING, 5.1, StateType.CRASHED),
        (StateType.PENDING, 9.9, None),
        (StateType.PENDING, 10.1, StateType.CRASHED),
        (StateType.CANCELLING, 4.9, None),
        (StateType.CANCELLING, 5.1, StateType.CANCELLED),
    ],
)
def test_a_silent_run_is_ended(now: StateType, minutes: float, becomes: StateType | None) -> None:
    verdict = lost(State(type=now), minutes_ago(minutes), NOW, LIMITS)
    assert (verdict.state.type if verdict else None) == becomes
    if verdict:
        assert "no sign of life since 2026-01-31 11:" in str(verdict.state.message)


@given(st.sampled_from([StateType.RUNNING, StateType.PENDING]), st.floats(-60, 5))
def test_a_run_that_was_heard_lately_is_left_alone(now: StateType, minutes: float) -> None:
    assert lost(State(type=now), minutes_ago(minutes), NOW, LIMITS) is None


def test_the_next_start_of_a_schedule() -> None:
    nightly = CronSchedule(cron="0 2 * * *", timezone="Europe/Berlin")
    assert _next_start(nightly, NOW) == datetime.datetime(2026, 2, 1, 1, tzinfo=datetime.UTC)
    hourly = IntervalSchedule(interval=datetime.timedelta(hours=1), anchor_date=minutes_ago(90))
    assert _next_start(hourly, NOW) == minutes_ago(-30)
    assert _next_start(NoSchedule(), NOW) is None


def test_nobody_was_heard_while_nobody_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    """`make serve` waits for a server that it restarts, and a laptop sleeps."""
    clock = [NOW]
    monkeypatch.setattr(watch, "_now", lambda: clock[0])
    with SyncPrefectClient(api="http://127.0.0.1:9/api") as client:
        looking = watch.Watch(client, LIMITS)
        monkeypatch.setattr(looking, "_end_lost_runs", lambda: None)
        monkeypatch.setattr(looking, "_report_stalled_schedules", lambda: None)
        monkeypatch.setattr(watch, "cancel_late_runs", lambda *_: None)
        monkeypatch.setattr(watch, "end_expired_approvals", lambda *_: None)
        for minutes, deaf_until in ((0.5, 0), (1, 0), (7, 7), (7.5, 7)):
            clock[0] = minutes_ago(-minutes)
            looking.look()
            assert looking._deaf_until == minutes_ago(-deaf_until)
