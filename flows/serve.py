"""`make serve`: a Prefect server and a worker on loopback, with the deployments of prefect.yaml.

Server and worker are restarted if they end, and end with this process. Meanwhile it looks for runs
that died and for schedules that have stalled (see `flows.watch`).
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from flows.children import Children, GivenUpError
from flows.deploy import POOL
from flows.environment import create_home
from flows.reports import ADDRESS, serving
from flows.selection import workspace_roots

logger = logging.getLogger("alignment.serve")


def serve(home: Path, host: str, port: int) -> int:
    """Start the server, deploy, start the worker, and watch; return the exit code.

    Args:
        home: Directory of `prefect.yaml`.
        host: Address to listen on.
        port: Port to listen on.
    """
    refuse_taken(host, port)
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
    try:
        with (
            serving(workspace_roots(home), host) as reports,
            Children({**environment, ADDRESS: reports}, home) as children,
        ):
            address = ("--host", host, "--port", str(port))
            children.start("server", "start", *address, is_ready=lambda: _answers(f"{api}/health"))
            deploy = (sys.executable, "-m", "flows.deploy")
            subprocess.run(deploy, env=environment, cwd=home, check=True)
            logger.info("Prefect: http://%s:%d (Deployments > retrain > Run)", host, port)
            children.start("worker", "start", "--pool", POOL)
            _watch(children, api)
    except GivenUpError as error:
        logger.error("error: %s", error)
    except subprocess.CalledProcessError as error:
        logger.error("error: the deployments were refused (exit code %d)", error.returncode)
    return 1


def refuse_taken(host: str, port: int) -> None:
    """End with a message if another process listens on the port.

    Prefect would look at that process, take it for its own server and add a second worker to it.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = f"cannot listen on {host}:{port}: {error.strerror}"
            if _answers(f"http://{host}:{port}/api/health"):
                reason = f"a Prefect server is running on {host}:{port} already; use that one"
            raise SystemExit(
                f"error: {reason}. Or choose another port: PORT={port + 1} make serve"
            ) from error


def _watch(children: Children, api: str) -> None:
    """Revive the processes and look at the runs, until this process is told to stop."""
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.settings import PREFECT_API_AUTH_STRING

    from flows.watch import LOOK_SECONDS, Watch, limits_from_environment

    with SyncPrefectClient(api=api, auth_string=PREFECT_API_AUTH_STRING.value()) as client:
        watch = Watch(client, limits_from_environment())
        next_look = time.monotonic() + LOOK_SECONDS
        while True:
            time.sleep(1)
            children.revive()
            if time.monotonic() >= next_look:
                watch.look()
                next_look = time.monotonic() + LOOK_SECONDS


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
