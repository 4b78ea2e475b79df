r"""The text of a segment without the codes of the format that it comes from.

TMX 1.4b and XLIFF 1.2 wrap native code (`<b>`, `{\b `) in bpt, ept, ph, it and ut. XLIFF 2 has
empty elements in their place. What hi, g, pc and mrk wrap is text. A text inside native code
(`sub`) is a separate text and is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

_NATIVE_CODE = frozenset(
    {"bpt", "ept", "ph", "it", "ut", "sub", "x", "bx", "ex", "sc", "ec", "sm", "em", "cp", "byte"}
)
_DELETED = ("x-sdl-deleted", "x-sdl-feedback-deleted")
"""`mtype` of text that a tracked change of Trados Studio removed."""
_LINE_BREAK = re.compile(r"\s*(?:<(?:br|tab)\b[^>]*>|\\n|\\(?:line|par|tab)\b|[\n\t])\s*", re.I)
_BREAK_TYPES = {"lb", "x-lb", "fmt:lb", "xlf:lb", "x-br", "br", "break", "linebreak"}


def text_of(segment: Element) -> str:
    """The text of a `seg`, `source`, `target` or `mrk` element."""
    if len(segment) == 0:
        return segment.text or ""
    return "".join(_pieces(segment))


def child(parent: Element, name: str) -> Element | None:
    """The first child of this name."""
    for element in parent:
        if element.tag == name:
            return element
    return None


def _pieces(element: Element) -> Iterator[str]:
    yield element.text or ""
    for inline in element:
        if inline.tag in _NATIVE_CODE:
            if _is_break(inline):
                yield " "
        elif inline.get("mtype") not in _DELETED:
            yield from _pieces(inline)
        yield inline.tail or ""


def _is_break(code: Element) -> bool:
    """Whether the code separates words: a line break or a tab."""
    kinds = (code.get("ctype"), code.get("type"), code.get("subType"))
    if any(kind in _BREAK_TYPES for kind in kinds):
        return True
    return _LINE_BREAK.fullmatch("".join(code.itertext())) is not None
