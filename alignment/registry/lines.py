"""Files with one JSON object a line, which are read although lines are damaged."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from alignment.files import write_bytes_atomically
from alignment.text import parse_json

LineT = TypeVar("LineT")


def read_lines(path: Path, parse: Callable[[Any], LineT | None]) -> tuple[list[LineT], list[int]]:
    """What can be read, oldest first, and the numbers of the damaged lines, from 1.

    `parse` returns None for what it does not accept. No file is no lines.

    Raises:
        OSError: if there is a file and it cannot be read.
    """
    lines: list[LineT] = []
    damaged: list[int] = []
    for number, text in enumerate(_content(path).split(b"\n"), start=1):
        line = _parsed(text, parse)
        if line is not None:
            lines.append(line)
        elif text.strip():
            damaged.append(number)
    return lines, damaged


def append_line(path: Path, line: Mapping[str, Any]) -> None:
    """Add a line; the file is replaced in one step, so a line is whole or absent.

    A torn last line is ended first, so that it damages no other.

    Raises:
        OSError: if the file cannot be read or written; it is then as before.
    """
    content = _content(path)
    if content and not content.endswith(b"\n"):
        content += b"\n"
    write_bytes_atomically(path, content + json.dumps(line).encode() + b"\n")


def write_lines(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    """Write the whole file."""
    text = "".join(json.dumps(line) + "\n" for line in lines)
    write_bytes_atomically(path, text.encode())


def _content(path: Path) -> bytes:
    """What is in the file; nothing if there is none. A pipe, which has no end, is refused."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is not a file", str(path))
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _parsed(text: bytes, parse: Callable[[Any], LineT | None]) -> LineT | None:
    try:
        return parse(parse_json(text))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
