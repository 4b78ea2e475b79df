"""`make serve`: a Prefect server and a worker on loopback, with the deployments of prefect.yaml.

Ends when it is interrupted, and ends what it started.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

POOL = "alignment"
START_SECONDS = 180


def serve(home: Path, host: str, port: int) -> int:
    """Start, deploy, and wait for the worker; the exit code."""
    api = f"http://{host}:{port}/api"
    environment = {
        **os.environ,
        "PREFECT_API_URL": api,
        "PREFECT_UI_API_URL": api,  # the page asks port 4200 otherwise
        "ALIGNMENT_HOME": str(home),
    }
    server = _start(["server", "start", "--host", host, "--port", str(port)], environment, home)
    worker: subprocess.Popen[bytes] | None = None
    for number in (
        signal.SIGINT,
        signal.SIGTERM,
    ):  # SIGINT too: a background job of a script inherits it ignored
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        _wait_for(f"{api}/health", server)
        _run(
            ["--no-prompt", "work-pool", "create", POOL, "--type", "process", "--overwrite"],
            environment,
            home,
        )
        _run(["--no-prompt", "deploy", "--all"], environment, home)
        print(f"Prefect: http://{host}:{port} (Deployments > retrain > Run)", flush=True)
        worker = _start(["worker", "start", "--pool", POOL], environment, home)
        return worker.wait()
    finally:
        for process in (worker, server):
            _end(process)


def _start(
    arguments: list[str], environment: dict[str, str], home: Path
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "prefect", *arguments], env=environment, cwd=home
    )


def _run(arguments: list[str], environment: dict[str, str], home: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "prefect", *arguments], env=environment, cwd=home, check=True
    )


def _end(process: subprocess.Popen[bytes] | None) -> None:
    if process is None or process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise SystemExit(
                f"the Prefect server ended with code {server.returncode}; is the port taken?"
            )
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise SystemExit(f"the Prefect server gave no answer at {url} in {START_SECONDS} s")


if __name__ == "__main__":
    sys.exit(
        serve(
            Path(__file__).resolve().parent.parent, "127.0.0.1", int(os.environ.get("PORT", "4200"))
        )
    )
