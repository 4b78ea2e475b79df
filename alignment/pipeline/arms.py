"""The arms of a comparison: every combination of the values of some settings."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from alignment.config import load_config, yaml_file
from alignment.errors import ConfigError


class Arm(NamedTuple):
    """One combination of the varied settings."""

    name: str
    overrides: tuple[str, ...]


def arms(grid: Sequence[str]) -> list[Arm]:
    """Every combination of settings written as `key=[value, value]`, in the order of the lists.

    Raises:
        ConfigError: if an entry is not a key with a list.
    """
    columns: list[list[tuple[str, str]]] = []
    for text in grid:
        key, values = _parse(text)
        short_key = key.rpartition(".")[2]
        column = []
        for value in values:
            column.append((f"{short_key} {_shown(value)}", f"{key}={json.dumps(value)}"))
        columns.append(column)
    result = []
    for combination in itertools.product(*columns):
        names = [name for name, _ in combination]
        overrides = tuple(override for _, override in combination)
        result.append(Arm(", ".join(names), overrides))
    return result


def check_arms(path: Path, overrides: Sequence[str], chosen: Sequence[Arm]) -> None:
    """Refuse arms that are the same configuration, of which one would be trained for nothing.

    Raises:
        ConfigError: naming both.
    """
    seen: dict[str, Arm] = {}
    for arm in chosen:
        content = load_config(path, [*overrides, *arm.overrides]).model_dump_json()
        if content in seen:
            pair = " and ".join(repr(same.name) for same in (seen[content], arm))
            raise ConfigError(
                f"these combinations are the same configuration: {pair}",
                where="--grid",
                hint="Give every value once, and no key a second time.",
            )
        seen[content] = arm


def _parse(text: str) -> tuple[str, list[Any]]:
    key, _, raw = text.partition("=")
    document = yaml_file.read(raw, "--grid")
    values = None if document.problems else document.value
    if not key or not isinstance(values, list) or not values:
        raise ConfigError(
            f"expected key=[value, value], got {text!r}",
            where="--grid",
            hint="For example: --grid 'train.loss=[triplet, infonce]'.",
        )
    return key, values


def _shown(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    parts = []
    for key, share in value.items():
        if share == 1:
            parts.append(key)
        elif share:
            parts.append(f"{key} {share:g}")
    return "/".join(parts)
