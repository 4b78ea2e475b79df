"""Serves the reports of runs, for links that a browser opens: it follows none to a file.

Nothing but `runs/ID/report.html` in the directories of `selection.workspace_roots` can be read.
`make serve` does this by itself; elsewhere run `python -m flows.reports`, and give the workers its
address in `ALIGNMENT_REPORTS_URL`.
"""

from __future__ import annotations

import argparse
import http.server
import os
import signal
import sys
import threading
import urllib.parse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from flows.selection import workspace_roots

ADDRESS = "ALIGNMENT_REPORTS_URL"
"""Variable with the address under which the reports are served; without it links are files."""
REPORT = "report.html"
PORT = 4201


def main(options: Sequence[str] | None = None) -> None:
    """Serve the reports of the current directory's workspaces until a signal ends it."""
    parser = argparse.ArgumentParser(prog="python -m flows.reports", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="default: %(default)s, this machine")
    parser.add_argument("--port", type=int, default=PORT, help="default: %(default)s")
    chosen = parser.parse_args(options)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        with serving(workspace_roots(), chosen.host, chosen.port) as address:
            sys.stdout.write(f"Reports are at {address}. Workers need {ADDRESS}.\n")
            sys.stdout.flush()
            ended.wait()
    except (OSError, OverflowError) as error:
        sys.exit(f"error: {chosen.host}:{chosen.port}: {error}\n  Choose another --host or --port.")


@contextmanager
def serving(roots: Sequence[Path], host: str, port: int = 0) -> Iterator[str]:
    """The address under which the reports below these directories can be read meanwhile.

    Args:
        roots: As `workspace_roots` returns them.
        host: Address to listen on.
        port: Of that address; 0 lets the system choose.

    Raises:
        OSError: if the port is taken.
    """

    class Handler(_Handler):
        directories = tuple(root.resolve() for root in roots)

    server = http.server.ThreadingHTTPServer((host, port), Handler)
    # It looks every 0.05 s whether it shall stop; by default, a stop takes half a second.
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
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
        """Send a report, or that all is well; 404 for everything else."""
        if self.path == "/health":
            self._send(b"ok", "text/plain")
            return
        page = self._page()
        if page is None:
            self.send_error(404)
            return
        self._send(page.read_bytes(), "text/html; charset=utf-8")

    def _send(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
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


if __name__ == "__main__":
    main()
