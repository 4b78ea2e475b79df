"""A real HTTP server on loopback that serves bytes, with a fault chosen per request."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

Fault = Literal[
    "ok",
    "404",
    "503",
    "drop",  # the connection ends somewhere in the body
    "no_range",  # ranges are ignored
    "no_length",  # the size is not announced
    "redirect",
    "reset",  # the connection ends before the headers
    "retry_after",
    "trickle",  # a few bytes, slowly
    "wrong_range",  # the range in the answer is not the one that was asked for
]
TRICKLED_BYTES = 40


class Request(NamedTuple):
    """What a client asked for, and how the server misbehaved."""

    path: str
    range: str | None
    fault: Fault


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent: clients that disconnect are part of the tests."""


@dataclass
class FaultyServer:
    """Paths with their bytes; `faults` chooses the fault of each request by its path."""

    files: dict[str, bytes]
    faults: Callable[[str], Fault] = lambda path: "ok"
    etag: bool = True
    location: str | None = None
    """Where "redirect" leads; by default to the same file."""
    seed: int = 0
    requests: list[Request] = field(default_factory=list)
    url: str = ""

    @contextmanager
    def serving(self) -> Iterator[FaultyServer]:
        server = _Server(("127.0.0.1", 0), _handler(self, random.Random(self.seed)))
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()


def _handler(state: FaultyServer, rng: random.Random) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            requested_range = self.headers.get("Range")
            fault = state.faults(path)
            state.requests.append(Request(path, requested_range, fault))
            data = state.files.get(path)
            if fault == "reset":
                self._disconnect()
            elif fault == "503":
                self._answer(503, b"busy")
            elif fault == "retry_after":
                self._answer(503, b"busy", {"Retry-After": "0"})
            elif fault == "redirect":
                self._answer(302, b"", {"Location": state.location or f"{state.url}{path}?again=1"})
            elif data is None or fault == "404":
                self._answer(404, b"no such file")
            else:
                self._file(data, requested_range, fault)

        def _file(self, data: bytes, requested_range: str | None, fault: Fault) -> None:
            tag = f'"{len(data)}-{hash(data) & 0xFFFF}"'
            headers = {"ETag": tag} if state.etag else {}
            start = 0
            unchanged = self.headers.get("If-Range") in (None, tag)
            if requested_range and unchanged and fault != "no_range":
                first = int(requested_range.removeprefix("bytes=").rstrip("-"))
                start = min(first, len(data))
                if start == len(data):
                    self._answer(416, b"", {"Content-Range": f"bytes */{len(data)}"})
                    return
                declared = start + 7 if fault == "wrong_range" else start
                headers["Content-Range"] = f"bytes {declared}-{len(data) - 1}/{len(data)}"
            body = data[start:]
            if fault == "no_length":
                self.close_connection = True
                self._headers(206 if start else 200, {**headers, "Connection": "close"})
            else:
                length = {"Content-Length": str(len(body))}
                self._headers(206 if start else 200, {**headers, **length})
            if fault == "trickle":
                self._trickle(body[:TRICKLED_BYTES])
            elif fault == "drop":
                self.wfile.write(body[: rng.randrange(len(body) + 1)])
                self.wfile.flush()
                self._disconnect()
            else:
                self.wfile.write(body)

        def _trickle(self, body: bytes) -> None:
            for i in range(len(body)):
                self.wfile.write(body[i : i + 1])
                self.wfile.flush()
                time.sleep(0.02)
            self._disconnect()

        def _disconnect(self) -> None:
            self.close_connection = True
            self.connection.close()

        def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self._headers(status, {**(headers or {}), "Content-Length": str(len(body))})
            self.wfile.write(body)

        def _headers(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

    return Handler
