"""JSON catalogs as parallel text: a file per language, the same keys in each, the pivot's beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from alignment.errors import Malformed
from alignment.types import SentencePair

MAX_DEPTH = 64


def member_pattern(pattern: str) -> re.Pattern[str]:
    """A glob with `{lang}` as an expression: `*` within a folder, `**/` any folders."""
    parts = {
        "**/": "(?:.*/)?",
        "**": ".*",
        "*": "[^/]*",
        "?": "[^/]",
        "{lang}": r"(?P<lang>[A-Za-z]{2,3}(?:[_@-][A-Za-z0-9]+)*)",
    }
    pieces = re.split(r"(\*\*/|\*\*|\*|\?|\{lang\})", pattern)
    seen = False
    expression = ""
    for piece in pieces:
        expression += (
            "(?P=lang)" if piece == "{lang}" and seen else parts.get(piece, re.escape(piece))
        )
        seen = seen or piece == "{lang}"
    return re.compile(f"^{expression}$")


def read_json_catalog(name: str, data: bytes, pivot: bytes) -> Iterator[SentencePair]:
    """The texts under the keys that both files have, in the pivot file's order.

    Raises:
        Malformed: if one of them is not a JSON object.
    """
    own = dict(_texts(_parse(name, data), ()))
    for key, text in _texts(_parse(f"{name} (pivot)", pivot), ()):
        if key in own:
            yield SentencePair(text, own[key], f"{name}#{key}")


def _parse(name: str, data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        raise Malformed(
            f"not a JSON catalog ({error})", where=f"{name}:{line}" if line else name
        ) from error
    if not isinstance(value, dict):
        raise Malformed(f"expected an object of texts, got {type(value).__name__}", where=name)
    return value


def _texts(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Dotted key and text of every string; Chromium's `{"message": ...}` is read like any other key."""
    if isinstance(value, str):
        yield (
            ".".join(path),
            value.encode("utf-8", "replace").decode("utf-8"),
        )  # JSON may hold a lone surrogate
    elif isinstance(value, dict) and len(path) < MAX_DEPTH:
        for key, item in value.items():
            yield from _texts(item, (*path, str(key)))
    elif isinstance(value, list) and len(path) < MAX_DEPTH:
        for number, item in enumerate(value):
            yield from _texts(item, (*path, str(number)))
