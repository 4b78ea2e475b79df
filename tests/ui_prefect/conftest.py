"""A project with a real Prefect server and worker, and a browser on its pages."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from alignment.templates import Template, write_project
from tests.support import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
START_SECONDS = 300
RUN_SECONDS = 400
PAGE_SECONDS = 60
FINAL_STATES = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
LONG = "configs/long.yaml"
"""Like the smoke configuration, but it trains for as long as anybody waits."""


class Served:
    """`python -m flows.serve` in a project; it can be started again on the same port."""

    def __init__(self, project: Path) -> None:
        """Choose a port; nothing is started yet."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
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
        with urllib.request.urlopen(f"{self.api}{path}", timeout=30) as answer:
            return json.load(answer)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """What the API answers to this question."""
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.api}{path}", json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

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


def wait_for(what: str, seconds: float, attempt: Callable[[], Any]) -> Any:
    """Call `attempt` until it returns something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := attempt():
            return result
        time.sleep(0.5)
    pytest.fail(f"{what}: not within {seconds:.0f} s")


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `alignment init` writes, and a configuration that trains for long."""
    project = tmp_path_factory.mktemp("project")
    write_project(project, Template.smoke)
    smoke = (project / "configs" / "smoke.yaml").read_text()
    text = re.sub(r"steps: \d+", "steps: 500000", smoke.replace("name: smoke", "name: long"))
    (project / LONG).write_text(text)
    return project


@pytest.fixture(scope="session")
def served(project: Path) -> Iterator[Served]:
    """The project with server and worker."""
    served = Served(project)
    served.start()
    try:
        yield served
    finally:
        served.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page, patient with a busy machine."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(PAGE_SECONDS * 1000)
    yield page
    page.close()


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """Directory of the screenshots; the summary of the test run names it."""
    place = os.environ.get("SCREENSHOTS")
    directory = Path(place) if place else tmp_path_factory.mktemp("screenshots")
    directory.mkdir(parents=True, exist_ok=True)
    request.config.stash[_SHOTS] = directory
    return directory


_SHOTS = pytest.StashKey[Path]()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say where the screenshots are."""
    directory = config.stash.get(_SHOTS, None)
    if directory is not None:
        terminalreporter.write_line(f"Screenshots: {directory}")


def _is_prefect(name: str) -> bool:
    return name.startswith(("PREFECT_", "ALIGNMENT_"))
