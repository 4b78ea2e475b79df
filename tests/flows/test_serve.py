"""`make serve`: a real server that schedules. What takes long is in tests/operate."""

from __future__ import annotations

import datetime
import http.server
import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.objects import State, StateType
from prefect.client.schemas.schedules import IntervalSchedule

from flows.alarm import EMAIL, WEBHOOK
from flows.events import GATE_REJECTED, emit
from flows.form import renew_forms
from flows.gc import old_runs
from flows.limits import Limits
from flows.watch import Watch
from tests.flows.servers import deployment, free_port, serving, wait_for
from tests.mail_server import MailServer
from tests.support import ROOT

START_SECONDS = 300
SCHEDULE_SECONDS = 120
ALARM_SECONDS = 60
FOREIGN = "inventory"
"""A flow of another team on the same server."""
FAR_AWAY = "2100-01-01T00:00:00+00:00"

pytestmark = [pytest.mark.timeout(400), pytest.mark.server]


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def post(url: str, body: dict[str, Any]) -> Any:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def api(environment: dict[str, str], alarms: str, mails: MailServer) -> Iterator[str]:
    """Address of a server on a free port, with the deployments and a worker."""
    port = free_port()
    settings = {**environment, WEBHOOK: alarms, EMAIL: mails.address}
    with serving(settings, port, START_SECONDS) as process:
        yield f"http://127.0.0.1:{port}/api"
    assert process.returncode == 0


