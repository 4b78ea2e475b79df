"""`licenses`: which licenses a corpus may have."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from alignment.config.base import Section


class Licenses(Section):
    """Which licenses a corpus may have, checked before anything is downloaded.

    Entries are SPDX identifiers with `*` as a wildcard, or `permissive`: the licenses that ask
    for attribution at most.
    """

    allow: tuple[str, ...] | None = Field(
        None, description="Allowed licenses, for example [permissive, CC-BY-SA-4.0]; null: all."
    )
    deny: tuple[str, ...] = Field((), description="Refused licenses; takes precedence over allow.")
    unknown: Literal["refuse", "warn"] = Field(
        "warn", description="What to do with a corpus whose license is not set."
    )
