"""A small server for one person, from the standard library: the page and its style sheet.

It is meant for the machine that it runs on. A page of another site that knows the address cannot
read the answers: requests whose `Host` is not a name of this machine are refused (DNS rebinding).
"""

from __future__ import annotations

import errno
import ipaddress
import logging
import socket
import sys
import time
from collections.abc import Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from alignment.errors import AlignmentError, ConfigError
from alignment.printable import printable_line
from alignment.search.comparison import Engine, alone, compare
from alignment.search.page import DEFAULT_SIZE, MAX_QUERY, SIZES, Answer, render_page, style

logger = logging.getLogger(__name__)

MAX_FIELDS = 8
IDLE_SECONDS = 30
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class SearchServer(ThreadingHTTPServer):
    """Answers queries with one model, or with two side by side.

    Raises:
        ConfigError: if the port is taken or may not be used, or there is no such host.
    """

    daemon_threads = True

    def __init__(self, host: str, port: int, engines: Sequence[Engine] = ()) -> None:
        """Listen; `engines` may be set later, before `serve_forever`."""
        self.engines = engines
        self.local_only = is_loopback(host)
        if ":" in host:
            self.address_family = socket.AF_INET6
        try:
            super().__init__((host, port), _Handler)
        except (OSError, OverflowError) as error:
            raise _cannot_listen(host, port, error) from error

    @property
    def url(self) -> str:
        """Where the page is."""
        host, port = self.server_address[:2]
        name = f"[{host!s}]" if self.address_family == socket.AF_INET6 else str(host)
        return f"http://{name}:{port}/"

    def server_bind(self) -> None:
        """As the library's, without looking up the host's name, which can take seconds."""
        super(ThreadingHTTPServer, self).server_bind()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def handle_error(self, request: object, client_address: object) -> None:
        """Log what went wrong; a browser that has gone is nothing."""
        if not isinstance(sys.exception(), ConnectionError):
            logger.error("a request failed", exc_info=True)

    def answer(self, query: str, size: int) -> Answer:
        """The lists of all models, with ranks compared if there are two."""
        started = time.perf_counter()
        if len(self.engines) == 1:
            lists = [alone(self.engines[0], query, size)]
            return Answer(lists, None, 1000 * (time.perf_counter() - started))
        comparison = compare(self.engines[0], self.engines[1], query, size)
        return Answer(comparison.lists, comparison, 1000 * (time.perf_counter() - started))


class _Handler(BaseHTTPRequestHandler):
    server: SearchServer
    timeout = IDLE_SECONDS  # of a connection that sends nothing
    server_version = "alignment"
    sys_version = ""

    def do_GET(self) -> None:
        if self.server.local_only and not is_local_name(self.headers.get("Host", "")):
            self._send(HTTPStatus.FORBIDDEN, "text/plain", b"Open this page by its local address.")
            return
        path = urlsplit(self.path).path
        if path == "/":
            self._send_page()
        elif path == "/style.css":
            self._send(HTTPStatus.OK, "text/css", style())
        elif path == "/favicon.ico":
            self._send(HTTPStatus.NO_CONTENT, "image/x-icon", b"")
        else:
            self._send(HTTPStatus.NOT_FOUND, "text/plain", b"There is no such page.")

    do_HEAD = do_GET

    def _send_page(self) -> None:
        engines = self.server.engines
        try:
            query, size = read_query(urlsplit(self.path).query)
        except ConfigError as error:
            page = render_page(engines, problem=str(error))
            self._send_html(HTTPStatus.BAD_REQUEST, page)
            return
        if not query:
            self._send_html(HTTPStatus.OK, render_page(engines, size=size))
            return
        try:
            answer = self.server.answer(query, size)
        except AlignmentError as error:
            logger.error("%s", error)
            page = render_page(engines, query=query, size=size, problem=str(error))
            self._send_html(HTTPStatus.INTERNAL_SERVER_ERROR, page)
            return
        page = render_page(engines, query=query, size=size, answer=answer)
        self._send_html(HTTPStatus.OK, page)

    def _send_html(self, status: HTTPStatus, page: str) -> None:
        self._send(status, "text/html", page.encode("utf-8", "replace"))

    def _send(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Requests hold what people look for: they are logged with --debug only."""
        logger.debug("%s", printable_line(format % args))


def read_query(query_string: str) -> tuple[str, int]:
    """The text of a query and how many documents it asks for.

    Raises:
        ConfigError: with what is expected, if they cannot be used.
    """
    try:
        fields = parse_qs(query_string, max_num_fields=MAX_FIELDS, errors="replace")
    except ValueError as error:
        raise ConfigError(f"expected at most {MAX_FIELDS} fields") from error
    query = fields.get("q", [""])[-1].strip()
    if len(query) > MAX_QUERY:
        raise ConfigError(f"the query has {len(query):,} characters, expected {MAX_QUERY:,}")
    size = fields.get("k", [str(DEFAULT_SIZE)])[-1]
    if size not in {str(choice) for choice in SIZES}:
        listed = ", ".join(map(str, SIZES))
        raise ConfigError(f"got {size[:20]!r} documents, expected one of {listed}")
    return query, int(size)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server with this host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_local_name(host: str) -> bool:
    """Whether the `Host` of a request is this machine, with or without a port."""
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    return name is not None and is_loopback(name)


def _cannot_listen(host: str, port: int, error: OSError | OverflowError) -> ConfigError:
    number = error.errno if isinstance(error, OSError) else None
    if isinstance(error, OverflowError):
        return ConfigError(f"got the port {port}, expected 0 to 65535", where="--port")
    if number == errno.EADDRINUSE:
        return ConfigError(
            f"the port {port} is taken by another program",
            where="--port",
            hint=f"Pass another one, such as --port {port + 1}; --port 0 takes any free one.",
        )
    if number == errno.EACCES:
        return ConfigError(
            f"the port {port} may not be used by this user",
            where="--port",
            hint="Pass one above 1023.",
        )
    return ConfigError(
        f"cannot listen on {host}: {error}",
        where="--host",
        hint="Pass an address of this machine, such as 127.0.0.1.",
    )
