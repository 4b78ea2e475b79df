"""Text that files can hold."""

from __future__ import annotations


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
