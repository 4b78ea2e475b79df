"""JSON message catalogs: one file per language with the same keys, paired with the pivot's file.

For example `translations/en.json` and `translations/cy.json`:

    {"menu": {"open": "Open", "items": ["File", "Edit"]}}
    {"menu": {"open": "Agor", "items": ["Ffeil", "Golygu"]}}
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from alignment.errors import Malformed
from alignment.types import SentencePair

MAX_DEPTH = 64
_WILDCARDS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
_LANGUAGE = r"(?P<lang>[A-Za-z]{2,3}(?:[_@-][A-Za-z0-9]+)*)"
_SAME_LANGUAGE = "(?P=lang)"


def member_pattern(pattern: str) -> re.Pattern[str]:
    """A glob with `{lang}` as a regular expression with the group `lang`.

    `*` and `?` stay within one folder, `**/` matches any number of folders. A second `{lang}`
    matches the same text as the first.
    """
    expression = ""
    language = _LANGUAGE
    for piece in re.split(r"(\*\*/|\*\*|\*|\?|\{lang\})", pattern):
        if piece == "{lang}":
            expression += language
            language = _SAME_LANGUAGE
        else:
            expression += _WILDCARDS.get(piece, re.escape(piece))
    return re.compile(f"^{expression}$")


def read_json_catalog(name: str, data: bytes, pivot: bytes) -> Iterator[SentencePair]:
    """The texts under keys that both files have, in the order of the pivot's file.

    Raises:
        Malformed: if one of them is not a JSON object.
    """
    translations = dict(_texts(_parse(name, data), ()))
    for key, text in _texts(_parse(f"{name} (pivot)", pivot), ()):
        if key in translations:
            yield SentencePair(text, translations[key], f"{name}#{key}")


def _parse(name: str, data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        where = f"{name}:{line}" if line else name
        raise Malformed(f"not a JSON catalog ({error})", where=where) from error
    if not isinstance(value, dict):
        raise Malformed(f"expected an object of texts, got {type(value).__name__}", where=name)
    return value


def _texts(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Dotted key and text of every string, at any depth: `("menu.items.0", "Open")`."""
    if isinstance(value, str):
        # JSON may hold a lone surrogate, which UTF-8 cannot.
        yield ".".join(path), value.encode("utf-8", "replace").decode("utf-8")
    elif len(path) < MAX_DEPTH:
        for key, item in _items(value):
            yield from _texts(item, (*path, key))


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key), item
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield str(number), item
