"""The ports of `make serve`. With real servers: tests/operate/test_serve.py."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator

import pytest

from flows.serve import LAST_PORT, _reports_port, refuse_taken

HOST = "127.0.0.1"


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that something listens on."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_reports_have_the_port_after_the_servers(taken: int) -> None:
    free = next(port for port in range(taken + 2, LAST_PORT) if _is_free(port))
    assert _reports_port(HOST, free - 1) == free
    assert _reports_port(HOST, free - 1) == free, "after a restart"


def test_reports_get_another_port_if_theirs_is_taken(
    taken: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # Prefect takes the log lines of `alignment` for itself.
    monkeypatch.setattr(logging.getLogger("alignment"), "propagate", True)
    assert _reports_port(HOST, taken - 1) == 0
    assert f"port {taken} is taken" in caplog.text
    assert _reports_port(HOST, LAST_PORT) == 0


def test_a_taken_port_is_refused_with_one_that_has_room_for_the_reports(taken: int) -> None:
    with pytest.raises(SystemExit, match=f"cannot listen on {HOST}:{taken}.*PORT={taken + 2} "):
        refuse_taken(HOST, taken)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
