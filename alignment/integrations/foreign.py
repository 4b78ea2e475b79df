"""Errors that a client library falls over when a server answers with something else."""

from __future__ import annotations

import traceback
from collections.abc import Collection

SHOWN_CHARACTERS = 300


def raised_in(error: BaseException, packages: Collection[str]) -> bool:
    """Whether the error was raised by one of these packages, or by what they call."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if str(frame.f_globals.get("__name__", "")).partition(".")[0] in packages:
            return True
    return False


def in_short(error: BaseException) -> str:
    """The class and the beginning of the message, in one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:SHOWN_CHARACTERS]}" if text else type(error).__name__
