"""Add a language to a configuration file: a line of text is put in, and every other byte stays.

A round trip through a YAML library would keep comments but reflow what it finds unusual; so the
parser only says where the line belongs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import yaml

from alignment.errors import ConfigError


def with_language(
    text: str, code: str, comment: str, corpora: Sequence[dict[str, Any]] = ()
) -> str:
    """The YAML with `code` at the end of `languages:`, a comment behind it and corpora of its own, if any.

    Raises:
        ConfigError: if there is no block of `languages:`, or the language stands there or under `control:`.
    """
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    languages = _value(root, "languages")
    if not isinstance(languages, yaml.MappingNode) or languages.flow_style or not languages.value:
        raise ConfigError(
            "there is no `languages:` block to add to",
            hint="Write it with a line for each language: languages:, then fi: {}.",
        )
    for section in (languages, _value(root, "control")):
        if _value(section, code) is not None:
            raise ConfigError(f"{code} stands in the configuration already")
    lines = text.splitlines(keepends=True)
    place = _last_line(languages) + 1
    if not lines[place - 1].endswith("\n"):
        lines[place - 1] += "\n"
    indent = " " * languages.value[0][0].start_mark.column
    own = [f"{indent}{_key(code)}: {'' if corpora else '{}'}".rstrip() + f"  # {comment}\n"]
    if corpora:
        own.append(f"{indent}  corpora:\n")
        own += [f"{indent}    - {_flow(corpus)}\n" for corpus in corpora]
    return "".join([*lines[:place], *own, *lines[place:]])


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((value for name, value in pairs if name.value == key), None)


def _last_line(node: yaml.Node) -> int:
    """The line (from 0) on which the text of a node ends; a block's own end is after the blank lines behind it."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(node, yaml.MappingNode) else last
    return int(node.end_mark.line)


def _key(code: str) -> str:
    """`no` and the like are quoted, since YAML reads them as false."""
    return json.dumps(code) if not isinstance(yaml.safe_load(code), str) else code


def _flow(value: dict[str, Any]) -> str:
    return yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000).strip()