class Receiver(http.server.BaseHTTPRequestHandler):
    """Keeps what is posted to it."""

    received: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        """Part of `BaseHTTPRequestHandler`."""
        length = int(self.headers["Content-Length"])
        self.received.append(json.loads(self.rfile.read(length)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def alarms() -> Iterator[str]:
    """Address of a webhook."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/alarm"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def mails() -> Iterator[MailServer]:
    """A mail server."""
    with MailServer().listening() as listening:
        yield listening


def test_deployments(api: str) -> None:
    names = {entry["name"] for entry in post(f"{api}/deployments/filter", {})}
    assert names == {
        "retrain",
        "nightly",
        "weekly-full",
        "evaluate-champion",
        "promote",
        "rollback",
        "smoke",
    }
    for name in names:
        # A run that died would hold its slot, and every later run would be cancelled.
        assert deployment(api, name)["concurrency_limit"] is None


def test_a_deployment_by_command(
    api: str, environment: dict[str, str], alarms: str, mails: MailServer
) -> None:
    """What is paused stays paused."""
    with SyncPrefectClient(api=api) as client:
        client.pause_deployment(uuid.UUID(deployment(api, "smoke")["id"]))
        before = {entry.name: entry.id for entry in client.read_deployments()}
        alarms_to = {WEBHOOK: alarms, EMAIL: mails.address}
        settings = {**environment, **alarms_to, "PREFECT_API_URL": api}
        command = [sys.executable, "-m", "alignment", "deploy", str(ROOT)]
        subprocess.run(command, env=settings, cwd=ROOT, check=True, timeout=START_SECONDS)
        assert {entry.name: entry.id for entry in client.read_deployments()} == before
        assert deployment(api, "smoke")["paused"]
        client.resume_deployment(uuid.UUID(deployment(api, "smoke")["id"]))


def test_parameters_of_retrain(api: str) -> None:
    properties = deployment(api, "retrain")["parameter_openapi_schema"]["properties"]
    in_order = sorted(properties, key=lambda name: properties[name]["position"])
    assert in_order == [
        "config",
        "languages",
        "steps",
        "loss",
        "dry_run",
        "reason",
        "fresh",
        "overrides",
        "workspace",
    ]
    assert properties["languages"]["items"]["enum"][:2] == ["af", "ar"]
    assert "configs/smoke.yaml" in properties["config"]["enum"]
    for name in in_order:
        assert properties[name]["description"]


def test_wrong_values_are_refused_at_once(api: str) -> None:
    smoke = deployment(api, "smoke")["id"]
    for parameters in ({"steps": -1}, {"steps": "many"}, {"languages": ["xx"]}):
        with pytest.raises(urllib.error.HTTPError) as refused:
            post(f"{api}/deployments/{smoke}/create_flow_run", {"parameters": parameters})
        assert refused.value.code in (409, 422), parameters


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("promote", {"version": "v1", "by": "ana"}),
        ("promote", {"version": "v1", "by": " ", "reason": "good"}),
        ("promote", {"version": "the best", "by": "ana", "reason": "good"}),
        ("rollback", {"by": "", "reason": "good"}),
        ("rollback", {"by": "ana", "reason": "good", "to": "v0"}),
    ],
)
def test_a_decision_without_a_name_and_a_reason_is_refused(
    api: str, name: str, parameters: dict[str, str]
) -> None:
    url = f"{api}/deployments/{deployment(api, name)['id']}/create_flow_run"
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(url, {"parameters": parameters})
    assert refused.value.code in (409, 422)


def test_nightly_is_scheduled(api: str) -> None:
    """Fails with FastAPI and SQLAlchemy as pip chooses them, though the server looks well."""
    wanted = {"deployments": {"id": {"any_": [deployment(api, "nightly")["id"]]}}}
    runs = wait_for(
        "a scheduled run", SCHEDULE_SECONDS, lambda: post(f"{api}/flow_runs/filter", wanted)
    )
    assert runs[0]["auto_scheduled"] and runs[0]["state_type"] == "SCHEDULED"


def start_run(api: str, name: str) -> str:
    """A run that a worker has taken, as far as the server knows; its id."""
    body = {"state": {"type": "SCHEDULED", "state_details": {"scheduled_time": FAR_AWAY}}}
    run = post(f"{api}/deployments/{deployment(api, name)['id']}/create_flow_run", body)["id"]
    for state in ("PENDING", "RUNNING"):
        post(f"{api}/flow_runs/{run}/set_state", {"state": {"type": state}, "force": True})
    return str(run)


def alarm(event: str, name: str | None = None) -> dict[str, Any] | None:
    for received in Receiver.received:
        if received["event"] == event and name in (None, received["name"]):
            return received
    return None


def test_a_dead_run_is_ended_and_somebody_hears_of_it(api: str) -> None:
    run = start_run(api, "nightly")
    with SyncPrefectClient(api=api) as client:
        Watch(client, Limits()).look()
        assert get(f"{api}/flow_runs/{run}")["state"]["type"] == "RUNNING", "it was silent so short"
        nothing = datetime.timedelta(0)
        Watch(client, Limits(silence=nothing, pending=nothing)).look()
    state = get(f"{api}/flow_runs/{run}")["state"]
    assert state["type"] == "CRASHED"
    assert "no sign of life since" in state["message"]
    lost = wait_for("an alarm", ALARM_SECONDS, lambda: alarm("alignment.run.lost"))
    assert "no sign of life since" in lost["details"]["message"]


def test_a_schedule_without_a_finished_run_is_an_alarm(api: str) -> None:
    with SyncPrefectClient(api=api) as client:
        Watch(client, Limits()).look()
        assert alarm("alignment.schedule.stalled") is None
        # As if it were two days later: the first night after the start of this server is over.
        Watch(client, Limits(stalled=-datetime.timedelta(days=2))).look()
    stalled = wait_for(
        "an alarm", ALARM_SECONDS, lambda: alarm("alignment.schedule.stalled", "nightly")
    )
    assert "no run has finished since the one that was due" in stalled["details"]["message"]


@pytest.fixture
def foreign(api: str) -> Iterator[uuid.UUID]:
    """A deployment of another team, with a schedule and a run that ended long ago."""
    hourly = IntervalSchedule(interval=datetime.timedelta(hours=1))
    optional = {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "config"}
    with SyncPrefectClient(api=api) as client:
        deployment = client.create_deployment(
            client.create_flow_from_name(FOREIGN),
            FOREIGN,
            schedules=[DeploymentScheduleCreate(schedule=hourly, active=True)],
            parameter_openapi_schema={"type": "object", "properties": {"config": optional}},
        )
        yield deployment
        client.delete_deployment(deployment)


def test_flows_of_others_are_left_alone(api: str, foreign: uuid.UUID) -> None:
    with SyncPrefectClient(api=api) as client:
        before = client.read_deployment(foreign)
        renew_forms(client, ROOT)
        assert client.read_deployment(foreign).parameter_openapi_schema == (
            before.parameter_openapi_schema
        )
        run = client.create_flow_run_from_deployment(foreign)
        client.set_flow_run_state(run.id, State(type=StateType.RUNNING), force=True)
        nothing = datetime.timedelta(0)
        soon = Limits(silence=nothing, pending=nothing, stalled=-datetime.timedelta(days=2))
        Watch(client, soon).look()
        assert client.read_flow_run(run.id).state_type is StateType.RUNNING
        client.set_flow_run_state(run.id, State(type=StateType.COMPLETED), force=True)
        later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
        assert run.id not in {old.id for old in old_runs(client, keep=0, before=later)}
        emit(client, GATE_REJECTED, "alignment.model.last", "last", {"message": "the last one"})
    wait_for("an alarm", ALARM_SECONDS, lambda: alarm(GATE_REJECTED, "last"))
    assert alarm("alignment.schedule.stalled", FOREIGN) is None


def test_an_alarm_goes_to_the_webhook_and_by_mail(api: str, mails: MailServer) -> None:
    with SyncPrefectClient(api=api) as client:
        message = {"message": "both have it"}
        emit(client, GATE_REJECTED, "alignment.model.both", "both", message)
    wait_for("an alarm", ALARM_SECONDS, lambda: alarm(GATE_REJECTED, "both"))

    def mailed() -> bool:
        wanted = f"alignment: {GATE_REJECTED} both"
        return any(mail["Subject"] == wanted for mail in mails.received)

    wait_for("a mail", ALARM_SECONDS, mailed)


def test_every_rejection_is_an_alarm(api: str) -> None:
    """Prefect's own event of a run that ends as Rejected started 20 of 25 automations."""
    expected = {f"rejection {number}" for number in range(25)}
    with SyncPrefectClient(api=api) as client:
        for message in sorted(expected):
            resource = "alignment.model.quickstart"
            emit(client, GATE_REJECTED, resource, "quickstart", {"message": message})

    def heard() -> set[str]:
        return {alarm["details"].get("message", "") for alarm in Receiver.received}

    wait_for("25 alarms", ALARM_SECONDS, lambda: expected <= heard())
