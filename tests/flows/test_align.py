"""The flow as `make smoke` runs it, with Prefect's embedded server; and a real server that schedules."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.support import ROOT, SMOKE


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    home = tmp_path_factory.mktemp("flow")
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    return {
        **clean,
        "ALIGNMENT_WORKSPACE": str(home),
        "HOME": str(home / "user"),
        "CI": "true",
        "COLUMNS": "160",
    }


def flow(environment: dict[str, str], *overrides: str) -> "subprocess.CompletedProcess[str]":
    arguments = [part for override in overrides for part in ("--set", override)]
    return subprocess.run(
        [sys.executable, "-m", "flows.align", str(SMOKE), *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        timeout=280,
        check=False,
    )


def test_the_flow_publishes_then_refuses_and_keeps_the_champion(
    environment: dict[str, str],
) -> None:
    done = flow(environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (
        "Task run 'mine ja'" in done.stderr + done.stdout
        and "Approved against the base encoder: v1" in done.stdout
    )
    assert "train step" in done.stderr + done.stdout  # the library's log lines reach Prefect
    workspace = Path(environment["ALIGNMENT_WORKSPACE"])
    assert (workspace / "prefect" / "prefect.db").is_file() and not (
        workspace / "user" / ".prefect"
    ).exists()
    refused = flow(environment, "train.steps=0")
    assert refused.returncode == 3, refused.stdout + refused.stderr
    assert "Rejected" in refused.stderr + refused.stdout and "v1 stays deployed" in refused.stdout
    assert (workspace / "registry" / "smoke" / "champion").readlink() == Path("v1")


def test_a_configuration_mistake_is_said_before_a_server_starts(
    environment: dict[str, str],
) -> None:
    done = flow(environment, "train.stepz=1")
    assert (
        done.returncode == 2
        and "did you mean 'steps'?" in done.stderr
        and "server" not in done.stderr
    )


def _post(url: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def server(environment: dict[str, str]) -> Any:
    """`make serve` on a free port: server, deployments and worker."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = Path(environment["ALIGNMENT_WORKSPACE"]) / "serve.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.serve"],
            cwd=ROOT,
            env={**environment, "PORT": str(port)},
            stdout=out,
            stderr=out,
        )
    try:
        deadline = time.monotonic() + 150
        while b"Deployments > retrain > Run" not in log.read_bytes():
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}/api"
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


@pytest.mark.timeout(400)
def test_a_real_server_schedules_nightly_and_renders_the_parameters_of_retrain(server: str) -> None:
    """Prefect with the FastAPI and SQLAlchemy that pip would choose by itself looks well and schedules nothing."""
    deployments = {d["name"]: d for d in _post(f"{server}/deployments/filter", {})}
    assert set(deployments) == {"retrain", "nightly", "smoke"}
    properties = deployments["retrain"]["parameter_openapi_schema"]["properties"]
    assert properties["steps"]["description"] and properties["languages"]["type"] == "array"
    assert [name for name, _ in sorted(properties.items(), key=lambda p: p[1]["position"])] == [
        "config",
        "languages",
        "steps",
        "overrides",
        "workspace",
    ]
    assert deployments["retrain"]["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"
    deadline = time.monotonic() + 120
    while True:
        runs = _post(
            f"{server}/flow_runs/filter",
            {"deployments": {"id": {"any_": [deployments["nightly"]["id"]]}}},
        )
        if runs:
            break
        assert time.monotonic() < deadline, "no scheduled run appeared"
        time.sleep(1)
    assert runs[0]["auto_scheduled"] and runs[0]["state_type"] == "SCHEDULED"


@pytest.mark.timeout(400)
def test_a_run_started_over_the_api_is_done_by_the_worker(
    server: str, environment: dict[str, str]
) -> None:
    deployment = next(d for d in _post(f"{server}/deployments/filter", {}) if d["name"] == "smoke")
    workspace = str(Path(environment["ALIGNMENT_WORKSPACE"]) / "served")
    run = _post(
        f"{server}/deployments/{deployment['id']}/create_flow_run",
        {"parameters": {"workspace": workspace, "steps": 0}},
    )
    deadline = time.monotonic() + 200
    while True:
        with urllib.request.urlopen(f"{server}/flow_runs/{run['id']}", timeout=10) as answer:
            state = json.load(answer)["state"]
        if state["type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED"):
            break
        assert time.monotonic() < deadline, state
        time.sleep(1)
    assert state["name"] == "Rejected" and "nothing was deployed" in state["message"], state
    everything = _post(f"{server}/artifacts/filter", {})
    artifacts = {a["key"]: a for a in everything if a["key"] and a["flow_run_id"] == run["id"]}
    assert set(artifacts) == {"verdict", "accuracy", "ledger", "report"}
    assert (
        "# Rejected" in artifacts["verdict"]["data"]
        and len(json.loads(artifacts["ledger"]["data"])) == 3
    )
