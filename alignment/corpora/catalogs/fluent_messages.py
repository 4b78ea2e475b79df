"""Fluent catalogs (.ftl), which Mozilla's programs use. Parsed by the library `fluent.syntax`.

tabs = { $count ->
[one] { $count } tab
*[other] { $count } tabs
}
.title = Open tabs
"""

from __future__ import annotations

from fluent.syntax import FluentParser, ast
from fluent.syntax.serializer import serialize_expression

from alignment.corpora.catalogs.decoding import LineNumbers, decoded
from alignment.corpora.catalogs.entries import Tally
from alignment.corpora.catalogs.texts import Texts
from alignment.corpora.catalogs.variants import Message, Select
from alignment.corpora.skips import OnSkip
from alignment.errors import Malformed

_NO_TEXT = ("accesskey", "commandkey", "key", "keycode", "modifiers", "shortcut", "style")
"""Ends of the names of attributes that hold a key or a size."""


def read_fluent(name: str, data: bytes, on_skip: OnSkip) -> Texts:
    """Values and attributes of all messages. Terms are left out: they are mostly brand names.

    Raises:
        Malformed: if it is not UTF-8, or more entries are broken than readable.
    """
    text = decoded(name, data)
    tally = Tally(on_skip)
    texts = Texts()
    lines = LineNumbers(text)
    for entry in _entries(text, name):
        if isinstance(entry, ast.Junk):
            start = entry.span.start if entry.span is not None else 0
            tally.broken("not a Fluent message", f"{name}:{lines.at(start)}")
        elif isinstance(entry, ast.Message):
            tally.num_readable += 1
            _add(texts, entry)
    tally.check()
    return texts


def _entries(text: str, name: str) -> list[ast.EntryType]:
    try:
        return FluentParser().parse(text).body
    except RecursionError as error:
        raise Malformed("placeables are nested too deeply", where=name) from error


def _add(texts: Texts, message: ast.Message) -> None:
    if message.value is not None:
        texts.messages[(message.id.name,)] = _message(message.value)
    for attribute in message.attributes:
        name = attribute.id.name
        if not name.lower().endswith(_NO_TEXT):
            texts.messages[message.id.name, name] = _message(attribute.value)


def _message(pattern: ast.Pattern) -> Message:
    parts: list[str | Select] = []
    for element in pattern.elements:
        if isinstance(element, ast.TextElement):
            parts.append(element.value)
        elif isinstance(element, ast.Placeable):
            parts.append(_part(element.expression))
    return tuple(parts)


def _part(expression: ast.InlineExpression | ast.Placeable | ast.SelectExpression) -> str | Select:
    if isinstance(expression, ast.SelectExpression):
        return _select(expression)
    if isinstance(expression, ast.Placeable):
        return _part(expression.expression)
    if isinstance(expression, ast.StringLiteral):
        return str(expression.parse()["value"])
    return f"{{ {_placeholder(expression)} }}"


def _placeholder(expression: ast.InlineExpression) -> str:
    """How it is written, without what a language adds to it: a case, or the format of a number."""
    if isinstance(expression, ast.TermReference):
        return f"-{expression.id.name}"
    if isinstance(expression, ast.FunctionReference):
        for argument in expression.arguments.positional:
            if isinstance(argument, ast.VariableReference):
                return f"${argument.id.name}"
    return serialize_expression(expression)


def _select(expression: ast.SelectExpression) -> Select:
    options = {}
    default = ""
    for variant in expression.variants:
        key = variant.key.name if isinstance(variant.key, ast.Identifier) else variant.key.value
        options[key] = _message(variant.value)
        if variant.default:
            default = key
    return Select(serialize_expression(expression.selector), options, default)
