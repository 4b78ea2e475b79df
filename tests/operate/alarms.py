"""A webhook that remembers what was posted to it."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple


class Alarm(NamedTuple):
    """What somebody would have heard."""

    time: float
    """Of `time.time`."""
    event: str
    name: str
    message: str


class Alarms:
    """Everything that was posted to `address`."""

    def __init__(self) -> None:
        self.received: list[Alarm] = []
        self.address = ""

    @contextmanager
    def listening(self) -> Iterator[Alarms]:
        """Serve the webhook meanwhile."""
        received = self.received

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received.append(_read(json.loads(body)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        self.address = f"http://127.0.0.1:{server.server_port}/alarm"
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def since(self, then: float, *events: str) -> list[Alarm]:
        """Those that came after a time of `time.time`; of all events if none is named."""
        recent = [alarm for alarm in self.received if alarm.time >= then]
        return [alarm for alarm in recent if not events or alarm.event in events]


def _read(body: dict[str, Any]) -> Alarm:
    details = body["details"]
    return Alarm(time.time(), body["event"], body["name"], str(details.get("message", "")))
