"""The accuracy of a run as a picture in Markdown.

The picture brings its own background, because an image does not know whether its page is dark.
"""

from __future__ import annotations

import base64

from markupsafe import escape

from alignment.report.summary import Summary
from alignment.report.svg import Scale, tag

BETTER = "#1f6fb4"
WORSE = "#c2570c"
MOST_LANGUAGES = 30
"""More rows than these are left out, those with the best change."""
_TEXT = "#24292f"
_PALE = "#d0d7de"
_WIDTH = 640
_NAMES = 170
_NUMBERS = 120
_ROW = 24
_TOP = 30


def accuracy_image(summary: Summary, suite: str) -> str:
    """Markdown of an image with one row per language: accuracy before and after.

    The worst change comes first. Blue is better, orange is worse.
    """
    rows = []
    for language in summary.languages.values():
        if suite in language.suites:
            result = language.suites[suite]
            rows.append((language.name, result.before.mean, result.after.mean))
    rows.sort(key=lambda row: row[2] - row[1])
    picture = _picture(rows[:MOST_LANGUAGES])
    data = base64.b64encode(picture.encode()).decode()
    return f"![Accuracy of each language before and after](data:image/svg+xml;base64,{data})"


def _picture(rows: list[tuple[str, float, float]]) -> str:
    height = _TOP + _ROW * len(rows) + 8
    scale = Scale(0.0, 1.0, _NAMES, _WIDTH - _NUMBERS)
    parts = [str(tag("rect", width=_WIDTH, height=height, rx=6, fill="#ffffff"))]
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = scale(share)
        parts.append(str(tag("line", x1=x, x2=x, y1=_TOP - 6, y2=height - 8, stroke=_PALE)))
        parts.append(_text(x, 16, f"{share:.0%}", anchor="middle"))
    for number, (name, before, after) in enumerate(rows):
        parts += _row(scale, _TOP + _ROW * number + _ROW / 2, name, before, after)
    return str(
        tag(
            "svg",
            *parts,
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {_WIDTH} {height}",
            width=_WIDTH,
            height=height,
            font_family="system-ui, sans-serif",
            font_size=13,
        )
    )


def _row(scale: Scale, y: float, name: str, before: float, after: float) -> list[str]:
    color = BETTER if after >= before else WORSE
    low, high = scale(before), scale(after)
    numbers = f"{100 * before:.1f} → {100 * after:.1f}"
    return [
        _text(_NAMES - 12, y + 4, name, anchor="end"),
        str(tag("line", x1=low, x2=high, y1=y, y2=y, stroke=color, stroke_width=3)),
        str(tag("circle", cx=low, cy=y, r=4.5, fill="#ffffff", stroke=color, stroke_width=2)),
        str(tag("circle", cx=high, cy=y, r=5, fill=color)),
        _text(_WIDTH - 12, y + 4, numbers, anchor="end"),
    ]


def _text(x: float, y: float, text: str, *, anchor: str) -> str:
    return str(tag("text", str(escape(text)), x=x, y=y, fill=_TEXT, text_anchor=anchor))
