"""The only way to standard output and standard error, apart from tables and bars.

Text from outside cannot control the terminal, and shows no password or token. A terminal that lacks
a character shows `?`. A reader that has gone, such as `head`, ends no run.
"""

from __future__ import annotations

import io
import json
import os
import sys
from typing import Any

import typer

from alignment.printable import printable
from alignment.redaction import redacted


def prepare_streams() -> None:
    """Let both streams replace the characters that their encoding does not have."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def print_line(text: str) -> None:
    """Print a message, which may have several lines, to standard output."""
    typer.echo(printable(redacted(text)))


def print_note(text: str) -> None:
    """As `print_line`, to standard error. If nobody reads it any more, nothing is printed."""
    try:
        typer.echo(printable(redacted(text)), err=True)
    except BrokenPipeError:
        discard(sys.stderr)


def print_error(message: str) -> None:
    """Print `error:` and a message to standard error."""
    label = typer.style("error:", fg="red", bold=True)
    try:
        typer.echo(f"{label} {printable(redacted(message))}", err=True)
    except BrokenPipeError:
        discard(sys.stderr)


def write_json_text(value: Any, *, indent: int | None = None) -> None:
    """Print JSON for other programs; escapes what the stream's encoding may not have."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    is_unicode = encoding.lower().replace("-", "").startswith("utf")
    typer.echo(json.dumps(value, indent=indent, ensure_ascii=not is_unicode))


def write_file_text(text: str) -> None:
    """Print the content of a file: byte by byte as UTF-8, unless a terminal shows it."""
    if sys.stdout is not None and sys.stdout.isatty():
        typer.echo(printable(text))
    else:
        typer.echo(text.encode("utf-8"))


def flush() -> None:
    """Write out what is buffered, so that an error shows while it can be reported.

    Raises:
        BrokenPipeError: if the reader has gone.
        OSError: if the output cannot be written, such as on a full disk.
    """
    if sys.stdout is not None:
        sys.stdout.flush()


def discard(stream: io.TextIOBase | Any) -> None:
    """Send what is still printed to nowhere, because its reader has gone or its disk is full."""
    try:
        descriptor = stream.fileno()
    except (AttributeError, OSError, ValueError):  # closed, or no file at all
        return
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, descriptor)
    os.close(null)
