"""One section of the configuration from values that come from elsewhere, such as options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from alignment.config.base import SectionT
from alignment.config.keys import dotted
from alignment.errors import ConfigError, Problem


def section(kind: type[SectionT], values: Mapping[str, Any], where: str) -> SectionT:
    """The section with these values; `where` is their place in messages.

    Raises:
        ConfigError: with every wrong value.
    """
    try:
        return kind.model_validate(dict(values))
    except ValidationError as error:
        problems = []
        for detail in error.errors():
            message = str(detail["msg"]).removeprefix("Value error, ")
            if detail["type"] == "extra_forbidden":
                message = "unknown key"
            problems.append(Problem(where, dotted(detail["loc"]), message))
        raise ConfigError(problems) from None
