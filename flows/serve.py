"""`make serve`: a Prefect server and a worker on loopback, with the deployments of prefect.yaml.

Server and worker are restarted if they end, and end with this process. Meanwhile it looks for runs
that died and for schedules that have stalled (see `flows.watch`). A server that does not answer is
restarted, too. If that does not help, this process sends an alarm and ends.
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
from typing import NoReturn

import httpx

from alignment.errors import ConfigError
from flows.alarm import SERVE_ENDED, post_alarm
from flows.children import Children, GivenUpError
from flows.environment import create_home
from flows.limits import Limits, limits_from_environment
from flows.reports import ADDRESS, serving
from flows.selection import workspace_roots
from flows.watch import Watch, impatient_client

LAST_PORT = 65535
logger = logging.getLogger("alignment.serve")


def serve(home: Path, host: str, port: int) -> int:
    """Start the server, deploy, start the worker, and watch; return the exit code.

    Args:
        home: Directory of `prefect.yaml`.
        host: Address to listen on.
        port: Port to listen on.

    Raises:
        ConfigError: if a limit in the environment is not a number.
    """
    limits = limits_from_environment()
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
            serving(workspace_roots(home), host, _reports_port(host, port)) as reports,
            Children({ADDRESS: reports, **environment}, home) as children,
        ):
            command = ("prefect", "server", "start", "--host", host, "--port", str(port))
            children.start("server", *command, is_ready=lambda: _answers(f"{api}/health"))
            deploy = (sys.executable, "-m", "flows.deploy")
            subprocess.run(deploy, env=environment, cwd=home, check=True)
            logger.info("Prefect: http://%s:%d (Deployments > retrain > Run)", host, port)
            children.start("worker", "flows.worker")
            _watch(children, api, home, limits)
    except GivenUpError as error:
        reason = str(error)
    except subprocess.CalledProcessError as error:
        reason = f"the deployments were refused (exit code {error.returncode})"
    except Exception as error:
        _tell_that_it_ended(host, port, f"{type(error).__name__}: {error}")
        raise
    logger.error("error: %s", reason)
    _tell_that_it_ended(host, port, reason)
    return 1


def _tell_that_it_ended(host: str, port: int, reason: str) -> None:
    message = f"make serve has ended, so no schedule runs: {reason}. Start it again."
    post_alarm(SERVE_ENDED, f"{host}:{port}", message)


def refuse_taken(host: str, port: int) -> None:
    """End with a message if another process listens on the port.

    Prefect would look at that process, take it for its own server and add a second worker to it.
    """
    refusal = _refusal(host, port)
    if refusal is None:
        return
    reason = f"cannot listen on {host}:{port}: {refusal.strerror}"
    if _answers(f"http://{host}:{port}/api/health"):
        reason = f"a Prefect server is running on {host}:{port} already; use that one"
    raise SystemExit(
        f"error: {reason}. Or choose another port: PORT={port + 2} make serve"
    ) from refusal


def _reports_port(host: str, port: int) -> int:
    """The port of the reports: the one after the server's, or 0 if it is taken.

    It stays the same after a restart, because the pages of earlier runs link to it.
    """
    wanted = port + 1
    if wanted <= LAST_PORT and _refusal(host, wanted) is None:
        return wanted
    logger.warning(
        "port %d is taken, so the reports get another one: links on the pages of earlier runs do "
        "not open. Free it, or choose another PORT.",
        wanted,
    )
    return 0


def _refusal(host: str, port: int) -> OSError | None:
    """Why nothing can listen on a port; None if something can."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None


def _watch(children: Children, api: str, home: Path, limits: Limits) -> NoReturn:
    """Revive the processes, look at the runs and renew the forms, until told to stop."""
    from flows.form import Forms

    with impatient_client(api) as client:
        watch = Watch(client, limits)
        forms = Forms(client, home)
        next_look = time.monotonic() + limits.look_seconds
        while True:
            time.sleep(1)
            children.revive()
            forms.look()
            if time.monotonic() < next_look:
                continue
            if not watch.look():
                logger.warning("the Prefect server is restarted")
                children.end("server")
            next_look = time.monotonic() + limits.look_seconds


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.HTTPError:
        return False


def main() -> int:
    """Serve on loopback, on the port of `PORT`."""
    home = Path(__file__).resolve().parent.parent
    return serve(home, "127.0.0.1", _port())


def _port() -> int:
    text = os.environ.get("PORT", "4200")
    if not text.isdecimal() or not 0 < int(text) <= LAST_PORT:
        problem = f"got {text!r}, expected a number up to {LAST_PORT}"
        raise ConfigError(problem, where="PORT", hint="Leave it out for 4200.")
    return int(text)


if __name__ == "__main__":
    from alignment.cli.exit_codes import exit_code_of

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs every request
    sys.exit(exit_code_of(main))
