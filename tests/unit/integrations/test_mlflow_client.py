"""Errors of an MLflow server: one message each, with the command that sends the run later."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from alignment.config import MlflowTracking
from alignment.errors import AlignmentError, ConfigError, RegistryError, Unavailable
from alignment.integrations.mlflow_run import RunToLog, log_run
from tests.summaries import make_summary

pytest.importorskip("mlflow", reason="needs the extra `mlflow`")
RUN = RunToLog(make_summary(), {}, [], [], None, None)
RETRY = "alignment mlflow push 20260101"


@contextmanager
def answering(status: int, body: str) -> Iterator[str]:
    """The address of a server that gives this answer to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_POST = do_GET

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def failure(address: str) -> AlignmentError:
    with pytest.raises(AlignmentError) as caught:
        log_run(RUN, MlflowTracking(tracking_uri=address), retry=RETRY)
    text = str(caught.value)
    assert RETRY in text
    assert len(text.splitlines()) == 2
    return caught.value


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_JITTER", "0")


def test_nobody_answers(caplog: pytest.LogCaptureFixture) -> None:
    error = failure("http://127.0.0.1:9")
    assert not caplog.messages
    assert isinstance(error, Unavailable)
    assert "cannot be reached: " in error.message and "refused" in error.message


def test_a_password_in_the_address_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASE_PASSWORD", "hunter2hunter2")
    assert "hunter2" not in str(failure("http://me:${CASE_PASSWORD}@127.0.0.1:9"))


def test_a_missing_variable() -> None:
    with pytest.raises(ConfigError, match="the environment variable CASE_NOT_SET is not set"):
        log_run(RUN, MlflowTracking(tracking_uri="http://${CASE_NOT_SET}:1"), retry=RETRY)


@pytest.mark.parametrize(
    ("status", "body", "kind", "message"),
    [
        (401, "You are not authenticated", ConfigError, "does not accept the user"),
        (403, "no", ConfigError, "does not accept the user"),
        (500, "oops", Unavailable, "cannot be reached"),
        (503, "busy", Unavailable, "cannot be reached"),
        (200, "<html>a login page</html>", Unavailable, "cannot be reached"),
        (
            400,
            json.dumps({"error_code": "INVALID_PARAMETER_VALUE", "message": "too long"}),
            RegistryError,
            "refuses the run: INVALID_PARAMETER_VALUE: too long",
        ),
    ],
)
def test_answers(status: int, body: str, kind: type[AlignmentError], message: str) -> None:
    with answering(status, body) as address:
        error = failure(address)
    assert isinstance(error, kind)
    assert message in error.message
