"""A real PostgreSQL on loopback, which asks for a password."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_SECONDS = 60
_ACCOUNT = "postgres"
"""PostgreSQL refuses to run as root."""


def program(name: str) -> str | None:
    """Where a program of PostgreSQL's server is, if anywhere; Debian keeps them out of PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    return shutil.which(name) or (str(versions[0]) if versions else None)


@contextmanager
def postgres(port: int, user: str, password: str) -> Iterator[None]:
    """A server with one user and a database of the same name.

    Its files are not in a directory of pytest: those are their owner's only.

    Args:
        port: Where it listens.
        user: Name of the user and of the database.
        password: Of the user.
    """
    account = _ACCOUNT if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="postgres-") as name:
        directory = Path(name)
        secret = directory / "password"
        secret.write_text(password)
        if account:
            shutil.chown(directory, account)
            shutil.chown(secret, account)
        with _serving(directory, port, user, account):
            create = [str(program("createdb")), "-h", "127.0.0.1", "-p", str(port), "-U", user]
            subprocess.run([*create, user], env={**os.environ, "PGPASSWORD": password}, check=True)
            yield


@contextmanager
def _serving(directory: Path, port: int, user: str, account: str | None) -> Iterator[None]:
    data = directory / "data"
    secret = directory / "password"
    initialize = [program("initdb"), "--pgdata", str(data), "--username", user, "--encoding=UTF8"]
    initialize += ["--auth=scram-sha-256", "--pwfile", str(secret), "--no-sync"]
    subprocess.run([str(word) for word in initialize], user=account, check=True, cwd=directory)
    serve = [program("postgres"), "-D", str(data), "-p", str(port), "-k", str(directory)]
    serve += ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(word) for word in serve], user=account, stdout=log, stderr=log, cwd=directory
        )
    try:
        _wait_for(port, process, directory / "log")
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError(f"PostgreSQL did not start:\n{log.read_text()}")
