"""Telling the Prefect server how a run ended, when the server is away."""

from __future__ import annotations

import http.server
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from flows import tell
from flows.artifacts import artifacts
from flows.events import RUN_FINISHED, emit


class Healthy(http.server.BaseHTTPRequestHandler):
    """Says `true` to whatever is asked, as a server that is well, or a proxy in front of none."""

    def do_GET(self) -> None:
        """Part of `BaseHTTPRequestHandler`."""
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"true")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def client(port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[SyncPrefectClient]:
    monkeypatch.setattr(tell, "_PAUSE_SECONDS", 0.05)
    # Prefect takes the log lines of `alignment` for itself.
    monkeypatch.setattr(logging.getLogger("alignment"), "propagate", True)
    with (
        temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}),
        SyncPrefectClient(api=f"http://127.0.0.1:{port}/api") as client,
    ):
        yield client


def serve_once(port: int, may_start: Callable[[], bool] = lambda: True) -> None:
    while not may_start():
        time.sleep(0.05)
    with http.server.HTTPServer(("127.0.0.1", port), Healthy) as server:
        server.timeout = 5
        server.handle_request()


def test_a_server_that_comes_back_is_waited_for(
    client: SyncPrefectClient, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    def was_missed() -> bool:
        return "does not answer" in caplog.text

    thread = threading.Thread(target=serve_once, args=(port, was_missed))
    thread.start()
    with caplog.at_level(logging.INFO, logger="alignment.flow"):
        assert tell.wait_for_server(client, "approved")
    thread.join()
    assert "The run is finished: approved." in caplog.text
    assert "the Prefect server answers again" in caplog.text


def test_a_server_that_stays_away_is_given_up(
    client: SyncPrefectClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tell, "WAIT_SECONDS", 0.2)
    assert not tell.wait_for_server(client, "approved")


def test_what_cannot_be_written_is_a_warning(
    client: SyncPrefectClient, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    thread = threading.Thread(target=serve_once, args=(port,))
    thread.start()
    time.sleep(0.3)
    resource = "alignment.model.smoke"
    tell.attempt("the events", lambda: emit(client, RUN_FINISHED, resource, "smoke", {}))
    thread.join()
    assert "the events could not be written to the Prefect server" in caplog.text


def test_our_own_mistake_does_not_end_the_run(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(logging.getLogger("alignment"), "propagate", True)

    def page_without_a_row(*_: object) -> str:
        raise IndexError("list index out of range")

    monkeypatch.setattr("flows.artifacts.verdict_page", page_without_a_row)
    outcome: Any = SimpleNamespace(summary=None, directory=Path("runs/20260131").resolve())
    tell.attempt("the artifact verdict", artifacts(outcome)["verdict"])
    assert "the artifact verdict could not be made; the run goes on" in caplog.text
    assert "list index out of range" in caplog.text
