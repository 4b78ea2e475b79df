"""Text from outside on a terminal: control characters are shown, not obeyed."""

from __future__ import annotations

import re

# C0 and C1 controls, line and paragraph separators, the controls that reorder text, interlinear
# annotation, and bytes of a file name that are not UTF-8 (lone surrogates).
_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufff9-\ufffb"
_UNSAFE = re.compile(f"[{_CONTROLS}\ud800-\udfff]")
_UNSAFE_IN_LINE = re.compile(f"[\n{_CONTROLS}\ud800-\udfff]")


def printable(text: str) -> str:
    r"""The text with control characters as escapes; line ends and tabs stay.

    >>> printable("\x1b[2J gone\n")
    '\\x1b[2J gone\n'
    """
    return _UNSAFE.sub(_escaped, text)


def printable_line(text: str) -> str:
    """As `printable`, on one line: line ends are escaped too."""
    return _UNSAFE_IN_LINE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")
