"""What every section of the configuration builds on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from alignment.redaction import redacted, redacted_address

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
COMMIT_PATTERN = r"^[0-9a-f]{40}$"

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Name = Annotated[str, Field(pattern=NAME_PATTERN)]
Address = Annotated[str, PlainSerializer(redacted_address, return_type=str, when_used="json")]
"""An address; what is stored of it has no password and no token. `${NAME}` stays in it."""
SectionT = TypeVar("SectionT", bound="Section")


class Section(BaseModel):
    """A section of the configuration: its values are frozen, and an unknown key is an error."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, protected_namespaces=(), allow_inf_nan=False
    )

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """The fields as they are shown in tracebacks and logs: without passwords and tokens."""
        for name, value in super().__repr_args__():
            yield name, redacted(value) if isinstance(value, str) else value


def tagged_sections(union: Any, tag: str) -> dict[str, type[Any]]:
    """The sections of a union that is discriminated by the field `tag`, by their tag's value."""
    members = get_args(get_args(union)[0])
    sections = {}
    for member in members:
        (value,) = get_args(member.model_fields[tag].annotation)
        sections[value] = member
    return sections


def merged(shared: SectionT, overrides: Section | None) -> SectionT:
    """`shared` with the keys that are set in `overrides`.

    Raises:
        ValidationError: if the result is not valid.
    """
    changes = overrides.model_dump(exclude_unset=True) if overrides else {}
    return type(shared).model_validate({**shared.model_dump(), **changes})
