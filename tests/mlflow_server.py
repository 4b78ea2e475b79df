"""A real MLflow server with SQLite on loopback, in an environment of its own.

MLflow's server wants an older pyarrow than `constraints.txt` has, so it is not installed beside the
package: `make test-slow` makes `.venv-mlflow`. `ALIGNMENT_MLFLOW_PYTHON` names another Python that
has it.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import ROOT

START_SECONDS = 120


def server_python() -> Path | None:
    """The Python that has MLflow's server, if any."""
    path = Path(os.environ.get("ALIGNMENT_MLFLOW_PYTHON", ROOT / ".venv-mlflow/bin/python"))
    return path if path.exists() else None


@contextmanager
def mlflow_server(directory: Path, *, port: int = 0) -> Iterator[str]:
    """The address of a server that keeps everything in this directory."""
    python = server_python()
    assert python is not None
    port = port or free_port()
    directory.mkdir(parents=True, exist_ok=True)
    command = [
        *(str(python), "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)),
        *("--backend-store-uri", f"sqlite:///{directory}/mlflow.db"),
        *("--artifacts-destination", str(directory / "artifacts"), "--workers", "1"),
    ]
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (directory / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, cwd=directory, env=environment, start_new_session=True
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, process, directory / "server.log")
        yield address
    finally:
        os.killpg(process.pid, 15)
        process.wait(30)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"the MLflow server did not start:\n{log.read_text()}")
