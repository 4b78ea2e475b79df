"""`${NAME}` in a configuration: read in paths and addresses, and refused elsewhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alignment.config.keys import KeyPath, dotted
from alignment.config.problems import place_of
from alignment.config.registry import is_bucket
from alignment.config.workspace import looks_like_address
from alignment.errors import Problem
from alignment.references import expanded, references, without_escapes

PATH_KEYS = (
    "path",
    "target_path",
    "language_model",
    "lock",
    "registry",
    "workspace",
    "documents",
    "queries",
    "relevance",
)
"""Keys whose values name files. `registry` and `workspace` may be addresses instead."""
_MAX_NAME_BYTES = 255  # of Linux and macOS
ADDRESS_KEYS = ("url", "api", "exports", "registry", "tracking_uri", "token", "workspace")
"""Keys whose values are addresses or tokens; their variables are read when they are used."""


def absolute(path: str, base: Path) -> str:
    """A path of the configuration with the values of its variables, relative to `base`.

    Raises:
        ValueError: if no file can have this path.
    """
    try:
        resolved = (base / Path(expanded(path)).expanduser()).resolve()
    except (RuntimeError, ValueError) as error:  # an unknown `~user`, a loop of links
        raise ValueError(f"not a usable path: {error}") from error
    if any(len(os.fsencode(part)) > _MAX_NAME_BYTES for part in resolved.parts):
        raise ValueError(f"not a usable path: a name is longer than {_MAX_NAME_BYTES} bytes")
    return str(resolved)


def resolved_path(key: str, value: str, base: Path) -> str:
    """The value of one of `PATH_KEYS`: as `absolute`, but the address of a shared place stays.

    Raises:
        ValueError: if no file can have this path.
    """
    if key == "registry" and is_bucket(value):
        return value
    if key == "workspace" and looks_like_address(value):
        return value
    return absolute(value, base)


def check_references(
    section: dict[Any, Any] | list[Any], places: Mapping[KeyPath, str], path: KeyPath = ()
) -> list[Problem]:
    """What is wrong with the references in the section's texts.

    Replaces `$${` by `${` in place, except in addresses, which are resolved when they are fetched.
    """
    problems = []
    items = section.items() if isinstance(section, dict) else enumerate(section)
    for key, value in list(items):
        item_path = (*path, key)
        if isinstance(value, dict | list):
            problems += check_references(value, places, item_path)
        elif isinstance(value, str) and "${" in value:
            message = _problem(value, key)
            if message:
                problems.append(Problem(place_of(item_path, places), dotted(item_path), message))
            elif key not in ADDRESS_KEYS:
                section[key] = without_escapes(value)
    return problems


def _problem(text: str, key: str | int) -> str | None:
    variables = references(text)
    if variables.malformed:
        return "`${` without a name and `}`: write ${NAME}, or $${ for the characters themselves"
    if key in PATH_KEYS:
        missing = [name for name in variables.names if not os.environ.get(name)]
        return f"the environment variable {missing[0]} is not set" if missing else None
    if variables.names and key not in ADDRESS_KEYS:
        return (
            f"${{{variables.names[0]}}} is read in paths and addresses only: "
            "write $${ for the characters themselves"
        )
    return None
