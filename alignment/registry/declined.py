"""Versions that the gate approved and a person did not want deployed."""

from __future__ import annotations

from typing import Any, TypedDict

from alignment.registry.history import now
from alignment.types import Decision

DECLINED = "declined.jsonl"


class Declined(TypedDict):
    """One line of the file: somebody looked at a version and said no."""

    time: str
    """UTC, ISO 8601."""
    version: str
    by: str
    reason: str


def new_declined(version: str, decision: Decision) -> Declined:
    """A decision that is taken now."""
    return {"time": now(), "version": version, "by": decision.by, "reason": decision.reason}


def parse_declined(entry: Any) -> Declined | None:
    """The decision in a line's JSON; None if it is not one.

    Raises:
        KeyError, TypeError or AttributeError: if a key is missing, or it is no object.
    """
    values = (entry["time"], entry["version"], entry["by"], entry["reason"])
    if not all(isinstance(value, str) for value in values):
        return None
    parsed: Declined = entry
    return parsed


def declined_line(entry: Declined) -> str:
    """`v3 on 2026-01-31 02:00 UTC by ana: Welsh reads badly`."""
    minute = entry["time"][:16].replace("T", " ")
    return f"{entry['version']} on {minute} UTC by {entry['by']}: {entry['reason']}"
