"""`compare`: how `alignment compare` shows its results."""

from __future__ import annotations

from pydantic import Field, field_validator

from alignment import languages
from alignment.config.base import Name, Section

TAKEN = ("development", "control")
"""Columns of the table that are no group."""


class Compare(Section):
    """Groups of languages that a comparison also shows the means of."""

    groups: dict[Name, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Groups of languages, by name, whose mean accuracy on the development suites "
        "has a column: `{weak: [cy, ga], strong: [de, fr]}`. Control languages are a group "
        "already.",
    )

    @field_validator("groups")
    @classmethod
    def _check_groups(cls, groups: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        canonical = {}
        for name, codes in groups.items():
            if name in TAKEN:
                raise ValueError(f"{name!r} is a column already; choose another name")
            tags = tuple(dict.fromkeys(languages.canonical(code) for code in codes))
            if len(tags) < 2:
                raise ValueError(
                    f"{name}: a group has two languages or more, got {', '.join(tags) or 'none'}"
                )
            canonical[name] = tags
        return canonical
