"""The only way to standard output and standard error, apart from tables and bars.

Text from outside cannot control the terminal, and shows no password or token. A terminal that lacks
a character shows `?`. A reader that has gone, such as `head`, ends no run.
"""

from __future__ import annotations

import io
import json
import os
import sys
from typing import Any, TextIO

from alignment.errors import AlignmentError
from alignment.printable import printable
from alignment.redaction import redacted

_RED = "\x1b[31m\x1b[1m{}\x1b[0m"


def prepare_streams() -> None:
    """Let both streams replace the characters that their encoding does not have."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def print_line(text: str) -> None:
    """Print a message, which may have several lines, to standard output."""
    _write(sys.stdout, printable(redacted(text)))


def print_note(text: str) -> None:
    """As `print_line`, to standard error; if nobody can read it, nothing is printed."""
    _write_to_stderr(printable(redacted(text)))


def print_error(message: str) -> None:
    """Print `error:` and a message to standard error."""
    label = "error:"
    if sys.stderr is not None and sys.stderr.isatty() and "NO_COLOR" not in os.environ:
        label = _RED.format(label)
    _write_to_stderr(f"{label} {printable(redacted(message))}")


def write_json_text(value: Any, *, indent: int | None = None) -> None:
    """Print JSON for other programs; escapes what the stream's encoding may not have."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    is_unicode = encoding.lower().startswith("utf")
    _write(sys.stdout, json.dumps(value, indent=indent, ensure_ascii=not is_unicode))


def write_file_text(text: str) -> None:
    """Print the content of a file: as UTF-8 whatever the locale is, unless a terminal shows it."""
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None or sys.stdout.isatty():
        _write(sys.stdout, printable(text))
        return
    flush()
    buffer.write(text.encode() + b"\n")
    flush()


def flush() -> None:
    """Write out what is buffered, so that an error shows while it can be reported.

    Raises:
        BrokenPipeError: if the reader has gone.
        AlignmentError: if the output cannot be written, such as on a full disk.
    """
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritable(error) from error


def unwritable(error: OSError) -> AlignmentError:
    """What to raise if standard output cannot be written."""
    discard(sys.stdout)
    return AlignmentError(
        f"the output cannot be written: {error.strerror}",
        where="standard output",
        hint="Free some space, or send the output elsewhere.",
    )


def discard(stream: Any) -> None:
    """Send what is still printed to nowhere, because its reader has gone or its disk is full."""
    try:
        descriptor = stream.fileno()
    except (AttributeError, OSError, ValueError):  # closed, or no file at all
        return
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, descriptor)
    os.close(null)


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:  # closed before the start
        return
    try:
        stream.write(text + "\n")
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritable(error) from error


def _write_to_stderr(text: str) -> None:
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except OSError:  # nobody reads it; the exit code is all that is left
        discard(sys.stderr)
