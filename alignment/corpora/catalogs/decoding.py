"""The text of a file whose charset is given by its first bytes, or is UTF-8, and its lines."""

from __future__ import annotations

import codecs

from alignment.errors import Malformed

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins with the mark of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decoded(name: str, data: bytes, *, fallback: str | None = None) -> str:
    """The text, by its byte order mark, else as UTF-8, else in the charset `fallback`.

    Raises:
        Malformed: with the line of the first byte that is not valid.
    """
    charset = "utf-8"
    for mark, marked in _MARKS:
        if data.startswith(mark):
            charset = marked
            break
    try:
        return data.decode(charset)
    except UnicodeDecodeError as error:
        if fallback is not None and charset == "utf-8":
            return data.decode(fallback)
        line = data.count(b"\n", 0, error.start) + 1
        raise Malformed(f"not valid {charset}: {error.reason}", where=f"{name}:{line}") from error


class LineNumbers:
    """The lines of ascending positions in a text, without counting from its start each time."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._number = 1

    def at(self, position: int) -> int:
        """The number of the line, from 1; `position` is not before the last one asked for."""
        self._number += self._text.count("\n", self._position, position)
        self._position = position
        return self._number
