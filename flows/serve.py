"""`make serve`: a Prefect server and a worker on loopback, with the deployments of prefect.yaml.

Ends when it is interrupted, and stops the server and the worker.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from flows.environment import create_home

POOL = "alignment"
START_SECONDS = 180
STOP_SECONDS = 20
logger = logging.getLogger("alignment.serve")

Process = subprocess.Popen[bytes]


def serve(home: Path, host: str, port: int) -> int:
    """Start the server, deploy, start the worker and wait for it; return the exit code.

    Args:
        home: Directory of `prefect.yaml`.
        host: Address to listen on.
        port: Port to listen on.
    """
    create_home()
    api = f"http://{host}:{port}/api"
    environment = {
        **os.environ,
        "PREFECT_API_URL": api,
        "PREFECT_UI_API_URL": api,  # without it the page asks port 4200
        "ALIGNMENT_HOME": str(home),
    }
    # SIGINT too: a background job of a script inherits it ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    prefect = _Prefect(environment, home)
    with prefect.running("server", "start", "--host", host, "--port", str(port)) as server:
        _wait_for(f"{api}/health", server)
        prefect.call("--no-prompt", "work-pool", "create", POOL, "--type", "process", "--overwrite")
        prefect.call("--no-prompt", "deploy", "--all")
        logger.info("Prefect: http://%s:%d (Deployments > retrain > Run)", host, port)
        with prefect.running("worker", "start", "--pool", POOL) as worker:
            return worker.wait()


class _Prefect:
    """Runs `prefect` commands in subprocesses."""

    def __init__(self, environment: dict[str, str], directory: Path) -> None:
        self._environment = environment
        self._directory = directory

    def call(self, *arguments: str) -> None:
        """Run a command to its end."""
        subprocess.run(
            [sys.executable, "-m", "prefect", *arguments],
            env=self._environment,
            cwd=self._directory,
            check=True,
        )

    @contextmanager
    def running(self, *arguments: str) -> Iterator[Process]:
        """Run a command in the background, and stop it at the end of the block."""
        process = subprocess.Popen(
            [sys.executable, "-m", "prefect", *arguments],
            env=self._environment,
            cwd=self._directory,
        )
        try:
            yield process
        finally:
            _stop(process)


def _stop(process: Process) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_for(url: str, server: Process) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise SystemExit(
                f"the Prefect server ended with code {server.returncode}. "
                "If the port is taken, choose another: PORT=4201 make serve"
            )
        if _answers(url):
            return
        time.sleep(0.5)
    raise SystemExit(f"the Prefect server did not answer at {url} within {START_SECONDS} s")


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.HTTPError:
        return False


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs every request
    root = Path(__file__).resolve().parent.parent
    sys.exit(serve(root, "127.0.0.1", int(os.environ.get("PORT", "4200"))))
