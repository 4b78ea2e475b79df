"""A project in which `python -m flows.serve` runs, as on a team's machine."""

from __future__ import annotations

import datetime
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil
import pytest
import yaml

from alignment.pipeline.workspace import Workspace
from alignment.registry import Registry, find_damage
from alignment.templates import Template, write_project
from tests.operate.alarms import Alarms
from tests.operate.processes import kill, processes
from tests.support import import_path

MODEL = "tiny"
GOOD = ("Completed", "Approved", "Reused")
"""How the state of a run is called that has published, or would have."""
FINAL = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
SLOW = float(os.environ.get("OPERATE_SLOW", "1"))
"""Factor for all patience, on a machine that others use as well."""
START_SECONDS = 240
RUN_SECONDS = 180
LOST_SECONDS = 120
"""Silence, a look at it, and what the server needs."""
CONFIG = """
name: tiny
pivot: en
encoder:
  {source: scratch, vocab_size: 400, hidden_size: 32, num_layers: 1, num_heads: 2, max_tokens: 24}
corpora:
  - kind: local
    name: tiny
    path: data/tiny.tsv
    license: Apache-2.0
    columns: {source: en, target: "{lang}"}
languages: {es: {}}
holdout: {share: 0.2}
train: {steps: 200, batch_size: 16, learning_rate: 3.0e-3, dropout: 0.0}
gate: {floor: 0.01, min_queries: 10, alpha: 1.0e-15}
"""
SCALED = {
    "ALIGNMENT_SILENCE_MINUTES": str(0.75 + (SLOW - 1) / 4),  # instead of 5
    "ALIGNMENT_STALLED_HOURS": "0.05",  # instead of 8
    "ALIGNMENT_AWAY_MINUTES": "1",  # instead of 10
    "PREFECT_WORKER_QUERY_SECONDS": "1",  # instead of 10
    "PREFECT_WORKER_HEARTBEAT_SECONDS": "3",  # instead of 30
}
"""Limits in fast motion: about a tenth of the defaults."""
BUSY_TRIES = 20
T = TypeVar("T")


def wait_for(what: str, seconds: float, attempt: Callable[[], T | None], pause: float = 0.25) -> T:
    """Call `attempt` until it returns something; `seconds` are those of an idle machine."""
    deadline = time.monotonic() + seconds * SLOW
    while time.monotonic() < deadline:
        if result := attempt():
            return result
        time.sleep(pause)
    pytest.fail(f"{what}: not within {seconds * SLOW:.0f} s")


