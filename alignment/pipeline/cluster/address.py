"""Finding the head of a Ray cluster and connecting to it."""

from __future__ import annotations

import contextvars
import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alignment.config.runner import AUTO
from alignment.errors import ConfigError, Unavailable

KEY = "runner.address"
CONNECT_SECONDS = 10.0
"""How long the head may take to answer."""
LOOK_SECONDS = 5.0
"""Between two looks at the head during a run."""
_HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
"""How a connection of HTTP/2 begins, which gRPC uses: the preface and empty settings (RFC 9113)."""
_SETTINGS = 4
"""Type of the first frame of the answer."""
logger = logging.getLogger(__name__)


def connect(address: str) -> str:
    """Connect this process to the cluster; returns HOST:PORT of the head.

    Args:
        address: HOST:PORT of the head, or `auto`.

    Raises:
        Unavailable: if there is no cluster, or this machine is not part of it.
        ConfigError: if it has another version of Ray or Python.
    """
    import ray

    head = _address_of_head(ray, address)
    # Where nothing answers, Ray waits 80 seconds and then ends the process.
    check_reachable(head)
    _log_messages(ray)
    try:
        ray.init(
            address=head,
            log_to_driver=False,
            logging_level=logging.ERROR,
            configure_logging=False,
        )
    except (Exception, SystemExit) as error:  # of many kinds
        if "ersion mismatch" in str(error):
            raise other_versions(str(error)) from None
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise _no_cluster(head, reason) from None
    return head


@contextmanager
def watched(head: str) -> Iterator[None]:
    """Warn while the head does not answer: after a minute of that Ray ends this process."""
    over = threading.Event()
    watch = contextvars.copy_context().run  # the log lines belong to the run in progress
    thread = threading.Thread(target=watch, args=(_watch, head, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()


def _watch(head: str, over: threading.Event) -> None:
    is_away = False
    while not over.wait(LOOK_SECONDS):
        try:
            check_reachable(head)
        except Unavailable:
            if not is_away:
                logger.warning(
                    "the head of the Ray cluster at %s does not answer. If it stays away, this run "
                    "ends within a minute; start Ray and run again, finished stages are kept.",
                    head,
                )
            is_away = True
        else:
            if is_away:
                logger.warning("the head of the Ray cluster at %s is back", head)
            is_away = False


def _address_of_head(ray: Any, address: str) -> str:
    if address != AUTO:
        return address
    try:
        head: str | None = ray._private.services.canonicalize_bootstrap_address(AUTO)
    except ConnectionError:
        head = None
    if head is None:
        raise _no_cluster(AUTO, "no Ray runs on this machine")
    return head


def check_reachable(address: str) -> None:
    """Check that a server of gRPC answers at HOST:PORT.

    Raises:
        Unavailable: if not.
    """
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS) as connection:
            if os.environ.get("RAY_USE_TLS", "0") in ("0", ""):
                _check_protocol(connection, address)
    except OSError as error:
        reason = error.strerror or f"nothing answered within {CONNECT_SECONDS:.0f} s"
        raise _no_cluster(address, reason) from None


def _check_protocol(connection: socket.socket, address: str) -> None:
    connection.settimeout(CONNECT_SECONDS)
    connection.sendall(_HELLO)
    answer = b""
    while len(answer) < 4:
        received = connection.recv(9)
        if not received:
            break
        answer += received
    if len(answer) < 4 or answer[3] != _SETTINGS:
        raise _no_cluster(address, "what answers there is not Ray")


def _log_messages(ray: Any) -> None:
    """Log what Ray prints when a worker is lost; the runner says so in its own words."""

    def log(data: dict[str, Any], **_: Any) -> None:
        for line in data.get("lines", ()):
            logger.debug("Ray: %s", line)

    ray._private.worker.print_to_stdstream = log


def _no_cluster(address: str, reason: str) -> Unavailable:
    return Unavailable(
        f"there is no Ray cluster at {address}: {reason}",
        where=KEY,
        hint="Start one with `ray start --head`, let this machine join one with "
        "`ray start --address=HOST:PORT`, or set runner.kind: local.",
    )


def other_versions(text: str) -> ConfigError:
    """The error for what Ray says about versions that differ."""
    lines = [line.strip() for line in text.splitlines()]
    versions = [line for line in lines if line.startswith(("Ray:", "Python:"))]
    there, here = ", ".join(versions[:2]), ", ".join(versions[2:])
    return ConfigError(
        f"the cluster has other versions than this machine: {there} there and {here} here",
        where=KEY,
        hint="Install the same versions on every machine of the cluster, and restart Ray there.",
    )
