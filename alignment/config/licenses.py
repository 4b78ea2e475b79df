"""`licenses`: which licenses a corpus may have."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from alignment.config.base import Section


class Licenses(Section):
    """Which licenses a corpus may have. `permissive` stands for those that ask for attribution at most."""

    allow: tuple[str, ...] | None = Field(
        None, description="SPDX identifiers, with * as a wildcard; null: all."
    )
    deny: tuple[str, ...] = Field((), description="Refused, whatever is allowed.")
    unknown: Literal["refuse", "warn"] = Field(
        "warn", description="What to do with a corpus that names no license."
    )
