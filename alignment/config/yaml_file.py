"""Safe YAML that remembers the line of each key.

Refuses duplicate keys, and words such as a bare `no` that YAML 1.1 reads as a boolean. Whatever the
text holds, reading it takes bounded time and memory: nesting, repetition by aliases and the size of
numbers have limits.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import yaml

from alignment.config.keys import KeyPath, dotted
from alignment.errors import Problem

MAX_CHARACTERS = 2**20
MAX_DEPTH = 64
MAX_REPEATED = 10_000
"""Values that aliases may add to those that the text holds."""
MAX_INTEGER = 2**63 - 1
_SHOWN_CHARACTERS = 40
_BOOLEAN_WORDS = {
    "yes": "true",
    "on": "true",
    "y": "true",
    "no": "false",
    "off": "false",
    "n": "false",
}
_OTHER_BASE = re.compile(r"[-+]?(?:0[0-7_]+|[0-9][0-9_.]*(?::[0-9_.]+)+)")
"""Numbers of YAML 1.1 in base 8 (010 is 8) and in base 60 (1:30 is 90), which few know."""
_STANDARD_TAG = "tag:yaml.org,2002:"
_MERGE_TAG = f"{_STANDARD_TAG}merge"
_SCALAR_TAGS = ("str", "int", "float", "bool", "null", "timestamp", "merge", "value")
_TAGS: dict[type[yaml.Node], tuple[str, ...]] = {
    yaml.ScalarNode: _SCALAR_TAGS,
    yaml.SequenceNode: ("seq",),
    yaml.MappingNode: ("map",),
}
"""The tags that a node may have, without their common start."""
_UNREADABLE = (
    yaml.YAMLError,
    ValueError,
    LookupError,
    ArithmeticError,
    AttributeError,
    TypeError,
)
"""What PyYAML raises for text that does not fit its tag, such as `!!int abc`."""
Pairs = dict[str, tuple[yaml.Node, yaml.Node, yaml.Node]]
"""Key node, value node, and the node whose line is shown, by key."""


class Document(NamedTuple):
    """A parsed file."""

    value: Any
    places: dict[KeyPath, str]
    """`file:line` of each key, lines counted from 1."""
    problems: list[Problem]


def read(text: str, name: str) -> Document:
    """Parse `text`; `name` is the file's name in the problems that are returned."""
    if len(text) > MAX_CHARACTERS:
        message = f"too large: {len(text):,} characters, the limit is {MAX_CHARACTERS:,}"
        return Document(None, {}, [Problem(name, "", message)])
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        problem = Problem(f"{name}:{line}", "", _character_message(error))
        return Document(None, {}, [problem])
    try:
        root = loader.get_single_node()
    except yaml.YAMLError as error:
        return Document(None, {}, [Problem(_error_place(error, name), "", _error_message(error))])
    except (ValueError, OverflowError):  # an escape such as "\UFFFFFFFF"
        message = "not valid YAML: an escape or a number is out of range"
        problem = Problem(f"{name}:{loader.line + 1}", "", message)
        return Document(None, {}, [problem])
    if root is None:
        return Document({}, {}, [])
    reader = _Reader(name)
    try:
        value = reader.value(root, ())
    except _TooManyValues as error:
        message = f"aliases repeat more than {MAX_REPEATED:,} values"
        place = f"{name}:{error.node.start_mark.line + 1}"
        return Document(None, reader.places, [*reader.problems, Problem(place, "", message)])
    return Document(value, reader.places, reader.problems)


def _error_place(error: yaml.YAMLError, name: str) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"{name}:{mark.line + 1}" if mark else name


def _error_message(error: yaml.YAMLError) -> str:
    return f"not valid YAML: {getattr(error, 'problem', None) or error}"


def _character_message(error: yaml.reader.ReaderError) -> str:
    return f"not valid YAML: the character U+{error.character:04X} is not allowed"


class _TooManyValues(Exception):
    """Aliases multiply the values without end."""

    def __init__(self, node: yaml.Node) -> None:
        super().__init__(node)
        self.node = node


class _Loader(yaml.SafeLoader):
    """Refuses deep nesting, which would exceed Python's recursion limit."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """One node with all that it contains."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            problem = f"nested deeper than {MAX_DEPTH} levels"
            raise yaml.composer.ComposerError(None, None, problem, self.get_mark())
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


