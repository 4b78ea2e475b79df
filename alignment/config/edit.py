"""Adds a language to a configuration file as a line of text; every other byte stays as it is.

A round trip through a YAML library would reformat parts of the file. The parser is therefore used
only to find the line after which the text belongs.
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
    """The YAML text with `code` added at the end of `languages`.

    Args:
        text: The configuration file.
        code: BCP-47 code of the new language.
        comment: Written behind the code.
        corpora: Corpora of this language alone, if any.

    Raises:
        ConfigError: if there is no `languages:` block with one line per language, or if the
            language is in the file already.
    """
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    languages = _value(root, "languages")
    if not isinstance(languages, yaml.MappingNode) or languages.flow_style or not languages.value:
        raise ConfigError(
            "there is no `languages:` block to add a line to",
            hint="Write one line per language: `languages:`, and below it `  fi: {}`.",
        )
    for section in (languages, _value(root, "control")):
        if _value(section, code) is not None:
            raise ConfigError(f"{code} is already in the configuration")
    lines = text.splitlines(keepends=True)
    end = _last_line(languages) + 1
    if not lines[end - 1].endswith("\n"):
        lines[end - 1] += "\n"
    indent = " " * languages.value[0][0].start_mark.column
    new_lines = [indent + line + "\n" for line in _entry(code, comment, corpora)]
    return "".join([*lines[:end], *new_lines, *lines[end:]])


def _entry(code: str, comment: str, corpora: Sequence[dict[str, Any]]) -> list[str]:
    """The lines of one language, without their indentation and line ends."""
    if not corpora:
        return [f"{_key(code)}: {{}}  # {comment}"]
    lines = [f"{_key(code)}:  # {comment}", "  corpora:"]
    for corpus in corpora:
        lines.append(f"    - {_flow(corpus)}")
    return lines


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    """The node at a key of a mapping."""
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for name, value in node.value if name.value == key), None)


def _last_line(node: yaml.Node) -> int:
    """The line, from 0, where the text of a node ends.

    The end mark of a block is behind the blank lines that follow it, so its last item decides.
    """
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(node, yaml.MappingNode) else last
    return int(node.end_mark.line)


def _key(code: str) -> str:
    """The code as a YAML key; quoted if YAML would read it as a boolean, as `no`."""
    return code if isinstance(yaml.safe_load(code), str) else json.dumps(code)


def _flow(value: dict[str, Any]) -> str:
    return yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000).strip()
