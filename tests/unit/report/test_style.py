"""Every text can be read on every background, in both themes and on paper (WCAG 2, level AA)."""

import re
from itertools import product
from pathlib import Path

import pytest

from alignment import report

STYLE = (Path(report.__file__).parent / "page" / "style.css.j2").read_text()
TEXTS = ("ink", "soft", "link", "better", "worse", "same")
BACKGROUNDS = ("page", "card", "tint", "better-tint", "worse-tint")
LIGHT, DARK, PRINT = range(3)


def colors(theme: int) -> dict[str, tuple[float, float, float]]:
    """The colors of the blocks `:root`, of which a later one replaces values of the first."""
    blocks = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    assert len(blocks) == 3
    values: dict[str, tuple[float, float, float]] = {}
    for block in {blocks[LIGHT]: None, blocks[theme]: None}:
        for name, digits in re.findall(r"--([\w-]+): #([0-9a-f]{3,6});", block):
            full = digits if len(digits) == 6 else "".join(2 * digit for digit in digits)
            red, green, blue = (int(full[place : place + 2], 16) / 255 for place in (0, 2, 4))
            values[name] = (red, green, blue)
    return values


def luminance(color: tuple[float, float, float]) -> float:
    """Relative luminance as WCAG defines it."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK, PRINT], ids=["light", "dark", "print"])
def test_text_has_contrast(theme: int) -> None:
    palette = colors(theme)
    for text, background in product(TEXTS, BACKGROUNDS):
        ratio = contrast(palette[text], palette[background])
        assert ratio >= 4.5, f"--{text} on --{background}: {ratio:.2f}"


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_marks_have_contrast(theme: int) -> None:
    palette = colors(theme)
    for mark in ("better", "worse", "same", "before"):
        assert contrast(palette[mark], palette["card"]) >= 3, mark
