"""Small pieces of inline SVG, styled by the classes of the page: dark and light alike.

They hold no text from outside but in attributes and titles, which are escaped.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

from alignment.printable import printable
from alignment.redaction import without_credentials
from alignment.report.templating import trusted

Point = tuple[float, float]


class Scale(NamedTuple):
    """A linear map from values to pixels."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of a value; those outside are moved to the nearest end."""
        if self.high <= self.low:
            return (self.start + self.end) / 2
        share = min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))
        return self.start + share * (self.end - self.start)


def number(value: float) -> str:
    """A coordinate with at most one decimal.

    >>> number(3.04), number(12.5)
    ('3', '12.5')
    """
    return f"{value:.1f}".removesuffix(".0")


def tag(name: str, *children: str, **attributes: str | float) -> Markup:
    """An element; `_` in an attribute's name is written as `-`, and one at the end is left out."""
    parts = [name]
    for key, value in attributes.items():
        text = value if isinstance(value, str) else number(value)
        parts.append(f'{key.rstrip("_").replace("_", "-")}="{escape(text)}"')
    opening = " ".join(parts)
    if not children:
        return trusted(f"<{opening}/>")
    return trusted(f"<{opening}>{''.join(children)}</{name}>")


def picture(size: Point, label: str, parts: Iterable[str], **attributes: str) -> Markup:
    """A picture with a text for screen readers; `size` is (width, height) in pixels."""
    width, height = size
    options = {"viewBox": f"0 0 {number(width)} {number(height)}", "role": "img", **attributes}
    return tag("svg", *parts, aria_label=safe(label), **options)


def safe(text: str) -> str:
    """Text without control characters and secrets; `tag` escapes attributes, `title` its text."""
    return printable(without_credentials(text))


def title(text: str) -> Markup:
    """What a pointer shows."""
    return trusted(f"<title>{escape(safe(text))}</title>")


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    """A straight line of the class `kind`."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)


def path(points: Sequence[Point], kind: str) -> Markup:
    """Connected lines of the class `kind`."""
    places = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    return tag("polyline", points=places, class_=kind)


def text(x: float, y: float, content: str, anchor: str = "start") -> Markup:
    """A short label."""
    content = escape(safe(content))
    return tag("text", content, x=x, y=y, text_anchor=anchor)


def nice(value: float) -> float:
    """The next larger one of 1, 2 or 5 times a power of ten; 1 for what is not positive.

    >>> [nice(value) for value in (0.3, 0.7, 14, 0)]
    [0.5, 1.0, 20.0, 1.0]
    """
    if not value > 0 or not math.isfinite(value):
        return 1.0
    power = math.floor(math.log10(value))
    for factor in (1, 2, 5):
        candidate = float(f"{factor}e{power}")
        if value <= candidate:
            return candidate
    return float(f"1e{power + 1}")


def thin(values: Sequence[Point], most: int = 240) -> list[Point]:
    """At most `most` of the points and the last one, evenly spaced."""
    if len(values) <= most:
        return list(values)
    every = math.ceil(len(values) / most)
    kept = list(values[::every])
    if kept[-1] != values[-1]:
        kept.append(values[-1])
    return kept
