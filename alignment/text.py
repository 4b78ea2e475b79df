"""Text that files can hold."""

from __future__ import annotations

import json
from typing import Any


def storable(text: str) -> str:
    r"""The text with U+FFFD in place of lone surrogates.

    JSON and .properties files may spell half of a character (`\ud83d`), which UTF-8 cannot store.
    Two halves that belong together become one character.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def parse_json(data: bytes) -> Any:
    r"""What a file of JSON in UTF-8 holds, if it can be stored again.

    `json.loads` also takes bytes that are not UTF-8, and strings such as `"\ud83d"`.

    Raises:
        ValueError: if it is not JSON, not UTF-8, or has half of a character.
        RecursionError: if it is nested too deeply.
    """
    value = json.loads(data.decode("utf-8"))
    if rb"\u" in data:
        try:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError as error:
            raise ValueError("a string has half of a surrogate pair") from error
    return value
