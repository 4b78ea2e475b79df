"""The services of compose.yaml with a real PostgreSQL: a smoke run, restarts, passwords."""

from __future__ import annotations

import base64
import json
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.image.services import Ports, Services
from tests.mlflow_server import free_port, server_python
from tests.postgres import postgres, program

PASSWORD = "p@ss:w/o?r#d %41$&"
LOGIN = "admin:se:cr@t"
RUN_SECONDS = 900
FINAL = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(program("initdb") is None, reason="needs: apt-get install postgresql"),
]


class Api:
    """The server's API, with its login."""

    def __init__(self, address: str) -> None:
        self.address = address

    def call(self, path: str, body: dict[str, Any] | None = None, login: str = LOGIN) -> Any:
        token = base64.b64encode(login.encode()).decode()
        headers = {"Content-Type": "application/json", "Authorization": f"Basic {token}"}
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}{path}", content, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def start_run(self, deployment: str, **parameters: object) -> str:
        answer = self.call(f"/deployments/name/align/{deployment}")
        body = {"parameters": parameters}
        return str(self.call(f"/deployments/{answer['id']}/create_flow_run", body)["id"])

    def state(self, run: str) -> dict[str, Any]:
        state = self.call(f"/flow_runs/{run}")["state"]
        assert isinstance(state, dict)
        return state

    def lines(self, run: str) -> list[str]:
        """The log of a run, as its page shows it."""
        wanted = {"logs": {"flow_run_id": {"any_": [run]}}, "limit": 200}
        return [str(entry["message"]) for entry in self.call("/logs/filter", wanted)]


def wait_for(what: str, seconds: float, attempt: Callable[[], Any]) -> Any:
    """What the attempt returns, as soon as it is true; a server that is away is tried again."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if result := attempt():
                return result
        except OSError:
            pass
        time.sleep(1)
    raise AssertionError(f"{what}: not within {seconds:.0f} s")


@pytest.fixture(scope="module")
def ports() -> Ports:
    return Ports(free_port(), free_port(), free_port(), free_port())


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory, ports: Ports) -> Iterator[Services]:
    directory = tmp_path_factory.mktemp("services")
    variables = {
        "POSTGRES_PASSWORD": PASSWORD,
        "PREFECT_SERVER_API_AUTH_STRING": LOGIN,
        "PREFECT_API_AUTH_STRING": LOGIN,
    }
    services = Services(directory, variables, ports)
    with postgres(ports.database, "prefect", PASSWORD):
        try:
            for name in ("server", "worker", "watch"):
                services.start(name)
            yield services
        finally:
            services.stop()


@pytest.fixture(scope="module")
def api(services: Services, ports: Ports) -> Api:
    return Api(f"http://127.0.0.1:{ports.server}/api")


def final_state(api: Api, run: str) -> dict[str, Any]:
    def ended() -> dict[str, Any] | None:
        state = api.state(run)
        return state if state["type"] in FINAL else None

    state = wait_for("the run's end", RUN_SECONDS, ended)
    assert isinstance(state, dict)
    return state


def test_a_smoke_run_through_the_worker(api: Api, services: Services) -> None:
    workspace = str(services.workspace / "smoke")
    run = api.start_run("smoke", workspace=workspace)
    state = final_state(api, run)
    assert state["name"] == "Completed", (state, api.lines(run))
    lines = api.lines(run)
    # The pipeline's own lines, not those that Prefect writes about its tasks.
    assert "publish: v1 is the champion of smoke" in lines, lines
    assert (services.workspace / "smoke" / "registry" / "smoke" / "champion").exists()


def test_without_the_login_nothing_is_answered(api: Api) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        api.call("/deployments/filter", {}, login="admin:guess")
    assert refused.value.code == 401


def test_a_server_that_is_killed_in_a_run(api: Api, services: Services) -> None:
    workspace = str(services.workspace / "second")
    run = api.start_run("smoke", workspace=workspace)
    wait_for("its start", RUN_SECONDS, lambda: api.state(run)["type"] == "RUNNING")
    services.kill("server")
    time.sleep(5)
    services.start("server")
    state = final_state(api, run)
    assert state["name"] == "Completed", (state, services.log("worker").read_text()[-4000:])
    assert services.is_healthy("worker")


def test_a_restart_keeps_everything(api: Api, services: Services) -> None:
    before = contents(api)
    assert "nightly" in before
    services.stop()
    for name in ("server", "worker", "watch"):
        services.start(name)
    assert before <= contents(api)
    run = api.start_run("smoke", workspace=str(services.workspace / "smoke"))
    assert final_state(api, run)["name"] == "Completed"


def contents(api: Api) -> set[str]:
    """Names of deployments, and the ids of finished runs."""
    completed = {"flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}
    deployments = {str(entry["name"]) for entry in api.call("/deployments/filter", {})}
    return deployments | {str(run["id"]) for run in api.call("/flow_runs/filter", completed)}


def test_no_password_is_in_a_log(services: Services) -> None:
    for name in ("server", "worker", "watch"):
        text = services.log(name).read_text()
        assert PASSWORD not in text and "se:cr@t" not in text, name


def test_a_worker_that_is_stopped_ends_at_once(services: Services) -> None:
    started = time.monotonic()
    services.kill("worker", signal.SIGTERM)
    assert time.monotonic() - started < 60  # the grace period of compose.yaml


@pytest.mark.skipif(server_python() is None, reason="needs a server: make .venv-mlflow")
def test_mlflow_answers_to_its_names_only(services: Services, ports: Ports) -> None:
    services.start("mlflow")
    address = f"http://127.0.0.1:{ports.mlflow}/api/2.0/mlflow/experiments/get?experiment_id=0"
    # What the worker sends, as it has the server's name in compose.yaml.
    request = urllib.request.Request(address, headers={"Host": "mlflow:5000"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert json.load(answer)["experiment"]["name"] == "Default"
    request = urllib.request.Request(address, headers={"Host": "elsewhere.example.org"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    assert refused.value.code == 403
