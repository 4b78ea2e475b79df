"""Deploying a version although the gate did not approve it."""

from __future__ import annotations

from dataclasses import dataclass

from alignment.errors import ConfigError


@dataclass(frozen=True)
class Override:
    """Who overrides the gate, and why; both are recorded for ever.

    Raises:
        ConfigError: if one of them is empty.
    """

    reason: str
    by: str

    def __post_init__(self) -> None:
        for option, value in (("--reason", self.reason), ("--by", self.by)):
            if not value.strip():
                raise ConfigError(
                    "an override needs a reason and a name",
                    where=option,
                    hint='Write --reason "..." --by NAME.',
                )
