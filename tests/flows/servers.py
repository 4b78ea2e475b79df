"""A Prefect server with worker and deployments, as `make serve` starts it, for tests."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support import ROOT

START_SECONDS = 600
RUN_SECONDS = 400
BUSY = 503
"""What the server answers while another request holds the lock of SQLite."""
FINAL_STATES = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)


def post(url: str, body: dict[str, Any]) -> Any:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)

    def attempt() -> list[Any] | None:
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return [json.load(answer)]
        except urllib.error.HTTPError as error:
            if error.code != BUSY:
                raise
            return None

    return wait_for(url, 60, attempt)[0]


def wait_for(what: str, seconds: float, attempt: Callable[[], Any]) -> Any:
    """Call `attempt` until it returns something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := attempt():
            return result
        time.sleep(0.5)
    pytest.fail(f"{what}: not within {seconds:.0f} s")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    environment: dict[str, str], port: int, seconds: float = START_SECONDS
) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m flows.serve` when it is ready; it is stopped at the end, if it still runs."""
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
        wait_for("the server", seconds, is_ready)
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def deployment(api: str, name: str) -> dict[str, Any]:
    matches = [entry for entry in post(f"{api}/deployments/filter", {}) if entry["name"] == name]
    (match,) = matches
    assert isinstance(match, dict)
    return match


def start(api: str, name: str, **parameters: Any) -> str:
    """The id of a new run of a deployment."""
    url = f"{api}/deployments/{deployment(api, name)['id']}/create_flow_run"
    return str(post(url, {"parameters": parameters})["id"])


def state_of(api: str, run: str) -> dict[str, Any]:
    state = get(f"{api}/flow_runs/{run}")["state"]
    assert isinstance(state, dict)
    return state


def end_of(api: str, run: str) -> dict[str, Any]:
    """The state in which a run rests: final, or suspended."""

    def rests() -> dict[str, Any] | None:
        state = state_of(api, run)
        return state if state["type"] in (*FINAL_STATES, "PAUSED") else None

    state: dict[str, Any] = wait_for("the run", RUN_SECONDS, rests)
    return state
