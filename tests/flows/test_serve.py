"""`make serve`: a real server that schedules, and a worker that runs a deployment."""

from __future__ import annotations

import datetime
import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import psutil
import pytest
from prefect.client.orchestration import SyncPrefectClient

from flows.events import GATE_REJECTED, emit
from flows.watch import Limits, Watch
from tests.support import ROOT

START_SECONDS = 300
SCHEDULE_SECONDS = 120
RUN_SECONDS = 200
ALARM_SECONDS = 60
RESTART_SECONDS = 60
FAR_AWAY = "2100-01-01T00:00:00+00:00"
FINAL_STATES = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")

pytestmark = [pytest.mark.timeout(400), pytest.mark.server]


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def post(url: str, body: dict[str, Any]) -> Any:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def wait_for(what: str, seconds: float, attempt: Callable[[], Any]) -> Any:
    """Call `attempt` until it returns something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := attempt():
            return result
        time.sleep(0.5)
    pytest.fail(f"{what}: not within {seconds:.0f} s")


@pytest.fixture(scope="module")
def api(environment: dict[str, str], alarms: str) -> Iterator[str]:
    """Address of a server on a free port, with the deployments and a worker."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = Path(environment["ALIGNMENT_WORKSPACE"]) / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.serve"],
            cwd=ROOT,
            env={**environment, "PORT": str(port), "ALIGNMENT_ALARM_WEBHOOK": alarms},
            stdout=output,
            stderr=output,
        )

    def is_ready() -> bool:
        assert process.poll() is None, log.read_text()
        return "Deployments > retrain > Run" in log.read_text()

    try:
        wait_for("the server", START_SECONDS, is_ready)
        yield f"http://127.0.0.1:{port}/api"
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


def deployment(api: str, name: str) -> dict[str, Any]:
    matches = [entry for entry in post(f"{api}/deployments/filter", {}) if entry["name"] == name]
    (match,) = matches
    assert isinstance(match, dict)
    return match


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
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/alarm"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


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


def test_worker_runs_a_deployment(api: str, environment: dict[str, str]) -> None:
    workspace = str(Path(environment["ALIGNMENT_WORKSPACE"]) / "served")
    parameters = {"workspace": workspace, "steps": 0, "languages": ["es", "ru"]}
    smoke = deployment(api, "smoke")["id"]
    run = post(f"{api}/deployments/{smoke}/create_flow_run", {"parameters": parameters})["id"]

    def final_state() -> dict[str, Any] | None:
        state = get(f"{api}/flow_runs/{run}")["state"]
        assert isinstance(state, dict)
        return state if state["type"] in FINAL_STATES else None

    state = wait_for("the run", RUN_SECONDS, final_state)
    assert state["name"] == "Rejected", state
    assert get(f"{api}/flow_runs/{run}")["name"] == "smoke es,ru 0 steps"
    assert "nothing was deployed" in state["message"]
    artifacts = {}
    for artifact in post(f"{api}/artifacts/filter", {}):
        if artifact["key"] and artifact["flow_run_id"] == run:
            artifacts[artifact["key"]] = artifact["data"]
    assert set(artifacts) == {"verdict", "accuracy", "ledger", "report"}
    assert artifacts["verdict"].startswith("# Rejected")
    ledger = json.loads(artifacts["ledger"])
    assert [row["language"] for row in ledger] == ["Spanish", "Russian"]
    accuracy = json.loads(artifacts["accuracy"])
    assert "Japanese (control)" in [row["language"] for row in accuracy]
    address = artifacts["report"].partition("](")[2].removesuffix(")")
    with urllib.request.urlopen(address, timeout=10) as page:
        assert "Rejected" in page.read().decode()


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


def test_a_second_server_is_refused(api: str, environment: dict[str, str]) -> None:
    port = api.split(":")[2].removesuffix("/api")
    second = subprocess.run(
        [sys.executable, "-m", "flows.serve"],
        cwd=ROOT,
        env={**environment, "PORT": port},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 1
    assert f"a Prefect server is running on 127.0.0.1:{port} already" in second.stderr


def test_a_paused_schedule_stays_paused(api: str, environment: dict[str, str]) -> None:
    nightly = deployment(api, "nightly")
    (schedule,) = nightly["schedules"]
    client = SyncPrefectClient(api=api)
    client.update_deployment_schedule(nightly["id"], schedule["id"], active=False)
    try:
        subprocess.run(
            [sys.executable, "-m", "flows.deploy"],
            cwd=ROOT,
            env={**environment, "PREFECT_API_URL": api, "ALIGNMENT_HOME": str(ROOT)},
            check=True,
            timeout=300,
        )
        (schedule,) = deployment(api, "nightly")["schedules"]
        assert schedule["active"] is False and schedule["slug"] == "nightly"
    finally:
        client.update_deployment_schedule(nightly["id"], schedule["id"], active=True)


def test_a_killed_worker_is_started_again(api: str) -> None:
    def worker() -> psutil.Process | None:
        for process in psutil.process_iter(["cmdline", "environ"]):
            command = process.info["cmdline"] or []
            served = (process.info["environ"] or {}).get("PREFECT_API_URL") == api
            if served and command[2:5] == ["prefect", "worker", "start"]:
                return process
        return None

    first = wait_for("the worker", RESTART_SECONDS, worker)
    os.kill(first.pid, signal.SIGKILL)
    first.wait(10)
    assert wait_for("another worker", RESTART_SECONDS, worker).pid != first.pid
