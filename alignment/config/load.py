"""Read a configuration file, apply `--set` changes, and report every problem with its place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from alignment import languages
from alignment.config import yaml_file
from alignment.config.config import Config
from alignment.config.environment import PATH_KEYS, check_references, resolved_path
from alignment.config.keys import KeyPath, dotted
from alignment.config.overrides import apply_override
from alignment.config.problems import place_of, shown, validation_problems
from alignment.errors import ConfigError, Problem


def load_config(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """Read and check a configuration file.

    Args:
        path: The YAML file. Relative paths in it are resolved against its directory.
        overrides: Changes as `key.path=value`, with values in YAML. Relative paths in them are
            resolved against the working directory.

    Raises:
        ConfigError: with every problem, each with file:line and key.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"cannot read the configuration: {error.strerror}",
            where=str(path),
            hint="Give the path of a YAML file.",
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            "the configuration is not UTF-8 text",
            where=str(path),
            hint="Save the file in UTF-8.",
        ) from error
    return parse_config(text, name=str(path), base=path.parent, overrides=overrides)


def parse_config(
    text: str, *, name: str = "configuration", base: Path = Path(), overrides: Sequence[str] = ()
) -> Config:
    """As `load_config`, from text.

    `name` is the file's name in messages, `base` the directory that its paths are relative to.

    Raises:
        ConfigError: with every problem, each with name:line and key.
    """
    document = yaml_file.read(text, name)
    problems = list(document.problems)
    values = document.value
    if not isinstance(values, dict):
        raise ConfigError(
            problems or [Problem(name, "", f"expected keys and values, got {shown(values)}")]
        )
    values.setdefault("lock", "alignment.lock")
    places = {(): name, **document.places}
    problems += _resolve_paths(values, base, (), places)
    for override in overrides:
        problems += apply_override(values, override, places)
    problems += check_references(values, places)
    problems += _canonicalize_codes(values, places)
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        known_keys = {problem.key for problem in problems}
        for problem in validation_problems(error, places):
            if problem.key not in known_keys:  # the loader's own message is better
                problems.append(problem)
        raise ConfigError(problems) from None
    if problems:
        raise ConfigError(problems)
    return config


def _resolve_paths(
    value: Any, base: Path, path: KeyPath, places: dict[KeyPath, str]
) -> list[Problem]:
    """Make the values that name files absolute, in place; returns what no file can be called."""
    problems: list[Problem] = []
    if isinstance(value, list):
        for number, item in enumerate(value):
            problems += _resolve_paths(item, base, (*path, number), places)
    elif isinstance(value, dict):
        for key, item in value.items():
            key_path = (*path, key)
            if key not in PATH_KEYS or not isinstance(item, str):
                problems += _resolve_paths(item, base, key_path, places)
                continue
            try:
                value[key] = resolved_path(key, item, base)
            except ValueError as error:
                where = place_of(key_path, places)
                problems.append(Problem(where, dotted(key_path), str(error)))
    return problems


def _canonicalize_codes(values: dict[str, Any], places: dict[KeyPath, str]) -> list[Problem]:
    """Bring the keys of `languages` and `control` into canonical form, in place."""
    problems: list[Problem] = []
    for section in ("languages", "control"):
        block = values.get(section)
        if not isinstance(block, dict):
            continue
        canonical: dict[str, Any] = {}
        spellings: dict[str, str] = {}
        for code, overrides in block.items():
            where = place_of((section, code), places)
            key = f"{section}.{code}"
            try:
                tag = languages.canonical(code)
            except ValueError as error:
                problems.append(Problem(where, key, str(error)))
                tag = code
            if tag in canonical:
                first = spellings[tag]
                place = place_of((section, first), places)
                problems.append(
                    Problem(where, key, f"the same language as {first} at {place}; remove one")
                )
            canonical[tag] = {} if overrides is None else overrides
            spellings[tag] = code
            _copy_places(places, (section, code), (section, tag))
        values[section] = canonical
    return problems


def _copy_places(places: dict[KeyPath, str], old: KeyPath, new: KeyPath) -> None:
    """Make the lines of keys under `old` known under `new` too."""
    copies = {}
    for path, place in places.items():
        if path[: len(old)] == old:
            copies[(*new, *path[len(old) :])] = place
    places.update(copies)
