"""The services of compose.yaml as processes of this machine.

Commands and environment are those of compose.yaml and of the Dockerfile. Only host names, ports
and the directories /app and /tmp become those of this machine.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.image.dockerfile import Stage, expand, read
from tests.mlflow_server import server_python
from tests.support import ROOT

HEALTHCHECK = ROOT / "deploy" / "healthcheck.py"
START_SECONDS = 300


class Ports(NamedTuple):
    """Of this machine, where the services listen."""

    database: int
    server: int
    worker: int
    mlflow: int


class Services:
    """Starts and stops them by name.

    Args:
        directory: For logs, homes and the workspace.
        variables: What `.env` would have.
        ports: Free ones.
    """

    def __init__(self, directory: Path, variables: Mapping[str, str], ports: Ports) -> None:
        self.workspace = directory / "workspace"
        self.workspace.mkdir()
        self._directory = directory
        self._variables = variables
        self._ports = ports
        self._services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
        self._stages = {stage.name: stage for stage in read(ROOT / "Dockerfile")}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        """Start a service and wait until its health check passes."""
        words = self._words(name)
        with self.log(name).open("ab") as log:
            self._processes[name] = subprocess.Popen(
                words, cwd=ROOT, env=self.environment(name), stdout=log, stderr=log
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.is_healthy(name):
            code = self._processes[name].poll()
            assert code is None, f"{name} ended with {code}:\n{self.log(name).read_text()}"
            assert time.monotonic() < deadline, f"{name}:\n{self.log(name).read_text()}"
            time.sleep(0.5)

    def is_healthy(self, name: str) -> bool:
        """Whether the image's health check passes in the service."""
        command = [sys.executable, str(HEALTHCHECK)]
        done = subprocess.run(command, env=self.environment(name), capture_output=True, check=False)
        return done.returncode == 0

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Send a signal to a service, and wait for its end."""
        process = self._processes.pop(name)
        process.send_signal(number)
        process.wait(60)

    def stop(self) -> None:
        """Stop what runs, as Compose does: what needs another service before that service."""
        for name in reversed(self._services):
            if name in self._processes:
                self.kill(name, signal.SIGTERM)

    def log(self, name: str) -> Path:
        """The file with what a service has printed."""
        return self._directory / f"{name}.log"

    def environment(self, name: str) -> dict[str, str]:
        """The variables of a service, with the places of this machine."""
        home = self._directory / name
        home.mkdir(exist_ok=True)
        configured: dict[str, Any] = self._services[name].get("environment", {})
        values = {**self._stage(name).environment(), **self._interpolated(configured)}
        places = {**self._places(), "/tmp": str(home)}
        environment = {key: _moved(str(value), places) for key, value in values.items()}
        system_path = "/usr/local/bin:/usr/bin:/bin"
        environment["PATH"] = expand(environment.get("PATH", "$PATH"), {"PATH": system_path})
        if name == "server":
            assert environment["PREFECT_SERVER_DATABASE_HOST"] == "database"
            environment["PREFECT_SERVER_DATABASE_HOST"] = "127.0.0.1"
            environment["PREFECT_SERVER_DATABASE_PORT"] = str(self._ports.database)
            environment["PREFECT_SERVER_API_PORT"] = str(self._ports.server)
        environment["PREFECT_WORKER_WEBSERVER_PORT"] = str(self._ports.worker)
        return environment

    def _stage(self, name: str) -> Stage:
        """The stage of the Dockerfile that a service runs."""
        build = self._services[name].get("build")
        return self._stages[build["target"] if isinstance(build, dict) else ""]

    def _words(self, name: str) -> list[str]:
        """What a service executes, with the places of this machine."""
        service = self._services[name]
        words = [*service.get("entrypoint", []), *service.get("command", [])]
        if not words:
            words = self._stage(name).command()
        if words[0] == "mlflow":
            words = [str(server_python()), "-m", *words]
            words[words.index("5000")] = str(self._ports.mlflow)
        return [_moved(word, self._places()) for word in words]

    def _places(self) -> dict[str, str]:
        """Addresses and directories of the containers, and what they are here."""
        here = "http://127.0.0.1"
        return {
            "http://server:4200": f"{here}:{self._ports.server}",
            "http://127.0.0.1:4200": f"{here}:{self._ports.server}",
            "http://127.0.0.1:8080": f"{here}:{self._ports.worker}",
            "http://127.0.0.1:5000": f"{here}:{self._ports.mlflow}",
            "/app/.venv/bin": str(Path(sys.executable).parent),
            "/app/workspace": str(self.workspace),
            "/app": str(ROOT),
            "/mlflow/": f"{self._directory}/mlflow/",
        }

    def _interpolated(self, configured: Mapping[str, Any]) -> dict[str, str]:
        """As Compose does it; a key without a value comes from `.env`, or is not set."""
        values = {}
        for key, value in configured.items():
            if value is not None:
                values[key] = re.sub(r"\$\{(\w+):([?-])([^}]*)\}", self._variable, str(value))
            elif key in self._variables:
                values[key] = self._variables[key]
        return values

    def _variable(self, match: re.Match[str]) -> str:
        name, kind, rest = match.groups()
        if kind == "-":
            return self._variables.get(name) or rest
        assert self._variables.get(name), f"{name}: {rest}"
        return self._variables[name]


def _moved(value: str, places: Mapping[str, str]) -> str:
    """The value with the first place that it has replaced: the longest come first."""
    for old, new in places.items():
        if old in value:
            return value.replace(old, new)
    return value
