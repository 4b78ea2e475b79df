"""What the training process tells the one that waits for it: warnings, and why it failed."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from alignment import errors
from alignment.errors import AlignmentError, TrainingError
from alignment.files import write_atomically
from alignment.training.jsonl import append_line


class WarningsFile(logging.Handler):
    """Appends each warning to a file of JSON lines, see `log_again`."""

    def __init__(self, path: Path) -> None:
        super().__init__(logging.WARNING)
        self._path = path

    def emit(self, record: logging.LogRecord) -> None:
        """Append one record."""
        described = {
            "logger": record.name,
            "level": record.levelno,
            "message": record.getMessage(),
        }
        append_line(self._path, json.dumps(described))


def log_again(line: str) -> None:
    """Log a line of a `WarningsFile` in this process, under the same logger and level."""
    try:
        record = json.loads(line)
        name, level, message = record["logger"], record["level"], record["message"]
    except (ValueError, LookupError, TypeError):  # a line that a full disk cut off
        return
    logging.getLogger(name).log(level, "%s", message)


def write_error(path: Path, error: AlignmentError) -> None:
    """Write an error as JSON, so that a reader sees all of it or nothing."""
    described = {
        "type": type(error).__name__,
        "message": error.message,
        "where": error.where,
        "hint": error.hint,
    }
    write_atomically(path, json.dumps(described))


def read_error(path: Path) -> AlignmentError | None:
    """The error that `write_error` wrote, of the same class; None if there is none."""
    try:
        described = json.loads(path.read_text())
        name = described["type"]
        message = described["message"]
        kind = getattr(errors, name, None)
        if not (isinstance(kind, type) and issubclass(kind, AlignmentError)):
            kind = TrainingError
        where, hint = described["where"], described["hint"]
        if not all(isinstance(text, str | None) for text in (message, where, hint)):
            return None
        return kind(message, where=where, hint=hint)
    except (OSError, ValueError, LookupError, TypeError, RecursionError):  # torn, or none
        return None
