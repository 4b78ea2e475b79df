"""ICU messages: `{count, plural, =0 {no files} one {# file} other {# files}}`.

Only `plural`, `select` and `selectordinal` are resolved. Other arguments are placeholders and stay
as they are. The syntax is that of ICU's MessageFormat documentation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from alignment.corpora.catalogs.variants import Message, Select

MAX_DEPTH = 16
_CHOICE = re.compile(r"\{\s*([\w.-]+)\s*,\s*(plural|select|selectordinal)\s*,")
_UNSUPPORTED = re.compile(r"\{\s*[\w.-]+\s*,\s*choice\s*,")
_OFFSET = re.compile(r"\s*offset\s*:\s*\d+")
_SELECTOR = re.compile(r"\s*(=\d+|[\w-]+)\s*\{")
_END = re.compile(r"\s*\}")
_QUOTED = re.compile(r"'([{}#|][^']*(?:''[^']*)*)(?:'|$)")
DEFAULT = "other"


class MessageError(ValueError):
    """A message is not valid ICU syntax."""


def has_choice(text: str) -> bool:
    """Whether the text has something to resolve."""
    return "{" in text and bool(_CHOICE.search(text) or _UNSUPPORTED.search(text))


def parse(text: str) -> Message:
    """The message with its choices.

    Raises:
        MessageError: if a brace is not closed, a choice has no `other`, or it is nested too deeply.
    """
    if _UNSUPPORTED.search(text):
        raise MessageError("a choice format, whose ranges are not comparable between languages")
    parser = _Parser(text)
    message = parser.message(depth=0, number_sign="#")
    if parser.position < len(text):
        raise MessageError("a closing brace without an opening one")
    return message


@dataclass
class _Parser:
    """Reads a message from its first character to its last."""

    text: str
    position: int = 0

    def message(self, depth: int, number_sign: str) -> Message:
        """Up to the brace that closes the message around it, or the end."""
        if depth > MAX_DEPTH:
            raise MessageError(f"nested deeper than {MAX_DEPTH} levels")
        parts: list[str | Select] = []
        literal = ""
        while self.position < len(self.text) and self.text[self.position] != "}":
            choice = _CHOICE.match(self.text, self.position)
            if choice is None:
                literal += self._literal(number_sign)
                continue
            parts.append(literal)
            literal = ""
            self.position = choice.end()
            parts.append(self._choice(choice[1], choice[2], depth, number_sign))
        return (*parts, literal)

    def _literal(self, number_sign: str) -> str:
        """The next character, quoted text or simple argument."""
        start = self.position
        character = self.text[start]
        if character == "{":
            return self._argument()
        if character == "'":
            quoted = _QUOTED.match(self.text, start)
            if quoted is not None:
                self.position = quoted.end()
                return quoted[1].replace("''", "'")
            self.position += 2 if self.text.startswith("''", start) else 1
            return "'"
        self.position += 1
        return number_sign if character == "#" else character

    def _argument(self) -> str:
        """`{name}`, `{{name}}` or `{date, date, short}`, as it is written."""
        start = self.position
        depth = 0
        for position in range(start, len(self.text)):
            depth += {"{": 1, "}": -1}.get(self.text[position], 0)
            if depth == 0:
                self.position = position + 1
                return self.text[start : self.position]
        raise MessageError("a brace is not closed")

    def _choice(self, argument: str, kind: str, depth: int, number_sign: str) -> Select:
        if kind != "select":
            number_sign = f"{{{argument}}}"
            offset = _OFFSET.match(self.text, self.position)
            if offset is not None:
                self.position = offset.end()
        options: dict[str, Message] = {}
        while selector := _SELECTOR.match(self.text, self.position):
            self.position = selector.end()
            options[selector[1]] = self.message(depth + 1, number_sign)
            self._close()
        self._close()
        if DEFAULT not in options:
            raise MessageError(f"the choice by {argument} has no option `{DEFAULT}`")
        return Select(f"{argument} {kind}", options, DEFAULT)

    def _close(self) -> None:
        end = _END.match(self.text, self.position)
        if end is None:
            raise MessageError("a brace is not closed")
        self.position = end.end()