class _Reader:
    """Turns YAML nodes into plain values and collects the problems on the way."""

    def __init__(self, name: str) -> None:
        self.places: dict[KeyPath, str] = {}
        self.problems: list[Problem] = []
        self._name = name
        self._open: list[yaml.Node] = []
        self._seen: set[int] = set()
        self._repeated = 0
        self._constructor = yaml.SafeLoader("")

    def value(self, node: yaml.Node, path: KeyPath) -> Any:
        """The plain value of a node at this path.

        Raises:
            _TooManyValues: if aliases repeat more than `MAX_REPEATED` values.
        """
        self.places.setdefault(path, self._place(node))
        tag = node.tag.removeprefix(_STANDARD_TAG)
        if tag not in _TAGS[type(node)]:
            self._report(node, path, f"the tag {node.tag} is not allowed")
            return None
        if node in self._open:
            self._report(node, path, "the anchor contains itself")
            return None
        self._count(node)
        self._open.append(node)
        value = self._content(node, path)
        self._open.pop()
        return value

    def _count(self, node: yaml.Node, size: int = 1) -> None:
        """Count a node of this many values if an alias repeats it."""
        if id(node) not in self._seen:
            self._seen.add(id(node))
            return
        self._repeated += size
        if self._repeated > MAX_REPEATED:
            raise _TooManyValues(node)

    def _content(self, node: yaml.Node, path: KeyPath) -> Any:
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, number)) for number, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, (_, value_node, shown) in self._pairs(node, path).items():
            key_path = (*path, key)
            self.places[key_path] = self._place(shown)
            result[key] = self.value(value_node, key_path)
        return result

    def _pairs(self, node: yaml.MappingNode, path: KeyPath) -> Pairs:
        """The keys of a mapping; those that it merges (`<<: *defaults`) come first."""
        merged: Pairs = {}
        pairs: Pairs = {}
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE_TAG:
                for key, (merged_key, merged_value, _) in self._merged(value_node, path).items():
                    merged.setdefault(key, (merged_key, merged_value, key_node))
                continue
            key = str(self._scalar(key_node, path))
            if key in pairs:
                first = self._place(pairs[key][2])
                message = f"duplicate key; it is already set at {first}"
                self._report(key_node, (*path, key), message)
            pairs[key] = (key_node, value_node, key_node)
        return {**merged, **pairs}

    def _merged(self, node: yaml.Node, path: KeyPath) -> Pairs:
        """The keys of what `<<` names: a section, or a list of them, of which the first wins."""
        if node in self._open:
            self._report(node, path, "the anchor contains itself")
            return {}
        self._count(node, len(node.value))
        self._open.append(node)
        pairs: Pairs = {}
        if isinstance(node, yaml.MappingNode):
            pairs = self._pairs(node, path)
        elif isinstance(node, yaml.SequenceNode):
            for item in node.value:
                pairs = {**self._merged(item, path), **pairs}
        else:
            self._report(node, path, "<< merges a section, such as `<<: *defaults`")
        self._open.pop()
        return pairs

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
        if message := _unusable_text(word):
            self._report(node, path, message)
            return ""
        if node.tag in (f"{_STANDARD_TAG}merge", f"{_STANDARD_TAG}value"):
            return word
        return self._constructed(node, path)

    def _constructed(self, node: yaml.ScalarNode, path: KeyPath) -> Any:
        shown = node.value[:_SHOWN_CHARACTERS]
        try:
            value = self._constructor.construct_object(node)
        except _UNREADABLE:
            kind = node.tag.removeprefix(_STANDARD_TAG)
            self._report(node, path, f"{shown!r} cannot be read as !!{kind}")
            return None
        if isinstance(value, int) and abs(value) > MAX_INTEGER:
            self._report(node, path, f"the number {shown} is too large")
            return None
        if isinstance(value, int | float) and _OTHER_BASE.fullmatch(node.value):
            self._report(
                node,
                path,
                f'YAML reads {shown} as {value}: write {value}, or "{shown}" in quotes',
            )
            return None
        return value

    def _place(self, node: yaml.Node) -> str:
        return f"{self._name}:{node.start_mark.line + 1}"

    def _report(self, node: yaml.Node, path: KeyPath, message: str) -> None:
        self.problems.append(Problem(self._place(node), dotted(path), message))


def _unusable_text(text: str) -> str | None:
    """What is wrong with a text that no file can hold."""
    if "\0" in text:
        return "the text has a NUL character"
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "the text has half of a surrogate pair, which is not a character"
    return None
