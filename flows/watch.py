"""`python -m flows.watch` looks after the runs of the server at `PREFECT_API_URL`.

It ends flow runs that died without a word, and says so when a schedule no longer finishes a run, or
when the server itself has been away for long. `make serve` has it built in.

A run whose process was killed stays Running on the server. A run sends a heartbeat every half
minute (`flows.environment`). If none came for `Limits.silence`, the run becomes Crashed. What
happened while the server could not be reached is no silence of the run.
"""

from __future__ import annotations

import asyncio
import datetime
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateName,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.sorting import FlowRunSort
from prefect.server.schemas import schedules
from prefect.settings import (
    PREFECT_API_AUTH_STRING,
    PREFECT_CLIENT_MAX_RETRIES,
    temporary_settings,
)

from flows.alarm import SERVER_AWAY, post_alarm
from flows.events import RUN_LOST, SCHEDULE_STALLED, emit
from flows.form import Forms
from flows.limits import Limits, limits_from_environment
from flows.scheduled import cancel_late_runs, end_expired_approvals
from flows.server import FAILURES, api_address, our_deployments, our_flows

HEARTBEAT = "prefect.flow-run.heartbeat"
LIVE = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]
PAGE = 200
VERDICTS = [
    "Approved",
    "Completed",
    "Rejected",
    "Degraded",
    "Waiting",
    "Suspended",
    "Expired",
    "Outdated",
]
"""States of runs that have come to a result; Skipped is none. A suspended run waits for a person.
"""
ANSWER_SECONDS = 20.0
"""A server that takes longer to answer is away."""
logger = logging.getLogger("alignment.watch")


class _Lost(NamedTuple):
    state: State[Any]
    """What the run becomes."""
    reason: str


def lost(
    state: State[Any], heard: datetime.datetime, now: datetime.datetime, limits: Limits
) -> _Lost | None:
    """What becomes of a live run, or None if it may still be alive.

    Args:
        state: Its present state.
        heard: When it last gave a sign of life, or could not have been heard.
        now: The present time.
        limits: How long to wait.
    """
    limit = limits.pending if state.type is StateType.PENDING else limits.silence
    if now - heard <= limit:
        return None
    reason = f"no sign of life since {heard:%Y-%m-%d %H:%M} UTC, so its process must have died"
    if state.type is StateType.CANCELLING:
        return _Lost(State(type=StateType.CANCELLED, message=reason), reason)
    hint = "Finished stages are kept; the next run continues from there."
    return _Lost(State(type=StateType.CRASHED, message=f"{reason}. {hint}"), reason)


