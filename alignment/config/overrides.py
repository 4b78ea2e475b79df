"""`--set key.path=value`: changes to the values of a configuration file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alignment.config import yaml_file
from alignment.config.environment import PATH_KEYS, resolved_path
from alignment.config.keys import KeyPath, dotted
from alignment.errors import Problem

_MAX_DIGITS = 9  # of a position in a list


def apply_override(
    values: dict[str, Any], override: str, places: dict[KeyPath, str]
) -> list[Problem]:
    """Set `key.path=value` in `values` and record it in `places`; returns what is wrong with it.

    The value is YAML. A relative path of a file is resolved against the working directory.
    """
    where = f"--set {override}"
    key, separator, text = override.partition("=")
    key = key.strip()
    if not separator or not key:
        return [Problem(where, "", "expected key=value, for example --set train.steps=100")]
    document = yaml_file.read(text, where)
    if document.problems:
        return [_of_value(problem, where, key) for problem in document.problems]
    value = document.value if text.strip() else None
    path = tuple(_part(part) for part in key.split("."))
    if len(path) > yaml_file.MAX_DEPTH:
        return [Problem(where, "", f"the key has more than {yaml_file.MAX_DEPTH} parts")]
    try:
        if path[-1] in PATH_KEYS and isinstance(value, str):
            value = resolved_path(path[-1], value, Path())
        _assign(values, path, value)
    except (LookupError, ValueError) as error:
        return [Problem(where, key, str(error.args[0]))]
    _replace_places(places, path, f"--set {key}")
    return []


def _of_value(problem: Problem, where: str, key: str) -> Problem:
    """A problem of the value's YAML, at the option."""
    within = f"{problem.key}: " if problem.key else ""
    if problem.message.startswith("not "):
        within += "the value is "
    return Problem(where, key, f"{within}{problem.message}")


def _part(part: str) -> str | int:
    """A key, or a position in a list."""
    is_position = part.isdecimal() and len(part) <= _MAX_DIGITS
    return int(part) if is_position else part


def _assign(values: dict[str, Any], path: KeyPath, value: Any) -> None:
    """Set the value at `path`, creating the sections on the way.

    Raises:
        LookupError: if the path leads through a plain value or past the end of a list.
    """
    container: Any = values
    for depth, part in enumerate(path):
        parent = dotted(path[:depth])
        if isinstance(container, list):
            if not isinstance(part, int) or part >= len(container):
                raise LookupError(
                    f"{parent} is a list of {len(container)}: "
                    f"expected a position from 0 to {len(container) - 1}, got {part!r}"
                )
            position: Any = part
        elif isinstance(container, dict):
            position = str(part)
        else:
            raise LookupError(f"{parent} is not a section but {container!r}")
        if depth == len(path) - 1:
            container[position] = value
            return
        if isinstance(container, dict) and container.get(position) is None:
            container[position] = {}
        container = container[position]


def _replace_places(places: dict[KeyPath, str], path: KeyPath, place: str) -> None:
    """Record where `path` and the sections above it were set; forget what it replaces."""
    replaced = [known for known in places if known[: len(path)] == path]
    for known in replaced:
        del places[known]
    for end in range(1, len(path)):
        places.setdefault(path[:end], place)
    places[path] = place
