"""A server that sends exactly these bytes, whatever HTTP says about them."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Answer = bytes | Callable[[socket.socket, str], object]
"""All that is sent before the connection is closed, or what writes it; gets the request's head."""


@dataclass
class RawServer:
    """Answers the n-th request by the n-th answer, and all further ones by the last."""

    answers: list[Answer]
    requests: list[str] = field(default_factory=list)
    url: str = ""

    @contextmanager
    def serving(self) -> Iterator[RawServer]:
        """Listen on loopback."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            thread = threading.Thread(target=self._serve, args=(listener,), daemon=True)
            thread.start()
            yield self

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            head = _head(connection)
            number = min(len(self.requests), len(self.answers) - 1)
            self.requests.append(head)
            answer = self.answers[number]
            if isinstance(answer, bytes):
                connection.sendall(answer)
            else:
                answer(connection, head)


def _head(connection: socket.socket) -> str:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(4096)
        if not piece:
            break
        data += piece
    return data.decode("latin-1")


def answer(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    """A whole answer; `length` is what it says about its size, -1: nothing."""
    lines = [f"HTTP/1.1 {status}", "Connection: close", *headers]
    if length != -1:
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
