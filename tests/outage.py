"""A network that can go away: a proxy on loopback in front of a server."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_PIECE = 2**16


class Network:
    """Forwards connections to a server, as long as it is not away.

    Args:
        host: Of the server.
        port: Of the server.
    """

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._away = threading.Event()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.forwarded = 0
        """Bytes in both directions."""
        threading.Thread(target=self._accept, daemon=True).start()

    def goes_away(self) -> None:
        """Break all connections, and refuse new ones."""
        self._away.set()
        for connection in list(self._open):
            _break(connection)

    def comes_back(self) -> None:
        """Forward again."""
        self._away.clear()

    def close(self) -> None:
        """Stop for good."""
        self.goes_away()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed
                return
            if self._away.is_set():
                _break(client)
                continue
            try:
                server = socket.create_connection(self._server)
            except OSError:
                _break(client)
                continue
            for end in (client, server):  # a small piece waits for no other
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open |= {client, server}
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self._forward, args=(source, target), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(_PIECE):
                target.sendall(piece)
                self.forwarded += len(piece)
        for end in (source, target):
            _break(end)
            self._open.discard(end)


def _break(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


@contextmanager
def network(endpoint: str) -> Iterator[Network]:
    """A network in front of the server at `http://HOST:PORT`."""
    host, _, port = endpoint.removeprefix("http://").partition(":")
    proxy = Network(host, int(port))
    try:
        yield proxy
    finally:
        proxy.close()
