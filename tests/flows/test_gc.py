"""Which runs of a Prefect server are old. With a real server: tests/operate/test_gc.py."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

import pytest
from prefect.client.schemas.objects import FlowRun, State, StateType

from flows import gc
from flows.gc import old_runs

NOW = datetime.datetime(2026, 1, 31, tzinfo=datetime.UTC)
NIGHTLY = uuid.uuid4()
RETRAIN = uuid.uuid4()


def ended(days_ago: int, name: str, deployment: uuid.UUID = NIGHTLY) -> FlowRun:
    kinds = {"Rejected": StateType.FAILED, "Crashed": StateType.CRASHED}
    state: State[Any] = State(type=kinds.get(name, StateType.COMPLETED), name=name)
    return FlowRun(
        flow_id=uuid.uuid4(),
        deployment_id=deployment,
        name=f"{days_ago} {name}",
        state=state,
        state_name=name,
        end_time=NOW - datetime.timedelta(days=days_ago),
    )


class Pages:
    """The only method of a client that is asked, the newest run first."""

    def __init__(self, runs: list[FlowRun]) -> None:
        self._runs = runs

    def read_flow_runs(self, *, limit: int, offset: int, **_: object) -> list[FlowRun]:
        """One page."""
        return self._runs[offset : offset + limit]


def old(runs: list[FlowRun], *, keep: int, days: int) -> list[str]:
    before = NOW - datetime.timedelta(days=days)
    client: Any = Pages(runs)
    return [run.name for run in old_runs(client, keep=keep, before=before)]


@pytest.mark.parametrize("page", [1, 2, 200])
def test_the_newest_of_each_deployment_and_the_last_verdict_stay(
    page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gc, "_PAGE", page)
    runs = [
        ended(1, "Skipped"),
        ended(35, "Crashed"),
        ended(36, "Completed", RETRAIN),
        ended(40, "Rejected"),
        ended(50, "Completed"),
        ended(60, "Completed", RETRAIN),
    ]
    assert old(runs, keep=1, days=30) == ["35 Crashed", "50 Completed", "60 Completed"]
    assert old(runs, keep=0, days=45) == ["50 Completed", "60 Completed"]
    assert old(runs, keep=3, days=0) == ["50 Completed"]
    assert old(runs, keep=10, days=0) == []