class Watch:
    """Looks at the runs and the schedules of a server; call `look` every minute or so."""

    def __init__(self, client: SyncPrefectClient, limits: Limits | None = None) -> None:
        """Begin to listen now.

        Args:
            client: A client of the server.
            limits: How long to wait; by default those of `Limits`.
        """
        self._client = client
        self._limits = limits or Limits()
        self._deaf_until = _now()
        self._looked_at = self._deaf_until
        self._away_since: datetime.datetime | None = None
        self._said_away = False
        self._said: dict[str, datetime.datetime] = {}

    def look(self) -> bool:
        """End the runs that died or wait too long, and report the schedules that have stalled.

        A server that cannot be reached is left for the next look.

        Returns:
            Whether the server is well; False if it has been away for `Limits.away`, which is
            reported to the webhook once.
        """
        self._notice_a_gap()
        try:
            self._end_lost_runs()
            cancel_late_runs(self._client, _now())
            end_expired_approvals(self._client, _now())
            self._report_stalled_schedules()
        except FAILURES as error:
            logger.warning("the Prefect server does not answer as it should: %s", error)
            self._deaf_until = _now()
            return not self._is_away_for_long(str(error))
        self._away_since = None
        self._said_away = False
        return True

    def _notice_a_gap(self) -> None:
        """What happened while nobody looked, such as a restart of the server, was not heard.

        Heartbeats of that time arrive late, or not at all.
        """
        now = _now()
        longest = datetime.timedelta(seconds=2 * self._limits.look_seconds + ANSWER_SECONDS)
        if now - self._looked_at > longest:
            self._deaf_until = now
        self._looked_at = now

    def _is_away_for_long(self, reason: str) -> bool:
        """Whether another `Limits.away` without an answer is over; the first is an alarm."""
        self._away_since = self._away_since or _now()
        if _now() - self._away_since < self._limits.away:
            return False
        self._away_since = None
        if not self._said_away:
            minutes = self._limits.away.total_seconds() / 60
            message = (
                f"the Prefect server has not answered for {minutes:g} minutes, so no run starts: "
                f"{reason}. Look at its messages, and whether its disk is full."
            )
            logger.error("%s", message)
            post_alarm(SERVER_AWAY, str(self._client.api_url), message)
            self._said_away = True
        return True

    def _end_lost_runs(self) -> None:
        for run in self._live_runs():
            state = run.state
            if state is None:
                continue
            heard = max(state.timestamp, self._deaf_until, self._last_heartbeat(run))
            verdict = lost(state, heard, _now(), self._limits)
            if verdict is None:
                continue
            self._client.set_flow_run_state(run.id, verdict.state, force=True)
            logger.error("%s: %s; it is now %s", run.name, verdict.reason, verdict.state.name)
            payload = {"message": f"{run.name}: {verdict.reason}", "was": state.name}
            emit(self._client, RUN_LOST, f"prefect.flow-run.{run.id}", run.name, payload)

    def _live_runs(self) -> list[FlowRun]:
        live = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=LIVE)))
        return self._client.read_flow_runs(
            flow_filter=our_flows(),
            flow_run_filter=live,
            limit=PAGE,
        )

    def _last_heartbeat(self, run: FlowRun) -> datetime.datetime:
        asked = {
            "filter": {
                "event": {"name": [HEARTBEAT]},
                "resource": {"id": [f"prefect.flow-run.{run.id}"]},
                "order": "DESC",
            },
            "limit": 1,
        }
        answer = self._client.request("POST", "/events/filter", json=asked)
        answer.raise_for_status()
        events = answer.json()["events"]
        if not events:
            return datetime.datetime.fromtimestamp(0, datetime.UTC)
        return datetime.datetime.fromisoformat(events[0]["occurred"])

    def _report_stalled_schedules(self) -> None:
        for deployment in our_deployments(self._client):
            due = self._due(deployment)
            now = _now()
            if due is None or now - due <= self._limits.stalled:
                continue
            said = self._said.get(deployment.name)
            if said is not None and now - said <= self._limits.stalled:
                continue
            message = (
                f"{deployment.name}: no run has finished since the one that was due at "
                f"{due:%Y-%m-%d %H:%M} UTC. Look for its runs on the page of the deployment."
            )
            logger.error("%s", message)
            resource = f"prefect.deployment.{deployment.id}"
            emit(self._client, SCHEDULE_STALLED, resource, deployment.name, {"message": message})
            self._said[deployment.name] = now

    def _due(self, deployment: DeploymentResponse) -> datetime.datetime | None:
        """When the first run after the last finished one should have started; None: never."""
        active = [entry.schedule for entry in deployment.schedules if entry.active]
        if deployment.paused or not active:
            return None
        since = self._last_finish(deployment) or deployment.created or _now()
        starts = [_next_start(schedule, since) for schedule in active]
        return min((start for start in starts if start is not None), default=None)

    def _last_finish(self, deployment: DeploymentResponse) -> datetime.datetime | None:
        """When the last run came to a result."""
        ended = [StateType.COMPLETED, StateType.FAILED, StateType.PAUSED]
        runs = self._client.read_flow_runs(
            deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment.id])),
            flow_run_filter=FlowRunFilter(
                state=FlowRunFilterState(
                    type=FlowRunFilterStateType(any_=ended),
                    name=FlowRunFilterStateName(any_=VERDICTS),
                )
            ),
            sort=FlowRunSort.EXPECTED_START_TIME_DESC,
            limit=1,
        )
        if not runs or runs[0].state is None:
            return None
        return runs[0].end_time or runs[0].state.timestamp


def _next_start(schedule: Any, since: datetime.datetime) -> datetime.datetime | None:
    """The first start of a schedule after a time."""
    kind = getattr(schedules, type(schedule).__name__, None)
    if kind is None:  # no schedule at all
        return None
    known = kind.model_validate(schedule.model_dump())
    starts = asyncio.run(known.get_dates(n=1, start=since))
    return starts[0] if starts else None


def watch(api: str, home: Path, limits: Limits) -> None:
    """Look every half minute, for ever, also for changed configurations (see `flows.form`).

    Args:
        api: Address of the server's API.
        home: Directory of `prefect.yaml`.
        limits: How long to wait.
    """
    with impatient_client(api) as client:
        looking = Watch(client, limits)
        forms = Forms(client, home)
        while True:
            looking.look()
            forms.look()
            time.sleep(limits.look_seconds)


@contextmanager
def impatient_client(api: str) -> Iterator[SyncPrefectClient]:
    """A client that a server cannot hold up: it waits `ANSWER_SECONDS`, and asks once.

    Args:
        api: Address of the server's API.
    """
    auth = PREFECT_API_AUTH_STRING.value()
    timeout = {"timeout": ANSWER_SECONDS}
    with (
        temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}),
        SyncPrefectClient(api=api, auth_string=auth, httpx_settings=timeout) as client,
    ):
        yield client


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def main() -> int:
    """Watch the server at `PREFECT_API_URL`."""
    home = Path(__file__).resolve().parent.parent
    watch(api_address(), home, limits_from_environment())
    return 0


if __name__ == "__main__":
    from alignment.cli.exit_codes import exit_code_of

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs every request
    sys.exit(exit_code_of(main))
