"""A mail server on loopback that remembers what was sent through it."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage


class MailServer:
    """What was sent to `address`, which is as `ALIGNMENT_ALARM_EMAIL` wants it."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.address = ""

    @contextmanager
    def listening(self) -> Iterator[MailServer]:
        """Take mail meanwhile."""
        received = self.received

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self._say("220 ready")
                for line in self.rfile:
                    command = line.strip().upper()
                    if command == b"QUIT":
                        self._say("221 bye")
                        return
                    if command == b"DATA":
                        self._say("354 go on")
                        received.append(_parsed(self._text()))
                    self._say("250 ok")

            def _text(self) -> bytes:
                lines = []
                for line in self.rfile:
                    if line == b".\r\n":
                        break
                    lines.append(line)
                return b"".join(lines)

            def _say(self, answer: str) -> None:
                self.wfile.write(f"{answer}\r\n".encode())

        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        place = f"127.0.0.1:{server.server_address[1]}"
        self.address = f"mailto://{place}?from=alignment@example.org&to=team@example.org"
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def _parsed(text: bytes) -> EmailMessage:
    message = email.message_from_bytes(text, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message
