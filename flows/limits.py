"""How long to wait until a run, a schedule or the server counts as dead."""

from __future__ import annotations

import datetime
import os
from dataclasses import dataclass

from alignment.errors import ConfigError

LOOK_SECONDS = 30.0
_LEAST_SILENCE = 0.7
"""Minutes: Prefect sends a heartbeat each half minute, and not more often."""


@dataclass(frozen=True)
class Limits:
    """How long to wait."""

    silence: datetime.timedelta = datetime.timedelta(minutes=5)
    """Without a heartbeat, until a run counts as dead."""
    pending: datetime.timedelta = datetime.timedelta(minutes=10)
    """Between the worker's promise to start a run and its first heartbeat."""
    stalled: datetime.timedelta = datetime.timedelta(hours=8)
    """After the time at which a schedule should have started its next run."""
    away: datetime.timedelta = datetime.timedelta(minutes=10)
    """Without an answer from the server, until that is an alarm of its own."""

    @property
    def look_seconds(self) -> float:
        """Between two looks."""
        return min(LOOK_SECONDS, self.silence.total_seconds() / 4)


def limits_from_environment() -> Limits:
    """The limits of these variables, by default those of `Limits`.

    `ALIGNMENT_SILENCE_MINUTES`, `ALIGNMENT_PENDING_MINUTES` (by default twice as long),
    `ALIGNMENT_AWAY_MINUTES` and `ALIGNMENT_STALLED_HOURS`.

    Raises:
        ConfigError: if one is not a number, or too small.
    """
    silence = _number("ALIGNMENT_SILENCE_MINUTES", 5, _LEAST_SILENCE)
    pending = _number("ALIGNMENT_PENDING_MINUTES", 2 * silence, _LEAST_SILENCE)
    return Limits(
        silence=datetime.timedelta(minutes=silence),
        pending=datetime.timedelta(minutes=pending),
        stalled=datetime.timedelta(hours=_number("ALIGNMENT_STALLED_HOURS", 8)),
        away=datetime.timedelta(minutes=_number("ALIGNMENT_AWAY_MINUTES", 10)),
    )


def _number(name: str, default: float, least: float = 0.0) -> float:
    text = os.environ.get(name, "")
    try:
        number = float(text) if text else default
    except ValueError:
        number = float("nan")
    if not least < number < float("inf"):
        hint = f"Set it to a number, such as {default:g}, or leave it out."
        raise ConfigError(f"got {text!r}, expected a number above {least:g}", where=name, hint=hint)
    return number
