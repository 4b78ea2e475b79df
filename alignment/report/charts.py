"""The charts of the page: accuracy before and after, changes with intervals, curves, shares.

The numbers of every chart are next to it or in its label. Color is never the only sign: what
failed is a square, what is before is hollow, and lines differ in their dashes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from alignment.report import svg
from alignment.report.accuracy import percent
from alignment.report.summary import SuiteResult
from alignment.report.svg import Point, Scale

DUMBBELL = (170.0, 22.0)
BAR = (130.0, 22.0)
OVERVIEW = (1000.0, 160.0)
PANEL = (280.0, 132.0)
SPARK = (132.0, 34.0)


class ChangeBar(NamedTuple):
    """A change in points with its 95% interval."""

    points: float
    low: float
    high: float
    direction: str
    """`better`, `worse` or `same`, which is a class of the page."""
    label: str


class Series(NamedTuple):
    """One line of a panel."""

    label: str
    points: Sequence[Point]
    smooth: Sequence[Point] = ()
    """The moving average, if it is drawn as well."""


def accuracy_axis(results: Sequence[SuiteResult]) -> tuple[float, float]:
    """The range of an axis that has every accuracy in `results`, in [0, 1]."""
    if not results:
        return 0.0, 1.0
    low = min(min(result.before.mean, result.after.low) for result in results)
    return max(0.0, math.floor(10 * low) / 10), 1.0


def dumbbell(result: SuiteResult, axis: tuple[float, float]) -> Markup:
    """Before (hollow) and after (filled; a square if the gate refused it) with its interval."""
    width, height = DUMBBELL
    x = Scale(*axis, 7, width - 7)
    y = height / 2
    before, after = result.before.mean, result.after
    kind = "after" if result.passed else "after refused"
    parts = [
        svg.line(x.start, y, x.end, y, "track"),
        svg.line(x(after.low), y, x(after.high), y, f"span {kind}"),
    ]
    if result.floor > axis[0]:
        parts.append(svg.line(x(result.floor), 3, x(result.floor), height - 3, "floor"))
    parts.append(svg.tag("circle", cx=x(before), cy=y, r=4, class_="before"))
    if result.passed:
        parts.append(svg.tag("circle", cx=x(after.mean), cy=y, r=5, class_=kind))
    else:
        square = {"x": x(after.mean) - 5, "y": y - 5, "width": 10.0, "height": 10.0}
        parts.append(svg.tag("rect", class_=kind, **square))
    label = (
        f"before {percent(before)}, after {percent(after.mean)} "
        f"({percent(after.low)} to {percent(after.high)}), floor {percent(result.floor)}"
    )
    return svg.picture(DUMBBELL, label, parts, class_="dumbbell")


def change_axis(bars: Sequence[ChangeBar]) -> tuple[float, float]:
    """The range of an axis in points that has all bars and zero."""
    low = min([0.0, *[bar.low for bar in bars]])
    high = max([0.0, *[bar.high for bar in bars]])
    return 5 * math.floor(low / 5), 5 * math.ceil(max(high, 1e-9) / 5)


def change_bar(bar: ChangeBar, axis: tuple[float, float]) -> Markup:
    """The change as a dot on its interval, with a line at zero."""
    width, height = BAR
    x = Scale(*axis, 6, width - 6)
    y = height / 2
    parts = [
        svg.line(x(0), 2, x(0), height - 2, "zero"),
        svg.line(x(bar.low), y, x(bar.high), y, f"span {bar.direction}"),
        svg.tag("circle", cx=x(bar.points), cy=y, r=4.5, class_=bar.direction),
    ]
    return svg.picture(BAR, bar.label, parts, class_="bar")


def overview(bars: Sequence[ChangeBar], axis: tuple[float, float]) -> Markup:
    """All changes side by side, in their order: it stretches to any width."""
    width, height = OVERVIEW
    y = Scale(*axis, height - 2, 2)
    step = width / max(1, len(bars))
    parts = [svg.line(0, y(0), width, y(0), "zero")]
    for place, bar in enumerate(bars):
        x = (place + 0.5) * step
        half = step * 0.3
        marks = [
            svg.title(bar.label),
            svg.line(x, y(bar.low), x, y(bar.high), f"span {bar.direction}"),
            svg.line(x - half, y(bar.points), x + half, y(bar.points), f"mark {bar.direction}"),
        ]
        parts.append(svg.tag("g", *marks))
    label = f"the changes of {len(bars)} languages, the worst first"
    return svg.picture(OVERVIEW, label, parts, class_="overview", preserveAspectRatio="none")


def panel(
    series: Sequence[Series],
    label: str,
    *,
    low: float = 0.0,
    dots: bool = False,
    same: bool = False,
) -> Markup:
    """Lines over an axis of numbers from `low`.

    `dots` marks each point; `same` draws all lines alike, as parts of one.
    """
    width, height = PANEL
    points = [point for line in series for point in line.points]
    top = low + svg.nice(max((y for _, y in points), default=1.0) - low)
    first = min((x for x, _ in points), default=0.0)
    last = max((x for x, _ in points), default=1.0)
    x = Scale(first, last, 40, width - 8)
    y = Scale(low, top, height - 22, 8)
    parts = _frame(x, y)
    for place, line in enumerate(series):
        kind = f"line s{0 if same else place}"
        if line.smooth:
            faint = [(x(at), y(value)) for at, value in svg.thin(line.points)]
            parts.append(svg.path(faint, f"{kind} faint"))
        drawn = [(x(at), y(value)) for at, value in svg.thin(line.smooth or line.points)]
        parts.append(svg.path(drawn, kind))
        if dots:
            parts += [_dot(at, value, kind) for at, value in drawn]
    return svg.picture(PANEL, label, parts, class_="panel")


def spark(points: Sequence[Point], label: str, axis: tuple[float, float]) -> Markup:
    """A small curve without an axis, with a dot at its end."""
    width, height = SPARK
    x = Scale(points[0][0], points[-1][0], 4, width - 4)
    y = Scale(*axis, height - 5, 5)
    drawn = [(x(at), y(value)) for at, value in svg.thin(points, 60)]
    end_x, end_y = drawn[-1]
    parts = [svg.path(drawn, "line s0"), svg.tag("circle", cx=end_x, cy=end_y, r=3, class_="s0")]
    return svg.picture(SPARK, label, parts, class_="spark")


def distribution(
    edges: Sequence[float],
    pairs: Sequence[int],
    mismatched: Sequence[int],
    threshold: float | None,
    label: str,
) -> Markup:
    """Scores of pairs (filled) and of mismatched pairs (dashed) as shares, with the threshold."""
    width, height = 220.0, 64.0
    x = Scale(edges[0], edges[-1], 4, width - 4)
    shares = [_shares(pairs), _shares(mismatched)]
    y = Scale(0, max(max(shares[0]), max(shares[1]), 1e-9), height - 4, 4)
    outlines = [_stairs(edges, of_kind, x, y) for of_kind in shares]
    parts = [svg.path(outlines[0], "area s0"), svg.path(outlines[1], "line s1")]
    if threshold is not None:
        parts.append(svg.line(x(threshold), 2, x(threshold), height - 2, "floor"))
    return svg.picture((width, height), label, parts, class_="distribution")


def shares_bar(shares: Sequence[tuple[str, float]]) -> Markup:
    """Parts of a whole in a row; each is (name, share in [0, 1])."""
    width, height = 170.0, 14.0
    left = 0.0
    parts = []
    for place, (_, share) in enumerate(shares):
        part = {"x": left, "y": 0.0, "width": width * share, "height": height}
        parts.append(svg.tag("rect", class_=f"part p{place}", **part))
        left += width * share
    label = ", ".join(f"{name} {share:.0%}" for name, share in shares)
    return svg.picture((width, height), label, parts, class_="shares")


def _dot(x: float, y: float, kind: str) -> Markup:
    return svg.tag("circle", cx=x, cy=y, r=3.5, class_=kind.removeprefix("line "))


def _frame(x: Scale, y: Scale) -> list[Markup]:
    """Lines at the ends of the axes with their values."""
    middle = (y.low + y.high) / 2
    parts = []
    for value in (y.low, middle, y.high):
        parts.append(svg.line(x.start, y(value), x.end, y(value), "grid"))
        parts.append(svg.text(x.start - 5, y(value) + 4, f"{value:g}", "end"))
    bottom = y.start + 16
    parts.append(svg.text(x.start, bottom, f"{x.low:,.0f}"))
    if x.high > x.low:
        parts.append(svg.text(x.end, bottom, f"{x.high:,.0f}", "end"))
    return parts


def _shares(counts: Sequence[int]) -> list[float]:
    """As shares, since there are more mismatched pairs than pairs."""
    total = max(1, sum(counts))
    return [count / total for count in counts]


def _stairs(edges: Sequence[float], shares: Sequence[float], x: Scale, y: Scale) -> list[Point]:
    points = [(x(edges[0]), y(0))]
    for place, share in enumerate(shares):
        points.append((x(edges[place]), y(share)))
        points.append((x(edges[place + 1]), y(share)))
    return [*points, (x(edges[-1]), y(0))]
