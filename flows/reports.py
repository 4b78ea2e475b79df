"""Serves the reports of runs, for links that a browser opens: it follows none to a file.

Nothing but `runs/ID/report.html` in the directories of `selection.workspace_roots` can be read.
"""

from __future__ import annotations

import http.server
import os
import threading
import urllib.parse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from flows.selection import workspace_roots

ADDRESS = "ALIGNMENT_REPORTS_URL"
"""Variable with the address under which the reports are served; without it links are files."""
REPORT = "report.html"


@contextmanager
def serving(roots: Sequence[Path], host: str) -> Iterator[str]:
    """The address under which the reports below these directories can be read meanwhile.

    Args:
        roots: As `workspace_roots` returns them.
        host: Address to listen on, at a port that the system chooses.
    """

    class Handler(_Handler):
        directories = tuple(root.resolve() for root in roots)

    server = http.server.ThreadingHTTPServer((host, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def address_of(page: Path) -> str:
    """Where a browser finds the report of a run, which is at `page`."""
    base = os.environ.get(ADDRESS)
    if base:
        for number, root in enumerate(workspace_roots()):
            if page.resolve().is_relative_to(root.resolve()):
                relative = page.resolve().relative_to(root.resolve())
                return f"{base}/{number}/{urllib.parse.quote(relative.as_posix())}"
    return page.as_uri()


class _Handler(http.server.BaseHTTPRequestHandler):
    directories: tuple[Path, ...] = ()

    def do_GET(self) -> None:
        """Send a report; 404 for everything else."""
        page = self._page()
        if page is None:
            self.send_error(404)
            return
        content = page.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing: the terminal is for the runs."""

    def _page(self) -> Path | None:
        parts = urllib.parse.unquote(self.path.partition("?")[0]).split("/")[1:]
        number = parts.pop(0) if parts else ""
        if not number.isascii() or not number.isdigit() or int(number) >= len(self.directories):
            return None
        root = self.directories[int(number)]
        page = root.joinpath(*parts).resolve()
        is_report = page.name == REPORT and page.parent.parent.name == "runs"
        if is_report and page.is_relative_to(root) and page.is_file():
            return page
        return None
