"""Ports and the end of `make serve`. With real servers: test_serve.py and tests/operate."""

from __future__ import annotations

import logging
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows import serve
from flows.alarm import SERVE_ENDED, WEBHOOK
from flows.serve import LAST_PORT, _reports_port, refuse_taken
from tests.flows.servers import free_port
from tests.operate.alarms import Alarms

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


def test_an_unexpected_end_is_an_alarm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as a system without memory for another process."""

    def no_memory(*_: object) -> None:
        raise OSError("Cannot allocate memory")

    monkeypatch.setattr(serve, "Children", no_memory)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    port = free_port()
    with Alarms().listening() as alarms:
        monkeypatch.setenv(WEBHOOK, alarms.address)
        with pytest.raises(OSError, match="Cannot allocate memory"):
            serve.serve(tmp_path, HOST, port)
    (alarm,) = alarms.received
    assert (alarm.event, alarm.name) == (SERVE_ENDED, f"{HOST}:{port}")
    assert "no schedule runs: OSError: Cannot allocate memory" in alarm.message


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
