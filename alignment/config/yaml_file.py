"""Safe YAML that remembers the line of each key.

Refuses duplicate keys, and words such as a bare `no` that YAML 1.1 reads as a boolean.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import yaml

from alignment.config.keys import KeyPath, dotted
from alignment.errors import Problem

_BOOLEAN_WORDS = {
    "yes": "true",
    "on": "true",
    "y": "true",
    "no": "false",
    "off": "false",
    "n": "false",
}
_STANDARD_TAG = "tag:yaml.org,2002:"
_PYTHON_TAG = "tag:yaml.org,2002:python"


class Document(NamedTuple):
    """A parsed file."""

    value: Any
    places: dict[KeyPath, str]
    """`file:line` of each key, lines counted from 1."""
    problems: list[Problem]


def read(text: str, name: str) -> Document:
    """Parse `text`; `name` is the file's name in the problems that are returned."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        return Document(None, {}, [Problem(_error_place(error, name), "", _error_message(error))])
    if root is None:
        return Document({}, {}, [])
    reader = _Reader(name)
    value = reader.value(root, ())
    return Document(value, reader.places, reader.problems)


def _error_place(error: yaml.YAMLError, name: str) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"{name}:{mark.line + 1}" if mark else name


def _error_message(error: yaml.YAMLError) -> str:
    return f"not valid YAML: {getattr(error, 'problem', None) or error}"


class _Reader:
    """Turns YAML nodes into plain values and collects the problems on the way."""

    def __init__(self, name: str) -> None:
        self.places: dict[KeyPath, str] = {}
        self.problems: list[Problem] = []
        self._name = name
        self._open: list[yaml.Node] = []

    def value(self, node: yaml.Node, path: KeyPath) -> Any:
        """The plain value of a node at this path."""
        self.places.setdefault(path, self._place(node))
        if not node.tag.startswith(_STANDARD_TAG) or node.tag.startswith(_PYTHON_TAG):
            self._report(node, path, f"the tag {node.tag} is not allowed")
            return None
        if node in self._open:
            self._report(node, path, "the anchor contains itself")
            return None
        self._open.append(node)
        value = self._content(node, path)
        self._open.pop()
        return value

    def _content(self, node: yaml.Node, path: KeyPath) -> Any:
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, number)) for number, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(self._scalar(key_node, path))
            key_path = (*path, key)
            if key in result:
                first = self.places[key_path]
                self._report(key_node, key_path, f"duplicate key; it is already set at {first}")
            self.places[key_path] = self._place(key_node)
            result[key] = self.value(value_node, key_path)
        return result

    def _scalar(self, node: yaml.Node, path: KeyPath) -> Any:
        if not isinstance(node, yaml.ScalarNode):
            self._report(node, path, "a key must be plain text, not a list or a section")
            return None
        word = node.value
        if node.tag == f"{_STANDARD_TAG}bool" and word.lower() in _BOOLEAN_WORDS:
            meaning = _BOOLEAN_WORDS[word.lower()]
            self._report(
                node,
                path,
                f'YAML reads a bare {word} as {meaning}: write "{word}" (quoted) if you mean the '
                f"word, or {meaning}",
            )
            return word
        return yaml.SafeLoader("").construct_object(node)

    def _place(self, node: yaml.Node) -> str:
        return f"{self._name}:{node.start_mark.line + 1}"

    def _report(self, node: yaml.Node, path: KeyPath, message: str) -> None:
        self.problems.append(Problem(self._place(node), dotted(path), message))
