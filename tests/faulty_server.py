"""A real HTTP server on loopback that serves bytes, and misbehaves as each request is told to."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

Fault = str  # ok | drop | 503 | retry_after | no_range | wrong_range | trickle | redirect | 404 | reset | short


@dataclass
class FaultyServer:
    """Paths with their bytes; `faults` is asked for each request's fault."""

    files: dict[str, bytes]
    faults: Callable[[str], Fault] = lambda path: "ok"
    etag: bool = True
    seed: int = 0
    requests: list[tuple[str, str | None, Fault]] = field(default_factory=list)
    url: str = ""

    @contextmanager
    def serving(self) -> Iterator[FaultyServer]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self, random.Random(self.seed)))
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients that go away are what it is for
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
            asked = self.headers.get("Range")
            fault = state.faults(path)
            state.requests.append((path, asked, fault))
            if fault == "reset":
                self.close_connection = True
                self.connection.close()
                return
            if fault in ("503", "retry_after"):
                self._answer(503, b"busy", {"Retry-After": "0"} if fault == "retry_after" else {})
                return
            if fault == "redirect":
                self._answer(302, b"", {"Location": f"{state.url}{path}?again=1"})
                return
            data = state.files.get(path)
            if data is None or fault == "404":
                self._answer(404, b"no such file")
                return
            self._file(data, asked, fault)

        def _file(self, data: bytes, asked: str | None, fault: Fault) -> None:
            tag = f'"{len(data)}-{hash(data) & 0xFFFF}"'
            headers = {"ETag": tag} if state.etag else {}
            start = 0
            if asked and fault != "no_range" and self.headers.get("If-Range") in (None, tag):
                start = min(int(asked.removeprefix("bytes=").rstrip("-")), len(data))
                if start == len(data):
                    self._answer(416, b"", {"Content-Range": f"bytes */{len(data)}"})
                    return
                said = start + (7 if fault == "wrong_range" else 0)
                headers["Content-Range"] = f"bytes {said}-{len(data) - 1}/{len(data)}"
            body = data[start:]
            self.send_response(206 if start else 200)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if fault == "trickle":
                for i in range(min(len(body), 40)):
                    self.wfile.write(body[i : i + 1])
                    self.wfile.flush()
                    time.sleep(0.02)
                self.close_connection = True
                self.connection.close()
            elif fault == "drop":
                self.wfile.write(body[: rng.randrange(len(body) + 1)])
                self.wfile.flush()
                self.close_connection = True
                self.connection.close()
            else:
                self.wfile.write(body)

        def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    return Handler
