"""`make serve`: a real server that schedules, and a worker that runs a deployment."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import ROOT

START_SECONDS = 150
SCHEDULE_SECONDS = 120
RUN_SECONDS = 200
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
def api(environment: dict[str, str]) -> Iterator[str]:
    """Address of a server on a free port, with the deployments and a worker."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = Path(environment["ALIGNMENT_WORKSPACE"]) / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.serve"],
            cwd=ROOT,
            env={**environment, "PORT": str(port)},
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


def test_deployments(api: str) -> None:
    names = {entry["name"] for entry in post(f"{api}/deployments/filter", {})}
    assert names == {"retrain", "nightly", "smoke"}
    for name in names:
        options = deployment(api, name)["concurrency_options"]
        assert options["collision_strategy"] == "CANCEL_NEW"


def test_parameters_of_retrain(api: str) -> None:
    properties = deployment(api, "retrain")["parameter_openapi_schema"]["properties"]
    in_order = sorted(properties, key=lambda name: properties[name]["position"])
    assert in_order == ["config", "languages", "steps", "overrides", "workspace"]
    assert properties["languages"]["type"] == "array"
    for name in in_order:
        assert properties[name]["description"]


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