@dataclass
class Site:
    """One project, its server, and its workspace."""

    root: Path
    alarms: Alarms
    settings: Mapping[str, str] = field(default_factory=lambda: SCALED)
    nightly_seconds: int | None = None
    """Seconds between two scheduled runs; None: the schedule is off."""
    port: int = 0
    serving: subprocess.Popen[bytes] | None = None

    @property
    def workspace(self) -> Path:
        """`ALIGNMENT_WORKSPACE`."""
        return self.root / "workspace"

    @property
    def api(self) -> str:
        """Address of the server."""
        return f"http://127.0.0.1:{self.port}/api"

    @property
    def log(self) -> Path:
        """What serve and its children print."""
        return self.root / "serve.log"

    @property
    def registry(self) -> Registry:
        """Of the only model."""
        return Workspace(self.workspace).registry(MODEL)

    @property
    def has_ended(self) -> bool:
        """Whether serve has ended."""
        return self.serving is not None and self.serving.poll() is not None

    def prepare(self) -> None:
        """Write the project, with one tiny model in all deployments."""
        write_project(self.root, Template.smoke)
        (self.root / "configs" / "tiny.yaml").write_text(CONFIG)
        path = self.root / "prefect.yaml"
        described = yaml.safe_load(path.read_text())
        for deployment in described["deployments"]:
            deployment["parameters"]["workspace"] = str(self.workspace)
            if "config" in deployment["parameters"]:
                deployment["parameters"]["config"] = "configs/tiny.yaml"
            for schedule in deployment.get("schedules", []):
                schedule["active"] = False
            if deployment["name"] == "nightly" and self.nightly_seconds:
                active = {"slug": "nightly", "interval": self.nightly_seconds, "active": True}
                deployment["schedules"] = [active]
        path.write_text(yaml.safe_dump(described))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def environment(self) -> dict[str, str]:
        """Of serve: none of Prefect's settings but those of a user of this project."""
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")
        }
        return {
            **inherited,
            **self.settings,
            "ALIGNMENT_WORKSPACE": str(self.workspace),
            "ALIGNMENT_ALARM_WEBHOOK": self.alarms.address,
            "HOME": str(self.root / "home"),
            "PORT": str(self.port),
            "PYTHONPATH": import_path(),
            "OMP_NUM_THREADS": "1",
            "CI": "true",
            "COLUMNS": "160",
        }

    @contextmanager
    def operating(self) -> Iterator[Site]:
        """With a server, a worker and a first champion; everything is stopped at the end."""
        self.prepare()
        try:
            self.start()
            self.completes()
            yield self
        finally:
            self.stop()

    def start(self) -> None:
        """Start serve and wait until it is ready, as a supervisor does at boot and after its end.

        The server of a serve that was killed may still hold the port for a moment; then serve ends
        with that message, and is started again.
        """
        deadline = time.monotonic() + START_SECONDS * SLOW
        while not self._starts(deadline):
            time.sleep(2)

    def _starts(self, deadline: float) -> bool:
        """Start serve once; returns whether it got ready, False if the port was taken."""
        with self.log.open("ab") as output:
            position = output.tell()
            self.serving = subprocess.Popen(
                [sys.executable, "-m", "flows.serve"],
                cwd=self.root,
                env=self.environment(),
                stdout=output,
                stderr=output,
            )
        while time.monotonic() < deadline:
            said = self.log.read_bytes()[position:].decode(errors="replace")
            if "Deployments > retrain > Run" in said:
                return True
            if self.serving.poll() is not None:
                assert "on 127.0.0.1:" in said, said
                return False
            time.sleep(0.5)
        pytest.fail(f"serve was not ready within {START_SECONDS * SLOW:.0f} s: {said}")

    def stop(self) -> None:
        """Stop serve, and whatever is left."""
        if self.serving is not None and self.serving.poll() is None:
            self.serving.send_signal(signal.SIGINT)
            try:
                self.serving.wait(60)
            except subprocess.TimeoutExpired:
                self.serving.kill()
        for left in processes(self.workspace).values():
            kill(left)

    def kill(self, *kinds: str) -> None:
        """SIGKILL to all processes of these kinds at once."""
        by_kind = processes(self.workspace)
        kill([process for kind in kinds for process in by_kind[kind]])
        if "serve" in kinds and self.serving is not None:
            self.serving.wait()

    def signal(self, kind: str, number: int) -> None:
        """Send a signal to the processes of a kind."""
        kill(processes(self.workspace)[kind], number)

    def running(self, kind: str) -> list[psutil.Process]:
        """The processes of a kind."""
        return processes(self.workspace)[kind]

    def request(self, method: str, path: str, body: Any = None) -> Any:
        """The server's answer. One that is busy (503) is asked again, as Prefect's client does.

        Raises:
            httpx.HTTPError: if there is none, or an error.
        """
        for _ in range(BUSY_TRIES):
            answer = httpx.request(method, f"{self.api}/{path}", json=body, timeout=20 * SLOW)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            time.sleep(1)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def deployment(self, name: str) -> dict[str, Any]:
        """One deployment."""
        answer = self.request("POST", "deployments/filter", {})
        (match,) = [entry for entry in answer if entry["name"] == name]
        assert isinstance(match, dict)
        return match

    def begin(self, *overrides: str, deployment: str = "retrain") -> str:
        """Ask for a run now; its id."""
        path = f"deployments/{self.deployment(deployment)['id']}/create_flow_run"
        run = self.request("POST", path, {"parameters": {"overrides": list(overrides)}})
        return str(run["id"])

    def state(self, run: str) -> dict[str, Any]:
        """The state of a run; empty while the server does not answer."""
        try:
            state = self.request("GET", f"flow_runs/{run}")["state"]
        except httpx.HTTPError:
            return {}
        assert isinstance(state, dict)
        return state

    def set_state(self, run: str, kind: str) -> None:
        """Put a run into a state, as the page and `prefect flow-run cancel` do."""
        body = {"state": {"type": kind}, "force": kind == "PENDING"}
        self.request("POST", f"flow_runs/{run}/set_state", body)

    def answers(self) -> bool:
        """Whether the server answers."""
        try:
            self.request("GET", "health")
        except httpx.HTTPError:
            return False
        return True

    def final(self, run: str, seconds: float = RUN_SECONDS) -> dict[str, Any]:
        """Wait for the end of a run; its state."""

        def ended() -> dict[str, Any] | None:
            state = self.state(run)
            return state if state.get("type") in FINAL else None

        return wait_for(f"the end of the run, which is {self.state(run)}", seconds, ended)

    def verdicts(self, since: float) -> list[float]:
        """When runs of the schedule came to a verdict, after a time of `time.time`."""
        wanted = {
            "deployments": {"name": {"any_": ["nightly"]}},
            "flow_runs": {"state": {"name": {"any_": [*GOOD, "Rejected"]}}},
            "sort": "END_TIME_DESC",
        }
        try:
            runs = self.request("POST", "flow_runs/filter", wanted)
        except httpx.HTTPError:
            return []
        ends = [datetime.datetime.fromisoformat(run["end_time"]).timestamp() for run in runs]
        return [end for end in ends if end > since]

    def completes(self, *overrides: str) -> None:
        """A new run completes.

        Raises:
            AssertionError: if it does not.
        """
        state = self.final(self.begin(*overrides))
        assert state["name"] in GOOD, state

    def is_whole(self) -> None:
        """The champion and all other versions are whole.

        Raises:
            AssertionError: if something is damaged, or there is no champion.
        """
        assert find_damage(self.registry) == []
        assert self.registry.champion() is not None
