"""Safe YAML with places: each key's line, duplicate keys refused, and no bare `no` read as false."""

from __future__ import annotations

from typing import Any, NamedTuple

import yaml

from alignment.errors import Problem

Path = tuple[str | int, ...]
_WORDS = frozenset(
    {"no", "yes", "on", "off", "n", "y"}
)  # booleans of YAML 1.1 that a person may not mean


class Document(NamedTuple):
    """The plain value, the line (from 1) of each key's path, and what was wrong."""

    value: Any
    lines: dict[Path, int]
    problems: list[Problem]


def read(text: str, name: str) -> Document:
    """Parse `text`; syntax errors and traps come back as problems with file:line."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{name}:{mark.line + 1}" if mark else name
        reason = getattr(error, "problem", None) or str(error)
        return Document(None, {}, [Problem(place, "", f"not valid YAML: {reason}")])
    lines: dict[Path, int] = {}
    problems: list[Problem] = []
    if root is None:
        return Document({}, lines, problems)
    value = _value(root, (), name, lines, problems)
    return Document(value, lines, problems)


def _value(
    node: yaml.Node, path: Path, name: str, lines: dict[Path, int], problems: list[Problem]
) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if not node.tag.startswith("tag:yaml.org,2002:") or node.tag.startswith(
        "tag:yaml.org,2002:python"
    ):
        problems.append(
            Problem(
                f"{name}:{node.start_mark.line + 1}",
                dotted(path),
                f"the tag {node.tag} is not allowed",
            )
        )
        return None
    if isinstance(node, yaml.SequenceNode):
        return [
            _value(item, (*path, i), name, lines, problems) for i, item in enumerate(node.value)
        ]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, name, lines, problems)
    return _scalar(node, path, name, problems)


def _mapping(
    node: yaml.MappingNode, path: Path, name: str, lines: dict[Path, int], problems: list[Problem]
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(_scalar(key_node, path, name, problems))
        place = f"{name}:{key_node.start_mark.line + 1}"
        if key in result:
            problems.append(
                Problem(place, dotted((*path, key)), "the key stands here twice; keep one")
            )
        lines[(*path, key)] = key_node.start_mark.line + 1
        result[key] = _value(value_node, (*path, key), name, lines, problems)
    return result


def _scalar(node: yaml.Node, path: Path, name: str, problems: list[Problem]) -> Any:
    raw = node.value
    if node.tag == "tag:yaml.org,2002:bool" and raw.lower() in _WORDS:
        place = f"{name}:{node.start_mark.line + 1}"
        meaning = "true" if raw.lower() in {"yes", "on", "y"} else "false"
        problems.append(
            Problem(
                place,
                dotted(path),
                f'YAML reads a bare {raw} as {meaning}: write "{raw}" (quoted), or {meaning} if meant',
            )
        )
        return raw
    if not isinstance(node, yaml.ScalarNode):
        problems.append(
            Problem(f"{name}:{node.start_mark.line + 1}", dotted(path), "a key must be plain text")
        )
        return None
    return yaml.SafeLoader("").construct_object(node)


def dotted(path: Path) -> str:
    """`("languages", "cy")` -> `languages.cy`."""
    return ".".join(str(part) for part in path)
