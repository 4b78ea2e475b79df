"""A project whose Prefect server and worker are running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

from tests.flows import servers
from tests.flows.servers import FINAL_STATES, RUN_SECONDS, START_SECONDS, free_port, wait_for
from tests.support import ROOT

PAGE_SECONDS = 60
LONG = "configs/long.yaml"
"""Like the smoke configuration, but it trains for as long as anybody waits."""


class Served:
    """`python -m flows.serve` in a project; it can be started again on the same port."""

    def __init__(self, project: Path) -> None:
        """Choose a port; nothing is started yet."""
        self.port = free_port()
        self.project = project
        self.workspace = project / "workspace"
        self.url = f"http://127.0.0.1:{self.port}"
        self.api = f"{self.url}/api"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not _is_prefect(name)},
            "PORT": str(self.port),
            "PREFECT_HOME": str(project / "home"),
            "PREFECT_WORKER_QUERY_SECONDS": "2",
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start server and worker, and wait until both are there."""
        log = self.project / "serve.log"
        with log.open("wb") as output:
            command = [sys.executable, "-m", "flows.serve"]
            self._process = subprocess.Popen(
                command, cwd=self.project, env=self.environment, stdout=output, stderr=output
            )

        def is_ready() -> bool:
            assert self._process is not None and self._process.poll() is None, log.read_text()
            text = log.read_text()
            return "Deployments > retrain > Run" in text and "Worker" in text

        wait_for("the server", START_SECONDS, is_ready)

    def stop(self) -> None:
        """End server and worker."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        assert self._process.wait(60) == 0

    def get(self, path: str) -> Any:
        """What the API answers."""
        return servers.get(f"{self.api}{path}")

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """What the API answers to this question."""
        return servers.post(f"{self.api}{path}", body)

    def delete(self, path: str) -> None:
        """Delete something."""
        request = urllib.request.Request(f"{self.api}{path}", method="DELETE")
        urllib.request.urlopen(request, timeout=30).close()

    def deployment(self, name: str) -> dict[str, Any]:
        """The deployment with this name."""
        matches = [entry for entry in self.post("/deployments/filter", {}) if entry["name"] == name]
        (match,) = matches
        assert isinstance(match, dict)
        return match

    def run(self, deployment: str, **parameters: object) -> str:
        """Start a run; its id."""
        number = self.deployment(deployment)["id"]
        body = {"parameters": parameters}
        return str(self.post(f"/deployments/{number}/create_flow_run", body)["id"])

    def state(self, run: str) -> dict[str, Any]:
        """The present state of a run."""
        state = self.get(f"/flow_runs/{run}")["state"]
        assert isinstance(state, dict)
        return state

    def final_state(self, run: str, seconds: float = RUN_SECONDS) -> dict[str, Any]:
        """The state in which a run ends."""

        def final() -> dict[str, Any] | None:
            state = self.state(run)
            return state if state["type"] in FINAL_STATES else None

        state = wait_for(f"the run {run}", seconds, final)
        assert isinstance(state, dict)
        return state

    def runs(self, name: str) -> list[dict[str, Any]]:
        """The runs of a deployment, the newest first."""
        wanted = {"deployments": {"name": {"any_": [name]}}, "sort": "START_TIME_DESC"}
        runs: list[dict[str, Any]] = self.post("/flow_runs/filter", wanted)
        return runs


def _is_prefect(name: str) -> bool:
    return name.startswith(("PREFECT_", "ALIGNMENT_"))
